"""The cards of statuses to CardViews: no statement for a page without cards, and none for those that were just read."""

from collections.abc import Sequence

from parley.hydration.models import CardView
from parley.identity.accounts import account_views
from parley.kit.db import Connection
from parley.kit.ids import CardId
from parley.publishing.preview_card import cards_by_ids
from parley.publishing.visibility import VisibleStatus, shown_in

NO_CARDS: dict[CardId, CardView] = {}


async def card_views(conn: Connection, found: Sequence[VisibleStatus]) -> dict[CardId, CardView]:
    """Of these statuses, and of what they boost and quote."""
    ids = {each.status.card_id for outer in found for each in shown_in(outer)} - {None}
    if not ids:
        return NO_CARDS
    return await cards_of(conn, [each for each in ids if each is not None])


async def cards_of(conn: Connection, card_ids: Sequence[int]) -> dict[CardId, CardView]:
    """By their ids, without those that are gone."""
    cards = await cards_by_ids(conn, card_ids)
    author_ids = {card.author_account_id for card in cards.values() if card.author_account_id is not None}
    authors = await account_views(conn, author_ids) if author_ids else {}
    views = {}
    for card in cards.values():
        author = authors.get(card.author_account_id) if card.author_account_id is not None else None
        gone = author is None or author.account.suspended_at is not None
        views[card.id] = CardView(card, None if gone else author)
    return views
