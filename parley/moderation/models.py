"""Report, AccountWarning, AuditEntry; Rule, SiteText; domains blocked and allowed; alarms; figures of days and cohorts."""

from datetime import date, datetime
from typing import Literal

import msgspec

from parley.kit.config import WallHeight
from parley.kit.ids import AccountId, StatusId

Category = Literal["spam", "legal", "violation", "other"]
CATEGORIES: tuple[Category, ...] = ("spam", "legal", "violation", "other")
# What staff may decide about an account, in the words of the API, the mildest first.
Action = Literal["none", "sensitive", "disable", "silence", "suspend"]
ACTIONS: tuple[Action, ...] = ("none", "sensitive", "disable", "silence", "suspend")
ReportState = Literal["open", "resolved", "all"]
DomainSeverity = Literal["noop", "silence", "suspend"]
DOMAIN_SEVERITIES: tuple[DomainSeverity, ...] = ("noop", "silence", "suspend")
TextKind = Literal["extended_description", "privacy_policy", "terms_of_service"]
TEXT_KINDS: tuple[TextKind, ...] = ("extended_description", "privacy_policy", "terms_of_service")


class Report(msgspec.Struct, frozen=True):
    """The columns of `reports`, in their order. It lies with the account that it is about."""

    id: int
    account_id: AccountId
    target_account_id: AccountId
    status_ids: list[StatusId]
    rule_ids: list[int]
    comment: str
    category: str
    forwarded: bool
    created_at: datetime
    updated_at: datetime
    assigned_account_id: AccountId | None = None
    action_taken_at: datetime | None = None
    action_taken_by_id: AccountId | None = None


class AccountWarning(msgspec.Struct, frozen=True):
    """The columns of `account_warnings`: what a member is told that staff decided, and why."""

    id: int
    account_id: AccountId
    staff_id: AccountId
    action: str
    text: str
    report_id: int | None
    status_ids: list[StatusId]
    created_at: datetime


class AuditEntry(msgspec.Struct, frozen=True):
    """The columns of `audit_entries`. `staff_id` is None for what the operator did at the command line."""

    id: int
    staff_id: AccountId | None
    action: str
    target_type: str
    target_id: int | None
    target_name: str
    reason: str
    created_at: datetime


class RuleTranslation(msgspec.Struct, frozen=True):
    text: str
    hint: str = ""


class Rule(msgspec.Struct, frozen=True):
    """The columns of `rules`. One that was removed is kept, as reports may name it."""

    id: int
    place: int
    text: str
    hint: str
    translations: dict[str, RuleTranslation]
    created_at: datetime
    removed_at: datetime | None


class SiteText(msgspec.Struct, frozen=True):
    """A version of one of the site's texts: as typed, and as HTML; in force from a day on."""

    kind: str
    effective_on: date
    text: str
    html: str
    created_at: datetime


class BlockedDomain(msgspec.Struct, frozen=True):
    """The columns of `blocked_domains`."""

    id: int
    domain: str
    severity: str
    reject_media: bool
    reject_reports: bool
    private_comment: str
    public_comment: str
    obfuscate: bool
    created_at: datetime


class AllowedDomain(msgspec.Struct, frozen=True):
    id: int
    domain: str
    created_at: datetime


# A budget used up; ids guessed; ten times the usual in five minutes; a large share of all there is in a day.
AlarmKind = Literal["budget", "guessing", "rush", "share"]


class CrawlActor(msgspec.Struct, frozen=True):
    """Who has a part in an alarm: a block of addresses, a network, or an account by its id; never an address."""

    kind: str
    name: str
    things: int
    misses: int = 0


class CrawlFigures(msgspec.Struct, frozen=True):
    """How grave it is: all at their highest so far. `corpus`, where it matters, is all there was to read; `normal` is
    what is usual in five minutes (for a rush) or in a day (for a share).
    """

    things_today: int = 0
    corpus: int = 0
    things_lately: int = 0
    normal: int = 0
    misses: int = 0


class CrawlAlarm(msgspec.Struct, frozen=True):
    """The columns of `crawl_alarms`: one for each kind, group of readers and day."""

    id: int
    day: date
    kind: str
    readers: str
    opened_at: datetime
    seen_at: datetime
    closed_at: datetime | None
    closed_by_id: AccountId | None
    figures: CrawlFigures
    actors: list[CrawlActor]
    raises_wall: bool


class WallByHand(msgspec.Struct, frozen=True):
    """How high staff put the sign-in wall, and until when."""

    height: WallHeight
    until: datetime


class CohortFigure(msgspec.Struct, frozen=True):
    """Of those who joined in `cohort`, how many were there in `period`; both begin on these days."""

    cohort: date
    period: date
    registered: int
    active: int
