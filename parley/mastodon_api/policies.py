"""Visibilities and policies by the names that they have in parameters; an empty name asks for the default."""

from parley.publishing.errors import UnknownQuotePolicy, UnknownReplyPolicy, UnknownVisibility
from parley.publishing.models import QuotePolicy, ReplyPolicy, Visibility

_VISIBILITIES = {each.wire: each for each in Visibility}
_QUOTE_POLICIES = {each.wire: each for each in QuotePolicy}
_REPLY_POLICIES = {each.wire: each for each in ReplyPolicy}


def visibility_named(name: str | None) -> Visibility | None:
    if not name:
        return None
    if name not in _VISIBILITIES:
        raise UnknownVisibility
    return _VISIBILITIES[name]


def quote_policy_named(name: str | None) -> QuotePolicy | None:
    if not name:
        return None
    if name not in _QUOTE_POLICIES:
        raise UnknownQuotePolicy
    return _QUOTE_POLICIES[name]


def reply_policy_named(name: str | None) -> ReplyPolicy | None:
    if not name:
        return None
    if name not in _REPLY_POLICIES:
        raise UnknownReplyPolicy
    return _REPLY_POLICIES[name]
