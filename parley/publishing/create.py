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
from parley.kit.owners_keys import OwnersKey
from parley.media.attach import attach_media, require_attachable
from parley.publishing import cache, queries
from parley.publishing.cache import StaticStatus
from parley.publishing.compose import Composed, checked_language, compose
from parley.publishing.consent import may_reply, quote_policy_of
from parley.publishing.counting import counted_elsewhere
from parley.publishing.errors import QuoteWithMore, RepliesLimited
from parley.publishing.events import StatusCreated
from parley.publishing.links import may_link
from parley.publishing.models import (
    COUNTED_AS_STATUS,
    QuotePolicy,
    QuoteState,
    ReplyPolicy,
    Status,
    Visibility,
)
from parley.publishing.poll import PollDraft, check_poll, create_poll
from parley.publishing.quote import record_quote, refuse_unmentioned, require_quotable
from parley.publishing.sealed_words import as_opened, key_for_new, seal_status
from parley.publishing.visibility import VisibleStatus, require_visible

IDEMPOTENCY_WINDOW = timedelta(hours=1)
_KEY_LENGTH_MAX = 500
_ID_TRIES = 4
_NOTHING_TO_ANSWER = "The post you are trying to reply to does not appear to exist."


class StatusDraft(msgspec.Struct, frozen=True):
    """What a member wants to say. None for visibility, language, sensitive or quote_policy asks for their own default."""

    text: str = ""
    spoiler_text: str = ""
    visibility: Visibility | None = None
    language: str | None = None
    sensitive: bool | None = None
    in_reply_to_id: StatusId | None = None
    poll: PollDraft | None = None
    media_ids: list[str] = []
    quoted_status_id: StatusId | None = None
    quote_policy: QuotePolicy | None = None
    reply_policy: ReplyPolicy = ReplyPolicy.EVERYBODY


class FreshStatus(msgspec.Struct, frozen=True):
    """A status nobody has done anything with yet, so that showing it to its author asks nothing."""

    status: Status
    mentions: tuple[Account, ...]
    author_counts: AccountCounts
    quoted: VisibleStatus | None = None


class Prepared(msgspec.Struct, frozen=True):
    """A draft that nothing speaks against, as the status that it becomes."""

    status: Status
    composed: Composed
    replied: VisibleStatus | None
    quoted: VisibleStatus | None


class Made(msgspec.Struct, frozen=True):
    """What an idempotency key has made: a status, or one that is `scheduled` and has the other kind of id."""

    id: int
    scheduled: bool = False


class Created(msgspec.Struct, frozen=True):
    """`fresh` is None when it had been made before."""

    made: Made
    fresh: FreshStatus | None

    @property
    def status_id(self) -> StatusId:
        return StatusId(self.made.id)


async def create_status(
    conn: Connection,
    viewer: Viewer,
    settings: Settings,
    draft: StatusDraft,
    idempotency_key: str | None = None,
) -> Created:
    """With a key used within the hour, the status that it made then."""
    account_id = require_account(viewer)
    earlier = await made_before(conn, account_id, idempotency_key)
    if earlier is not None:
        return Created(earlier, None)
    prepared = await prepare(conn, viewer, settings, draft)
    composed = prepared.composed
    status = prepared.status
    key = await key_for_new(conn, account_id, status.visibility, status.thread_id)
    status = as_opened(await _insert(conn, key, status, composed.text))
    if idempotency_key is not None and not await hold_key(conn, account_id, idempotency_key, status.id):
        # Somebody with the same key was quicker: this transaction is void, theirs stands.
        raise DuplicateRequest
    if draft.poll is not None and status.poll_id is not None:
        await create_poll(conn, settings, account_id, status.id, status.poll_id, draft.poll, key)
    await attach_media(
        conn, account_id, status.media_ids, status.id, guarded=status.visibility >= Visibility.PRIVATE
    )
    counts = await _count_and_index(conn, status, prepared.replied)
    cache.keep(StaticStatus(status, composed.mentioned))
    await emit(conn, _created(status))
    return Created(Made(status.id), FreshStatus(status, composed.mentioned, counts, prepared.quoted))


async def prepare(conn: Connection, viewer: Viewer, settings: Settings, draft: StatusDraft) -> Prepared:
    """All that may be refused, before anything is written."""
    if draft.quoted_status_id is not None and (draft.poll is not None or draft.media_ids):
        raise QuoteWithMore
    replied = await _replied_to(conn, viewer, draft.in_reply_to_id)
    quoted = await require_quotable(conn, viewer, draft.quoted_status_id)
    if draft.poll is not None:
        check_poll(settings, draft.poll)
    media_ids = await require_attachable(conn, settings, require_account(viewer), draft.media_ids)
    composed = await compose(
        conn,
        settings,
        draft.text,
        draft.spoiler_text,
        may_be_empty=draft.poll is not None or bool(media_ids),
    )
    status = await _build(conn, viewer, draft, composed, replied, quoted)
    status = msgspec.structs.replace(status, media_ids=media_ids)
    if quoted is not None:
        refuse_unmentioned(status, quoted)
    return Prepared(status, composed, replied, quoted)


def _created(status: Status) -> StatusCreated:
    answered, quoted = status.in_reply_to_account_id, status.quote_of_account_id
    return StatusCreated(
        status.id,
        status.account_id,
        status.visibility,
        language=status.language,
        reply_to_id=answered if answered != status.account_id else None,
        mention_ids=status.mention_ids,
        tags=status.tags if status.visibility == Visibility.PUBLIC else (),
        linked=may_link(status.content),
        thread_id=status.thread_id if status.visibility == Visibility.DIRECT else None,
        quoted_id=quoted if quoted != status.account_id else None,
    )


class DuplicateRequest(Exception):
    """The same idempotency key was committed meanwhile: ask again in a new transaction."""


async def made_before(conn: Connection, account_id: AccountId, key: str | None) -> Made | None:
    if key is None:
        return None
    if len(key) > _KEY_LENGTH_MAX:
        raise Invalid("Validation failed: Idempotency-Key is too long")
    since = clock.now() - IDEMPOTENCY_WINDOW
    found = await queries.find_made_by_key(conn, account_id, crypto.hash_secret(key), since)
    return None if found is None else Made(*found)


async def hold_key(
    conn: Connection, account_id: AccountId, key: str, made_id: int, *, scheduled: bool = False
) -> bool:
    now = clock.now()
    return await queries.insert_idempotency_key(
        conn,
        account_id,
        crypto.hash_secret(key),
        made_id,
        now,
        now - IDEMPOTENCY_WINDOW,
        scheduled=scheduled,
    )


async def _replied_to(conn: Connection, viewer: Viewer, status_id: StatusId | None) -> VisibleStatus | None:
    """What is replied to; a reply to a boost answers what it boosts. Raises NotFound if the author can't see it."""
    if status_id is None:
        return None
    try:
        found = await require_visible(conn, viewer, status_id)
    except NotFound:
        raise NotFound(_NOTHING_TO_ANSWER) from None
    target = found.reblog or found
    if not may_reply(target, require_account(viewer)):
        raise RepliesLimited
    return target


async def _build(
    conn: Connection,
    viewer: Viewer,
    draft: StatusDraft,
    composed: Composed,
    replied: VisibleStatus | None,
    quoted: VisibleStatus | None,
) -> Status:
    account_id = require_account(viewer)
    visibility, sensitive, language = draft.visibility, draft.sensitive, checked_language(draft.language)
    quote_policy = draft.quote_policy
    if visibility is None or sensitive is None or language is None or quote_policy is None:
        defaults = await posting_defaults(conn, account_id)
        visibility = Visibility(defaults.visibility) if visibility is None else visibility
        sensitive = defaults.sensitive if sensitive is None else sensitive
        language = defaults.language if language is None else language
        quote_policy = QuotePolicy(defaults.quote_policy) if quote_policy is None else quote_policy
    visibility = _no_wider(_no_wider(visibility, replied), quoted)
    status_id = StatusId(new_id(account_id))
    return Status(
        id=status_id,
        account_id=account_id,
        visibility=visibility,
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
        quote_of_id=quoted.status.id if quoted else None,
        quote_of_account_id=quoted.status.account_id if quoted else None,
        quote_state=QuoteState.ACCEPTED if quoted else None,
        quote_policy=quote_policy_of(visibility, quote_policy),
        reply_policy=draft.reply_policy,
    )


def _no_wider(visibility: Visibility, other: VisibleStatus | None) -> Visibility:
    """What answers or quotes words for some must not carry them further than they were meant to go."""
    if other is None or other.status.visibility < Visibility.PRIVATE:
        return visibility
    return max(visibility, Visibility(other.status.visibility))


def _ids_of(accounts: tuple[Account, ...]) -> tuple[AccountId, ...]:
    return tuple(dict.fromkeys(account.id for account in accounts))


async def _insert(conn: Connection, key: OwnersKey, status: Status, text: str) -> Status:
    """Two processes may draw one id in the same millisecond and bucket: then a new one is drawn."""
    for _ in range(_ID_TRIES):
        if await queries.insert_status(conn, seal_status(key, status, text), text):
            return status
        if status.visibility == Visibility.DIRECT:
            # Its conversation's key is bound to its id.
            break
        fresh = StatusId(new_id(status.account_id))
        thread_id = fresh if status.thread_id == status.id else status.thread_id
        status = msgspec.structs.replace(status, id=fresh, thread_id=thread_id)
    raise Unavailable(logged="no free id for a status")


async def _count_and_index(conn: Connection, status: Status, replied: VisibleStatus | None) -> AccountCounts:
    for status_id, change in sorted(counted_elsewhere(status).items()):
        if not await queries.add_to_status_counts(conn, status_id, **change):
            # Deleted since it was looked at.
            raise NotFound(_NOTHING_TO_ANSWER)
    if replied is not None:
        await queries.insert_thread_entry(conn, status.thread_id, status.id, replied.status.id)
    await record_quote(conn, status)
    if status.tags and status.visibility == Visibility.PUBLIC:
        await queries.insert_tag_entries(conn, status.tags, status.id, status.account_id)
    # Last, in every act: who holds an account's counts waits for no status's.
    if status.visibility not in COUNTED_AS_STATUS:
        return await add_to_counts(conn, status.account_id, begins=True)
    posted_on = status.created_at.date()
    return await add_to_counts(conn, status.account_id, statuses=1, last_status_on=posted_on, begins=True)
