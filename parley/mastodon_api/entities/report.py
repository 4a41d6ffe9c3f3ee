"""Report, as its reporter sees it; AccountWarning, as its member does; Rule.

https://docs.joinmastodon.org/entities/Report/, AccountWarning/, Rule/
"""

import msgspec

from parley.identity.models import AccountView
from parley.mastodon_api.entities.account import Account, to_account, wire_time
from parley.moderation import models


class Report(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    action_taken: bool
    action_taken_at: str | None
    category: str
    comment: str
    forwarded: bool
    created_at: str
    status_ids: tuple[str, ...]
    rule_ids: tuple[str, ...]
    # Of collections, there are none here.
    collection_ids: tuple[str, ...] = ()
    target_account: Account


class AccountWarning(msgspec.Struct, frozen=True, kw_only=True):
    """What staff decided about the member who reads it. Nobody can appeal yet, so `appeal` is null."""

    id: str
    action: str
    text: str
    status_ids: tuple[str, ...] | None
    target_account: Account
    appeal: None = None
    created_at: str


class RuleTranslation(msgspec.Struct, frozen=True):
    text: str
    hint: str


class Rule(msgspec.Struct, frozen=True):
    id: str
    text: str
    hint: str
    translations: dict[str, RuleTranslation]


def to_report(report: models.Report, target: AccountView, base_url: str) -> Report:
    return Report(
        id=str(report.id),
        action_taken=report.action_taken_at is not None,
        action_taken_at=wire_time(report.action_taken_at),
        category=report.category,
        comment=report.comment,
        forwarded=report.forwarded,
        created_at=wire_time(report.created_at) or "",
        status_ids=tuple(str(each) for each in report.status_ids),
        rule_ids=tuple(str(each) for each in report.rule_ids),
        target_account=to_account(target, base_url),
    )


def to_warning(warning: models.AccountWarning, target: AccountView, base_url: str) -> AccountWarning:
    return AccountWarning(
        id=str(warning.id),
        action=warning.action,
        text=warning.text,
        status_ids=tuple(str(each) for each in warning.status_ids) or None,
        target_account=to_account(target, base_url),
        created_at=wire_time(warning.created_at) or "",
    )


def to_rule(rule: models.Rule) -> Rule:
    return Rule(
        str(rule.id),
        rule.text,
        rule.hint,
        {code: RuleTranslation(each.text, each.hint) for code, each in rule.translations.items()},
    )
