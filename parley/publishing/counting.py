"""How a status counts at those that it answers, quotes or boosts."""

from collections.abc import Mapping

from parley.kit.ids import StatusId
from parley.publishing.models import COUNTED_AS_QUOTE, COUNTED_AS_REBLOG, COUNTED_AS_REPLY, QuoteState, Status


def counted_elsewhere(status: Status) -> Mapping[StatusId, Mapping[str, int]]:
    """What to add to the counts of others, zeros included: whoever counts at several goes in the order of their ids."""
    changes: dict[StatusId, dict[str, int]] = {}
    if status.in_reply_to_id is not None:
        changes[status.in_reply_to_id] = {"replies": int(status.visibility in COUNTED_AS_REPLY)}
    if status.quote_of_id is not None and status.quote_state == QuoteState.ACCEPTED:
        quotes = int(status.visibility in COUNTED_AS_QUOTE)
        changes.setdefault(status.quote_of_id, {})["quotes"] = quotes
    return changes


def counted_as_boost(boost: Status, target: Status) -> int:
    """0 for a boost that fewer people may see than what it boosts."""
    return int(boost.visibility in COUNTED_AS_REBLOG or boost.visibility <= target.visibility)
