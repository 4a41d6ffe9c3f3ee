"""Who may quote a status, and who may reply to it: what its author has set, and how each viewer stands to them."""

import msgspec

from parley.kit.ids import AccountId
from parley.publishing.models import QuotePolicy, ReplyPolicy, Visibility
from parley.publishing.visibility import VisibleStatus


class Permissions(msgspec.Struct, frozen=True):
    """What one viewer may do with a status that they see."""

    quote: bool
    reply: bool


# Always one of these four, so that equal ones are the very same object.
_PERMISSIONS = {
    (quote, reply): Permissions(quote, reply) for quote in (False, True) for reply in (False, True)
}
ALL_PERMISSIONS = tuple(_PERMISSIONS.values())
NOTHING = _PERMISSIONS[False, False]
_EVERYTHING = _PERMISSIONS[True, True]
# Plain numbers, as looking into an enum costs as much as all the rest.
_UNLISTED = Visibility.UNLISTED.value
_QUOTED_BY_ALL = QuotePolicy.PUBLIC.value
_ANSWERED_BY_ALL = ReplyPolicy.EVERYBODY.value


def permissions_of(found: VisibleStatus, viewer_id: AccountId | None) -> Permissions:
    """Hot path: every status of every list."""
    if viewer_id is None:
        return NOTHING
    status = found.status
    if (
        status.visibility <= _UNLISTED
        and status.quote_policy == _QUOTED_BY_ALL
        and status.reply_policy == _ANSWERED_BY_ALL
        and not found.relation.blocking
    ):
        return _EVERYTHING
    return _PERMISSIONS[may_quote(found, viewer_id), may_reply(found, viewer_id)]


def may_quote(found: VisibleStatus, viewer_id: AccountId) -> bool:
    """Words for some are quoted by their author alone, messages by nobody."""
    status = found.status
    if status.visibility == Visibility.DIRECT:
        return False
    if status.account_id == viewer_id:
        return True
    if found.relation.blocking or status.visibility == Visibility.PRIVATE:
        return False
    if status.quote_policy == QuotePolicy.FOLLOWERS:
        return found.relation.following
    return status.quote_policy == QuotePolicy.PUBLIC


def may_reply(found: VisibleStatus, viewer_id: AccountId) -> bool:
    status = found.status
    if status.account_id == viewer_id or status.reply_policy == ReplyPolicy.EVERYBODY:
        return True
    if status.reply_policy == ReplyPolicy.NOBODY:
        return False
    if viewer_id in status.mention_ids:
        return True
    return status.reply_policy == ReplyPolicy.FOLLOWERS and found.relation.following


def quote_policy_of(visibility: int, policy: int) -> QuotePolicy:
    """What is not for everybody is quoted by nobody else, whatever was set."""
    return QuotePolicy(policy) if visibility <= Visibility.UNLISTED else QuotePolicy.NOBODY
