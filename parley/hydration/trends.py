"""Rankings of statuses and links to views, in the order of the ranking."""

from collections.abc import Mapping, Sequence

import msgspec

from parley.discovery.models import DayOfUse, Kind
from parley.discovery.ranking import may_trend
from parley.discovery.uses import histories_of
from parley.hydration.cards import cards_of
from parley.hydration.models import CardView, StatusView
from parley.hydration.rules import keep_in_public
from parley.hydration.statuses import complete
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.publishing.visibility import visible_statuses


class LinkView(msgspec.Struct, frozen=True):
    card: CardView
    history: tuple[DayOfUse, ...]


async def ranked_statuses(conn: Connection, viewer: Viewer, status_ids: Sequence[int]) -> list[StatusView]:
    """Those that the viewer may and wishes to see, and that may be shown to everybody still."""
    visible = await visible_statuses(conn, viewer, status_ids)
    found = [visible[each] for each in status_ids if each in visible]
    shown = [each for each in found if may_trend(each) and keep_in_public(each, viewer)]
    return await complete(conn, viewer, shown)


async def ranked_links(conn: Connection, card_ids: Sequence[int]) -> list[LinkView]:
    """Without those whose card is gone. Three statements at most."""
    if not card_ids:
        return []
    cards: Mapping[int, CardView] = {
        int(each): view for each, view in (await cards_of(conn, card_ids)).items()
    }
    histories = await histories_of(conn, Kind.LINK, list(cards))
    return [LinkView(cards[each], histories[each]) for each in card_ids if each in cards]
