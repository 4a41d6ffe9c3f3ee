"""What staff get to see: Admin::Account and Admin::Report; blocks and allowed domains; measures, dimensions, cohorts.

https://docs.joinmastodon.org/entities/Admin_Account/ and those beside it
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from parley.hydration.models import StatusView
from parley.hydration.reports import ReportView
from parley.identity import models as identity
from parley.identity.admission_blocks import ATTEMPT_DAYS
from parley.identity.staff_view import MemberDetails
from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.mastodon_api.entities.account import ROLES, Account, Role, to_account, wire_time
from parley.mastodon_api.entities.report import Rule, to_rule
from parley.mastodon_api.entities.status import Status, status_json
from parley.moderation import models
from parley.moderation.dimensions import Part, human_size
from parley.moderation.domains import domain_digest
from parley.moderation.measures import BYTES, Measure


class AdminIp(msgspec.Struct, frozen=True):
    ip: str
    used_at: str


class AdminAccount(msgspec.Struct, frozen=True, kw_only=True):
    """`email`, `ip` and `ips` are empty for staff whose role doesn't allow to see them."""

    id: str
    username: str
    domain: str | None
    created_at: str
    email: str
    ip: str | None
    ips: tuple[AdminIp, ...]
    locale: str | None
    invite_request: str | None
    role: Role | None
    confirmed: bool | None
    approved: bool | None
    disabled: bool | None
    silenced: bool
    suspended: bool
    sensitized: bool
    account: Account
    created_by_application_id: str | UnsetType = UNSET


class AdminReport(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    action_taken: bool
    action_taken_at: str | None
    category: str
    comment: str
    forwarded: bool
    created_at: str
    updated_at: str
    account: AdminAccount | None
    target_account: AdminAccount | None
    assigned_account: AdminAccount | None
    action_taken_by_account: AdminAccount | None
    statuses: tuple[Status, ...]
    rules: tuple[Rule, ...]


class AdminDomainBlock(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    domain: str
    digest: str
    created_at: str
    severity: str
    reject_media: bool
    reject_reports: bool
    private_comment: str | None
    public_comment: str | None
    obfuscate: bool


class AdminDomainAllow(msgspec.Struct, frozen=True):
    id: str
    domain: str
    created_at: str


class EmailDomainHistory(msgspec.Struct, frozen=True):
    """Numbers are texts here; `day` is the second at which it began."""

    day: str
    accounts: str
    uses: str


class AdminEmailDomainBlock(msgspec.Struct, frozen=True):
    id: str
    domain: str
    created_at: str
    allow_with_approval: bool
    history: tuple[EmailDomainHistory, ...]


class AdminCanonicalEmailBlock(msgspec.Struct, frozen=True):
    id: str
    canonical_email_hash: str


class AdminIpBlock(msgspec.Struct, frozen=True):
    id: str
    ip: str
    severity: str
    comment: str
    created_at: str
    expires_at: str | None


class MeasureDay(msgspec.Struct, frozen=True):
    date: str
    value: str


class AdminMeasure(msgspec.Struct, frozen=True):
    key: str
    unit: str | None
    total: str
    data: tuple[MeasureDay, ...]
    previous_total: str | UnsetType = UNSET
    human_value: str | UnsetType = UNSET


class DimensionPart(msgspec.Struct, frozen=True):
    key: str
    human_key: str
    value: str
    unit: str | UnsetType = UNSET
    human_value: str | UnsetType = UNSET


class AdminDimension(msgspec.Struct, frozen=True):
    key: str
    data: tuple[DimensionPart, ...]


class CohortPeriod(msgspec.Struct, frozen=True):
    date: str
    rate: float
    value: str


class AdminCohort(msgspec.Struct, frozen=True):
    period: str
    frequency: str
    data: tuple[CohortPeriod, ...]


def to_admin_account(details: MemberDetails, base_url: str) -> AdminAccount:
    account, user = details.view.account, details.user
    return AdminAccount(
        id=str(account.id),
        username=account.username,
        domain=account.domain,
        created_at=wire_time(account.created_at) or "",
        email=details.email,
        ip=details.addresses[0].address if details.addresses else None,
        ips=tuple(AdminIp(each.address, wire_time(each.used_at) or "") for each in details.addresses),
        locale=None if user is None else user.locale,
        invite_request=details.sign_up_reason or None,
        role=None if user is None else ROLES[user.role],
        confirmed=None if user is None else user.confirmed_at is not None,
        approved=None if user is None else user.approved_at is not None,
        disabled=None if user is None else user.disabled_at is not None,
        silenced=account.limited_at is not None,
        suspended=account.suspended_at is not None,
        sensitized=account.sensitized_at is not None,
        account=to_account(details.view, base_url),
        created_by_application_id=UNSET
        if user is None or user.application_id is None
        else str(user.application_id),
    )


def to_admin_report(view: ReportView, base_url: str, viewer: Viewer) -> AdminReport:
    report = view.report

    def person(details: MemberDetails | None) -> AdminAccount | None:
        return None if details is None else to_admin_account(details, base_url)

    return AdminReport(
        id=str(report.id),
        action_taken=report.action_taken_at is not None,
        action_taken_at=wire_time(report.action_taken_at),
        category=report.category,
        comment=report.comment,
        forwarded=report.forwarded,
        created_at=wire_time(report.created_at) or "",
        updated_at=wire_time(report.updated_at) or "",
        account=person(view.account),
        target_account=person(view.target),
        assigned_account=person(view.assigned),
        action_taken_by_account=person(view.acted),
        statuses=tuple(_fragment(each, base_url, viewer) for each in view.statuses),
        rules=tuple(to_rule(each) for each in view.rules),
    )


def _fragment(view: StatusView, base_url: str, viewer: Viewer) -> Any:
    """A Status that is JSON already."""
    return msgspec.Raw(status_json(view, base_url, viewer))


def to_domain_block(block: models.BlockedDomain) -> AdminDomainBlock:
    return AdminDomainBlock(
        id=str(block.id),
        domain=block.domain,
        digest=domain_digest(block.domain),
        created_at=wire_time(block.created_at) or "",
        severity=block.severity,
        reject_media=block.reject_media,
        reject_reports=block.reject_reports,
        private_comment=block.private_comment or None,
        public_comment=block.public_comment or None,
        obfuscate=block.obfuscate,
    )


def to_domain_allow(allowed: models.AllowedDomain) -> AdminDomainAllow:
    return AdminDomainAllow(str(allowed.id), allowed.domain, wire_time(allowed.created_at) or "")


def to_email_domain_block(
    block: identity.EmailDomainBlock, attempts: Mapping[date, identity.DayOfAttempts]
) -> AdminEmailDomainBlock:
    """With the attempts of the last days, the present one first."""
    today = clock.today_start()
    history = []
    for number in range(ATTEMPT_DAYS):
        start = today - timedelta(days=number)
        tried = attempts.get(start.date())
        history.append(
            EmailDomainHistory(
                str(int(start.timestamp())),
                "0" if tried is None else str(tried.attempts),
                "0" if tried is None else str(tried.visitors),
            )
        )
    return AdminEmailDomainBlock(
        str(block.id),
        block.domain,
        wire_time(block.created_at) or "",
        block.allow_with_approval,
        tuple(history),
    )


def to_canonical_email_block(block: identity.CanonicalEmailBlock) -> AdminCanonicalEmailBlock:
    return AdminCanonicalEmailBlock(str(block.id), block.canonical_email_hash)


def to_ip_block(block: identity.IpBlock) -> AdminIpBlock:
    return AdminIpBlock(
        str(block.id),
        block.ip,
        block.severity,
        block.comment,
        wire_time(block.created_at) or "",
        wire_time(block.expires_at),
    )


def to_measure(measure: Measure) -> AdminMeasure:
    of_bytes = measure.key in BYTES
    return AdminMeasure(
        measure.key,
        "bytes" if of_bytes else None,
        str(measure.total),
        tuple(MeasureDay(_midnight(day), str(value)) for day, value in measure.by_day.items()),
        UNSET if measure.before is None else str(measure.before),
        human_size(measure.total) if of_bytes else UNSET,
    )


def to_dimension(key: str, parts: list[Part]) -> AdminDimension:
    data = [
        DimensionPart(
            each.key,
            each.human_key,
            each.value,
            UNSET if each.unit is None else each.unit,
            UNSET if each.human_value is None else each.human_value,
        )
        for each in parts
    ]
    return AdminDimension(key, tuple(data))


def to_cohort(frequency: str, figures: list[models.CohortFigure]) -> AdminCohort:
    data = [
        CohortPeriod(_midnight(each.period), each.active / max(each.registered, 1), str(each.active))
        for each in figures
    ]
    return AdminCohort(_midnight(figures[0].cohort), frequency, tuple(data))


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00.000Z"
