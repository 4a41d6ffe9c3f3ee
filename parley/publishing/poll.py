"""Polls: made with a status, voted in once, closed when their time is over."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from parley.identity.viewer import Viewer, require_account
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import Forbidden, NotFound
from parley.kit.events import emit
from parley.kit.ids import AccountId, PollId, StatusId
from parley.kit.jobs import defer
from parley.kit.owners_keys import OwnersKey
from parley.kit.text import clean_line, count_characters
from parley.publishing import poll_queries
from parley.publishing.errors import AlreadyVoted, OwnPoll, PollExpired, UnknownChoice, WrongPoll
from parley.publishing.events import PollClosed, Voted
from parley.publishing.models import Poll
from parley.publishing.poll_queries import PollWithVotes
from parley.publishing.sealed_words import opened_polls, seal_poll
from parley.publishing.visibility import require_visible

OPTIONS_MIN = 2
OPTION_LENGTH_MAX = 50
EXPIRES_IN_SECONDS_MIN = 300
EXPIRES_IN_SECONDS_MAX = 2_629_746


class PollDraft(msgspec.Struct, frozen=True):
    """What a member wants to ask; `expires_in` in seconds."""

    options: list[str] = []
    expires_in: int | None = None
    multiple: bool = False
    hide_totals: bool = False


class ClosePoll(msgspec.Struct, frozen=True):
    """The payload of the job that closes a poll when it expires."""

    poll_id: PollId


def check_poll(settings: Settings, draft: PollDraft) -> None:
    """Raises WrongPoll."""
    _checked_options(draft, settings.poll_options_max)
    _checked_expiry(draft)


async def create_poll(
    conn: Connection,
    settings: Settings,
    account_id: AccountId,
    status_id: StatusId,
    poll_id: PollId,
    draft: PollDraft,
    key: OwnersKey,
) -> None:
    """Raises WrongPoll. `poll_id` lies in the author's bucket. `key` seals the options."""
    options = _checked_options(draft, settings.poll_options_max)
    expires_at = clock.now() + timedelta(seconds=_checked_expiry(draft))
    poll = Poll(
        id=poll_id,
        status_id=status_id,
        account_id=account_id,
        options=options,
        multiple=draft.multiple,
        hide_totals=draft.hide_totals,
        expires_at=expires_at,
        closed_at=None,
        votes_counts=(0,) * len(options),
        voters_count=0,
    )
    await poll_queries.insert_poll(conn, seal_poll(key, poll))
    await defer(conn, ClosePoll(poll_id), run_at=expires_at)


def _checked_options(draft: PollDraft, options_max: int) -> tuple[str, ...]:
    if len(draft.options) < OPTIONS_MIN:
        raise WrongPoll(f"options must be at least {OPTIONS_MIN}")
    if len(draft.options) > options_max:
        raise WrongPoll(f"options must be at most {options_max}")
    options = tuple(clean_line(option, "Poll option") for option in draft.options)
    if not all(options):
        raise WrongPoll("options can't be blank")
    if any(count_characters(option) > OPTION_LENGTH_MAX for option in options):
        raise WrongPoll(f"options can't be longer than {OPTION_LENGTH_MAX} characters")
    if len(set(options)) < len(options):
        raise WrongPoll("options must differ from each other")
    return options


def _checked_expiry(draft: PollDraft) -> int:
    if draft.expires_in is None:
        raise WrongPoll("expires_in can't be blank")
    if draft.expires_in < EXPIRES_IN_SECONDS_MIN:
        raise WrongPoll(f"expires_in must be at least {EXPIRES_IN_SECONDS_MIN} seconds")
    if draft.expires_in > EXPIRES_IN_SECONDS_MAX:
        raise WrongPoll(f"expires_in must be at most {EXPIRES_IN_SECONDS_MAX} seconds")
    return draft.expires_in


async def options_of(conn: Connection, poll_id: PollId) -> tuple[str, ...] | None:
    poll = await poll_queries.find_poll(conn, poll_id)
    return None if poll is None else (await opened_polls(conn, [poll]))[0].options


async def goes_on(conn: Connection, settings: Settings, poll_id: PollId, draft: PollDraft) -> bool:
    """Whether the poll still asks what the draft asks; then its end, and who sees the totals, are as drafted.

    Without `expires_in` its end stays. A poll that is over stays over.
    """
    poll = await poll_queries.find_poll(conn, poll_id)
    if poll is None or poll.multiple != draft.multiple:
        return False
    [opened] = await opened_polls(conn, [poll])
    if opened.options != _checked_options(draft, settings.poll_options_max):
        return False
    if is_over(poll):
        return True
    expires_at = poll.expires_at
    if draft.expires_in is not None:
        expires_at = clock.now() + timedelta(seconds=_checked_expiry(draft))
        await defer(conn, ClosePoll(poll_id), run_at=expires_at)
    await poll_queries.update_terms(conn, poll_id, expires_at, hide_totals=draft.hide_totals)
    return True


async def require_visible_poll(conn: Connection, viewer: Viewer, poll_id: PollId) -> Poll:
    """A poll is as visible as its status. Raises NotFound."""
    poll = await poll_queries.find_poll(conn, poll_id)
    if poll is None:
        raise NotFound
    await require_visible(conn, viewer, poll.status_id)
    return poll


async def polls_for_viewer(
    conn: Connection, viewer: Viewer, poll_ids: Sequence[PollId]
) -> list[PollWithVotes]:
    """Of statuses that the viewer may see; one statement."""
    found = await poll_queries.polls_with_votes(conn, poll_ids, viewer.account_id)
    polls = await opened_polls(conn, [each.poll for each in found])
    return [PollWithVotes(poll, each.choices) for poll, each in zip(polls, found, strict=True)]


async def polls_with_voters(
    conn: Connection, poll_ids: Sequence[PollId], account_ids: Sequence[AccountId]
) -> tuple[list[Poll], dict[tuple[PollId, AccountId], tuple[int, ...]]]:
    """Polls, and what those of these accounts who have voted chose; two statements, however many accounts."""
    found = await poll_queries.polls_with_votes(conn, poll_ids, None)
    polls = await opened_polls(conn, [each.poll for each in found])
    rows = await poll_queries.votes_of_members(conn, poll_ids, account_ids)
    return polls, {(poll_id, account_id): tuple(choices) for poll_id, account_id, choices in rows}


def is_over(poll: Poll) -> bool:
    return poll.closed_at is not None or (poll.expires_at is not None and poll.expires_at <= clock.now())


async def vote(conn: Connection, viewer: Viewer, poll_id: PollId, choices: Sequence[int]) -> None:
    """Raises NotFound, Forbidden, PollExpired, OwnPoll, UnknownChoice or AlreadyVoted."""
    account_id = require_account(viewer)
    poll = await poll_queries.find_poll(conn, poll_id)
    if poll is None:
        raise NotFound
    found = await require_visible(conn, viewer, poll.status_id)
    if found.relation.blocking:
        raise Forbidden
    if is_over(poll):
        raise PollExpired
    if poll.account_id == account_id:
        raise OwnPoll
    chosen = _checked_choices(poll, choices)
    if not await poll_queries.insert_vote(conn, poll_id, account_id, chosen, clock.now()):
        raise AlreadyVoted
    added = [int(place in chosen) for place in range(len(poll.options))]
    if not await poll_queries.count_vote(conn, poll_id, added, clock.now()):
        raise PollExpired
    await emit(conn, Voted(account_id, poll.status_id))


def _checked_choices(poll: Poll, choices: Sequence[int]) -> list[int]:
    chosen = sorted(set(choices))
    if not chosen or chosen[0] < 0 or chosen[-1] >= len(poll.options):
        raise UnknownChoice
    if len(chosen) > 1 and not poll.multiple:
        raise UnknownChoice("Validation failed: only one option can be chosen")
    return chosen


async def close_poll(conn: Connection, poll_id: PollId) -> None:
    """Closes a poll whose time has come; does nothing when it is gone, closed or goes on."""
    poll = await poll_queries.mark_closed(conn, poll_id, clock.now())
    if poll is not None:
        await emit(conn, PollClosed(poll.id, poll.status_id, poll.account_id))


async def voters_of(
    conn: Connection, poll_id: PollId, *, after: AccountId | None = None, limit: int = 500
) -> list[AccountId]:
    """By account id, from `after` on: for telling them in steps."""
    return await poll_queries.voters_after(conn, poll_id, after or AccountId(0), limit)


async def delete_poll(conn: Connection, poll_id: PollId) -> None:
    await poll_queries.delete_poll(conn, poll_id)
