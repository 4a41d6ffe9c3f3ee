"""Announcements to AnnouncementViews: with whom and what they name, and how members reacted."""

from collections.abc import Mapping, Sequence

import msgspec

from parley.hydration.accounts import account_views
from parley.identity.models import Account
from parley.identity.viewer import ANONYMOUS, Viewer
from parley.kit.db import Connection
from parley.kit.ids import AccountId, AnnouncementId
from parley.notifications.announcements import (
    Reactions,
    dismissed_among,
    reactions_to,
    require_shown,
    shown_announcements,
)
from parley.notifications.models import Announcement
from parley.publishing.models import Status, Visibility
from parley.publishing.visibility import VisibleStatus, visible_statuses


class ReactionView(msgspec.Struct, frozen=True):
    """`me`: whether the viewer is among them; None for nobody in particular."""

    name: str
    count: int
    me: bool | None


class AnnouncementView(msgspec.Struct, frozen=True):
    """`read`: whether the viewer has dismissed it. `statuses` are those that everybody may see, with their authors."""

    announcement: Announcement
    read: bool | None
    mentions: tuple[Account, ...]
    statuses: tuple[tuple[Status, Account], ...]
    reactions: tuple[ReactionView, ...]


async def announcement_views(conn: Connection, viewer: Viewer) -> list[AnnouncementView]:
    """All that are shown, what they speak of soonest first; a fixed number of statements."""
    return await _views(conn, viewer, await shown_announcements(conn))


async def announcement_view(
    conn: Connection, viewer: Viewer, announcement_id: AnnouncementId
) -> AnnouncementView:
    return (await _views(conn, viewer, [await require_shown(conn, announcement_id)]))[0]


async def unread_announcements(conn: Connection, viewer: Viewer) -> list[AnnouncementView]:
    """What a member hasn't dismissed. While nothing is announced this costs nothing, otherwise mostly one statement."""
    shown = await shown_announcements(conn)
    if not shown or viewer.account_id is None:
        return []
    dismissed = await dismissed_among(conn, viewer.account_id, [each.id for each in shown])
    return await _views(conn, viewer, [each for each in shown if each.id not in dismissed])


async def _views(conn: Connection, viewer: Viewer, shown: Sequence[Announcement]) -> list[AnnouncementView]:
    if not shown:
        return []
    reactions = await reactions_to(conn, viewer, [each.id for each in shown])
    mentioned = await account_views(conn, {each for one in shown for each in one.mention_ids})
    accounts = {account_id: view.account for account_id, view in mentioned.items()}
    status_ids = list({each for one in shown for each in one.status_ids})
    statuses = await visible_statuses(conn, ANONYMOUS, status_ids)
    return [_view(each, viewer, reactions, accounts, statuses) for each in shown]


def _view(
    announcement: Announcement,
    viewer: Viewer,
    reactions: Reactions,
    accounts: Mapping[AccountId, Account],
    statuses: Mapping[int, VisibleStatus],
) -> AnnouncementView:
    member = viewer.account_id is not None
    linked = [statuses[each] for each in announcement.status_ids if each in statuses]
    return AnnouncementView(
        announcement,
        announcement.id in reactions.dismissed if member else None,
        tuple(accounts[each] for each in announcement.mention_ids if each in accounts),
        tuple(
            (each.status, each.author.account)
            for each in linked
            if each.status.visibility <= Visibility.UNLISTED
        ),
        tuple(
            ReactionView(
                each.name,
                each.count,
                (announcement.id, each.name) in reactions.own if member else None,
            )
            for each in reactions.counts.get(announcement.id, ())
        ),
    )
