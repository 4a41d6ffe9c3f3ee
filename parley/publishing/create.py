"""create_status: what a member says becomes a row, its counts, its place in thread and tags, and an event."""

from datetime import timedelta

import msgspec

from parley.identity.accounts import add_to_counts
from parley.identity.models import Account, AccountCounts
from parley.identity.preferences import posting_defaults
from parley.identity.viewer import Viewer, require_account
from parley.kit import clock, crypto
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound, Unavailable
from parley.kit.events import emit
from parley.kit.ids import AccountId, PollId, StatusId, new_id
from parley.publishing import cache, queries
from parley.publishing.cache import StaticStatus
from parley.publishing.compose import Composed, checked_language, compose
from parley.publishing.events import StatusCreated
from parley.publishing.models import COUNTED_AS_REPLY, COUNTED_AS_STATUS, Status, Visibility
from parley.publishing.poll import PollDraft, create_poll
from parley.publishing.visibility import VisibleStatus, require_visible

IDEMPOTENCY_WINDOW = timedelta(hours=1)
_KEY_LENGTH_MAX = 500
_ID_TRIES = 4
_NOTHING_TO_ANSWER = "The post you are trying to reply to does not appear to exist."


class StatusDraft(msgspec.Struct, frozen=True):
    """What a member wants to say. None for visibility, language or sensitive asks for their own default."""

    text: str = ""
    spoiler_text: str = ""
    visibility: Visibility | None = None
    language: str | None = None
    sensitive: bool | None = None
    in_reply_to_id: StatusId | None = None
    poll: PollDraft | None = None


class FreshStatus(msgspec.Struct, frozen=True):
    """A status nobody has done anything with yet, so that showing it to its author asks nothing."""

    status: Status
    mentions: tuple[Account, ...]
    author_counts: AccountCounts


class Created(msgspec.Struct, frozen=True):
    """`fresh` is None when the status had been made before."""

    status_id: StatusId
    fresh: FreshStatus | None


async def create_status(
    conn: Connection,
    viewer: Viewer,
    settings: Settings,
    draft: StatusDraft,
    idempotency_key: str | None = None,
) -> Created:
    """With a key used within the hour, the status that it made then."""
    account_id = require_account(viewer)
    earlier = await _made_before(conn, account_id, idempotency_key)
    if earlier is not None:
        return Created(earlier, None)
    replied = await _replied_to(conn, viewer, draft.in_reply_to_id)
    composed = await compose(
        conn, settings, draft.text, draft.spoiler_text, may_be_empty=draft.poll is not None
    )
    status = await _build(conn, viewer, draft, composed, replied)
    status = await _insert(conn, status, composed.text)
    if idempotency_key is not None and not await _hold_key(conn, account_id, idempotency_key, status.id):
        # Somebody with the same key was quicker: this transaction is void, theirs stands.
        raise DuplicateRequest
    if draft.poll is not None and status.poll_id is not None:
        await create_poll(conn, settings, account_id, status.id, status.poll_id, draft.poll)
    counts = await _count_and_index(conn, status, replied)
    cache.keep(StaticStatus(status, composed.mentioned))
    await emit(conn, _created(status))
    return Created(status.id, FreshStatus(status, composed.mentioned, counts))


def _created(status: Status) -> StatusCreated:
    answered = status.in_reply_to_account_id
    return StatusCreated(
        status.id,
        status.account_id,
        status.visibility,
        language=status.language,
        reply_to_id=answered if answered != status.account_id else None,
        mention_ids=status.mention_ids,
    )


class DuplicateRequest(Exception):
    """The same idempotency key was committed meanwhile: ask again in a new transaction."""


async def _made_before(conn: Connection, account_id: AccountId, key: str | None) -> StatusId | None:
    if key is None:
        return None
    if len(key) > _KEY_LENGTH_MAX:
        raise Invalid("Validation failed: Idempotency-Key is too long")
    since = clock.now() - IDEMPOTENCY_WINDOW
    return await queries.find_status_by_key(conn, account_id, crypto.hash_secret(key), since)


async def _hold_key(conn: Connection, account_id: AccountId, key: str, status_id: StatusId) -> bool:
    now = clock.now()
    return await queries.insert_idempotency_key(
        conn, account_id, crypto.hash_secret(key), status_id, now, now - IDEMPOTENCY_WINDOW
    )


async def _replied_to(conn: Connection, viewer: Viewer, status_id: StatusId | None) -> VisibleStatus | None:
    """What is replied to; a reply to a boost answers what it boosts. Raises NotFound if the author can't see it."""
    if status_id is None:
        return None
    try:
        found = await require_visible(conn, viewer, status_id)
    except NotFound:
        raise NotFound(_NOTHING_TO_ANSWER) from None
    return found.reblog or found


async def _build(
    conn: Connection, viewer: Viewer, draft: StatusDraft, composed: Composed, replied: VisibleStatus | None
) -> Status:
    account_id = require_account(viewer)
    visibility, sensitive, language = draft.visibility, draft.sensitive, checked_language(draft.language)
    if visibility is None or sensitive is None or language is None:
        defaults = await posting_defaults(conn, account_id)
        visibility = Visibility(defaults.visibility) if visibility is None else visibility
        sensitive = defaults.sensitive if sensitive is None else sensitive
        language = defaults.language if language is None else language
    status_id = StatusId(new_id(account_id))
    return Status(
        id=status_id,
        account_id=account_id,
        visibility=_no_wider(visibility, replied),
        content=composed.content,
        spoiler_text=composed.spoiler_text,
        sensitive=sensitive or bool(composed.spoiler_text),
        language=language,
        in_reply_to_id=replied.status.id if replied else None,
        in_reply_to_account_id=replied.status.account_id if replied else None,
        thread_id=replied.status.thread_id if replied else status_id,
        reblog_of_id=None,
        mention_ids=_ids_of(composed.mentioned),
        tags=composed.tags,
        poll_id=PollId(new_id(account_id)) if draft.poll is not None else None,
        application_name=viewer.application_name,
        application_website=viewer.application_website,
        uri=None,
        url=None,
        created_at=clock.now(),
        edited_at=None,
        version=1,
    )


def _no_wider(visibility: Visibility, replied: VisibleStatus | None) -> Visibility:
    """A reply to followers-only or direct words must not carry them further than they were meant to go."""
    if replied is None or replied.status.visibility < Visibility.PRIVATE:
        return visibility
    return max(visibility, Visibility(replied.status.visibility))


def _ids_of(accounts: tuple[Account, ...]) -> tuple[AccountId, ...]:
    return tuple(dict.fromkeys(account.id for account in accounts))


async def _insert(conn: Connection, status: Status, text: str) -> Status:
    """Two processes may draw one id in the same millisecond and bucket: then a new one is drawn."""
    for _ in range(_ID_TRIES):
        if await queries.insert_status(conn, status, text):
            return status
        fresh = StatusId(new_id(status.account_id))
        thread_id = fresh if status.thread_id == status.id else status.thread_id
        status = msgspec.structs.replace(status, id=fresh, thread_id=thread_id)
    raise Unavailable(logged="no free id for a status")


async def _count_and_index(conn: Connection, status: Status, replied: VisibleStatus | None) -> AccountCounts:
    if replied is not None:
        counted = int(status.visibility in COUNTED_AS_REPLY)
        if not await queries.add_to_status_counts(conn, replied.status.id, replies=counted):
            raise NotFound(_NOTHING_TO_ANSWER)
        await queries.insert_thread_entry(conn, status.thread_id, status.id, replied.status.id)
    if status.tags and status.visibility == Visibility.PUBLIC:
        await queries.insert_tag_entries(conn, status.tags, status.id, status.account_id)
    # Last, in every act: who holds an account's counts waits for no status's.
    if status.visibility not in COUNTED_AS_STATUS:
        return await add_to_counts(conn, status.account_id)
    return await add_to_counts(conn, status.account_id, statuses=1, last_status_on=status.created_at.date())
