"""Poll, as a struct and as JSON.

https://docs.joinmastodon.org/entities/Poll/
"""

import msgspec
from msgspec import UNSET, UnsetType

from parley.hydration.models import PollView
from parley.identity.viewer import Viewer
from parley.mastodon_api.entities.account import wire_time
from parley.mastodon_api.entities.emoji import CustomEmoji, emojis_of


class PollOption(msgspec.Struct, frozen=True):
    """`title` is plain text; `votes_count` is null while the poll hides it."""

    title: str
    votes_count: int | None


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """The last two are there for members only."""

    id: str
    expires_at: str | None
    expired: bool
    multiple: bool
    votes_count: int
    voters_count: int
    options: tuple[PollOption, ...]
    emojis: tuple[CustomEmoji, ...]
    voted: bool | UnsetType = UNSET
    own_votes: tuple[int, ...] | UnsetType = UNSET


def poll_json(view: PollView, base_url: str, viewer: Viewer) -> bytes:
    return msgspec.json.encode(to_poll(view, base_url, viewer))


def to_poll(view: PollView, base_url: str, viewer: Viewer) -> Poll:
    """Who asked counts as having voted: clients then show them the results."""
    poll = view.poll
    hidden = poll.hide_totals and not view.expired
    counts: tuple[int | None, ...] = (None,) * len(poll.options) if hidden else poll.votes_counts
    member = viewer.account_id is not None
    return Poll(
        id=str(poll.id),
        expires_at=wire_time(poll.expires_at),
        expired=view.expired,
        multiple=poll.multiple,
        votes_count=sum(poll.votes_counts),
        voters_count=poll.voters_count,
        options=tuple(map(PollOption, poll.options, counts)),
        emojis=emojis_of(base_url, texts=poll.options),
        voted=view.own or view.own_votes is not None if member else UNSET,
        own_votes=view.own_votes or () if member else UNSET,
    )
