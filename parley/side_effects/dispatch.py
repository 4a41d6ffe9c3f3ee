"""Event type to handler; a type without a handler fails the type check."""

from typing import TypeAlias, assert_never, get_args

import msgspec

from parley.conversations import events as conversed
from parley.graph import events as graph
from parley.identity import events as identity
from parley.kit.db import Connection
from parley.kit.services import Services
from parley.moderation import events as moderation
from parley.notifications import events as notified
from parley.publishing import events as publishing
from parley.side_effects import accounts, conversations, erasure, interactions, quotes, statuses, tags
from parley.side_effects import graph as after_graph
from parley.side_effects import moderation as after_moderation

Event: TypeAlias = (
    publishing.StatusCreated
    | publishing.StatusEdited
    | publishing.StatusDeleted
    | publishing.QuoteRevoked
    | publishing.Favourited
    | publishing.Unfavourited
    | publishing.Voted
    | publishing.PollClosed
    | publishing.CardAttached
    | publishing.OlderStatusSealed
    | conversed.SendersAccepted
    | notified.SendersLetThrough
    | graph.FollowRequested
    | graph.Followed
    | graph.Unfollowed
    | graph.Blocked
    | graph.Muted
    | graph.ListChanged
    | graph.ListDeleted
    | graph.TagFollowed
    | graph.TagUnfollowed
    | identity.AccountCreated
    | identity.ProfileEdited
    | identity.MemberReturned
    | identity.AccountErased
    | moderation.ReportFiled
    | moderation.AccountWarned
)

EVENT_TYPES = {each.__name__: each for each in get_args(Event)}


def to_event(type_name: str, fields: bytes) -> Event:
    event: Event = msgspec.json.decode(fields, type=EVENT_TYPES[type_name])
    return event


async def handle(conn: Connection, services: Services, event: Event) -> None:  # noqa: C901, PLR0912, PLR0915 - one line each
    match event:
        case publishing.StatusCreated():
            await statuses.after_created(conn, services, event)
        case publishing.StatusEdited():
            await statuses.after_edited(conn, services, event)
        case publishing.StatusDeleted():
            await statuses.after_deleted(conn, services, event)
        case publishing.QuoteRevoked():
            await quotes.after_revoked(conn, services, event)
        case publishing.Favourited():
            await interactions.after_favourited(conn, services, event)
        case publishing.Unfavourited():
            await interactions.after_unfavourited(conn, services, event)
        case publishing.Voted():
            await interactions.after_voted(conn, services, event)
        case publishing.PollClosed():
            await interactions.after_poll_closed(conn, services, event)
        case publishing.CardAttached():
            await statuses.after_card_attached(conn, services, event)
        case publishing.OlderStatusSealed():
            await conversations.after_older_sealed(conn, services, event)
        case conversed.SendersAccepted():
            await conversations.after_accepted(conn, services, event)
        case notified.SendersLetThrough():
            await conversations.after_let_through(conn, services, event)
        case graph.FollowRequested():
            await after_graph.after_requested(conn, services, event)
        case graph.Followed():
            await after_graph.after_followed(conn, services, event)
        case graph.Unfollowed():
            await after_graph.after_unfollowed(conn, services, event)
        case graph.Blocked():
            await after_graph.after_blocked(conn, services, event)
        case graph.Muted():
            await after_graph.after_muted(conn, services, event)
        case graph.ListChanged():
            await after_graph.after_list_changed(conn, services, event)
        case graph.ListDeleted():
            await after_graph.after_list_deleted(conn, services, event)
        case graph.TagFollowed():
            await tags.after_tag_followed(conn, services, event)
        case graph.TagUnfollowed():
            await tags.after_tag_unfollowed(conn, services, event)
        case identity.AccountCreated():
            await accounts.after_created(conn, services, event)
        case identity.ProfileEdited():
            await accounts.after_edited(conn, services, event)
        case identity.MemberReturned():
            await accounts.after_returned(conn, services, event)
        case identity.AccountErased():
            await erasure.after_erased(conn, services, event)
        case moderation.ReportFiled():
            await after_moderation.after_report(conn, services, event)
        case moderation.AccountWarned():
            await after_moderation.after_warning(conn, services, event)
        case _:
            assert_never(event)
