"""edit_status and its history: each earlier state is kept, the original first."""

from collections.abc import Sequence
from typing import Any

import msgspec

from parley.identity.addresses import account_url
from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.events import emit
from parley.kit.ids import MediaId, PollId, StatusId, new_id
from parley.kit.markup import is_mentioned
from parley.kit.owners_keys import OwnersKey
from parley.media.attach import attach_media, detach_media, require_attachable
from parley.media.cache import media_of
from parley.media.own import MediaChanges, change_media
from parley.publishing import queries
from parley.publishing.cache import version_step
from parley.publishing.compose import checked_language, compose
from parley.publishing.consent import quote_policy_of
from parley.publishing.delete import hold, require_own
from parley.publishing.errors import QuoteWithMore
from parley.publishing.events import StatusEdited
from parley.publishing.links import may_link
from parley.publishing.models import EditMedia, QuotePolicy, ReplyPolicy, Status, StatusEdit, Visibility
from parley.publishing.poll import PollDraft, create_poll, delete_poll, goes_on, options_of
from parley.publishing.seal_older import lies_open, seal_own
from parley.publishing.sealed_words import key_of, read_edits, seal_edit, seal_status
from parley.publishing.visibility import VisibleStatus, require_visible


class EditDraft(msgspec.Struct, frozen=True):
    """The whole new content: what is left out is taken away. None for sensitive, language or a policy keeps it.

    `media_changes`: what is said anew of files among those it bears.
    """

    text: str = ""
    spoiler_text: str = ""
    sensitive: bool | None = None
    language: str | None = None
    poll: PollDraft | None = None
    media_ids: list[str] = []
    media_changes: dict[MediaId, MediaChanges] = {}
    quote_policy: QuotePolicy | None = None
    reply_policy: ReplyPolicy | None = None


async def edit_status(
    conn: Connection, viewer: Viewer, settings: Settings, status_id: StatusId, draft: EditDraft
) -> None:
    own = (await require_own(conn, viewer, status_id)).status
    if lies_open(own):
        await seal_own(conn, own)
    before = await hold(conn, own)
    if before.quote_of_id is not None and (draft.poll is not None or draft.media_ids):
        raise QuoteWithMore
    media_ids = await require_attachable(conn, settings, before.account_id, draft.media_ids, to=status_id)
    composed = await compose(
        conn,
        settings,
        draft.text,
        draft.spoiler_text,
        may_be_empty=draft.poll is not None or bool(media_ids),
    )
    key = await key_of(conn, before.account_id, before.visibility, before.thread_id)
    await _keep_state(conn, key, before)
    after = msgspec.structs.replace(
        before,
        content=composed.content,
        spoiler_text=composed.spoiler_text,
        sensitive=before.sensitive if draft.sensitive is None else draft.sensitive,
        language=checked_language(draft.language) or before.language,
        mention_ids=tuple(dict.fromkeys(account.id for account in composed.mentioned)),
        tags=composed.tags,
        poll_id=await _new_poll(conn, settings, key, before, draft.poll),
        edited_at=clock.now(),
        version=before.version + version_step(),
        quote_policy=_quote_policy(before, draft),
        reply_policy=before.reply_policy if draft.reply_policy is None else draft.reply_policy,
    )
    after = seal_status(key, msgspec.structs.replace(after, media_ids=media_ids), composed.text)
    await _move_media(conn, before, after)
    for media_id in media_ids:
        if media_id in draft.media_changes:
            changes = draft.media_changes[media_id]
            await change_media(conn, settings, before.account_id, media_id, changes)
    await queries.update_status(conn, after, composed.text)
    new_tags, gone_tags = await _move_tags(conn, before, after)
    await _keep_state(conn, key, after)
    new = tuple(each for each in after.mention_ids if each not in before.mention_ids)
    event = StatusEdited(
        status_id,
        before.account_id,
        newly_mentioned=new,
        new_tags=new_tags,
        gone_tags=gone_tags,
        linked=before.card_id is not None or may_link(after.content),
        **_of_few(before, after),
    )
    await emit(conn, event)


def _of_few(before: Status, after: Status) -> dict[str, Any]:
    """Of words for few, who may see them no more; of a direct status, what conversations must know."""
    if after.visibility < Visibility.PRIVATE:
        return {}
    gone = tuple(each for each in before.mention_ids if each not in after.mention_ids)
    if after.visibility == Visibility.PRIVATE:
        return {"no_longer_mentioned": gone}
    return {"thread_id": after.thread_id, "mention_ids": after.mention_ids, "no_longer_mentioned": gone}


async def _keep_state(conn: Connection, key: OwnersKey, status: Status) -> None:
    """Writes a state into the history; one that stands there already stays as it is."""
    options = await options_of(conn, status.poll_id) if status.poll_id is not None else None
    edit = StatusEdit(
        version=status.version,
        content=status.content,
        spoiler_text=status.spoiler_text,
        sensitive=status.sensitive,
        poll_options=options,
        created_at=status.edited_at or status.created_at,
        quote_of_id=status.quote_of_id,
        media=await _media_now(conn, status),
    )
    await queries.insert_edit(conn, status.id, seal_edit(key, status.id, edit))


async def _media_now(conn: Connection, status: Status) -> tuple[EditMedia, ...]:
    if not status.media_ids:
        return ()
    found = await media_of(conn, status.media_ids)
    return tuple(EditMedia(each, found[each].description) for each in status.media_ids if each in found)


def _quote_policy(before: Status, draft: EditDraft) -> int:
    policy = before.quote_policy if draft.quote_policy is None else draft.quote_policy
    return quote_policy_of(before.visibility, policy)


async def _new_poll(
    conn: Connection, settings: Settings, key: OwnersKey, before: Status, draft: PollDraft | None
) -> PollId | None:
    """A poll that asks the same goes on with its votes, to its new end; any other change starts a new one."""
    if draft is None:
        if before.poll_id is not None:
            await delete_poll(conn, before.poll_id)
        return None
    if before.poll_id is not None:
        if await goes_on(conn, settings, before.poll_id, draft):
            return before.poll_id
        await delete_poll(conn, before.poll_id)
    poll_id = PollId(new_id(before.account_id))
    await create_poll(conn, settings, before.account_id, before.id, poll_id, draft, key)
    return poll_id


async def _move_media(conn: Connection, before: Status, after: Status) -> None:
    """What it no longer bears can be attached elsewhere for a while."""
    gone = [each for each in before.media_ids if each not in after.media_ids]
    await detach_media(conn, before.account_id, gone)
    guarded = after.visibility >= Visibility.PRIVATE
    await attach_media(conn, after.account_id, after.media_ids, after.id, guarded=guarded)


async def _move_tags(
    conn: Connection, before: Status, after: Status
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tags under which everybody finds it from now on, and no longer."""
    if after.visibility != Visibility.PUBLIC:
        return (), ()
    gone = tuple(tag for tag in before.tags if tag not in after.tags)
    new = tuple(tag for tag in after.tags if tag not in before.tags)
    if gone:
        await queries.delete_tag_entries(conn, gone, before.id)
    if new:
        await queries.insert_tag_entries(conn, new, after.id, after.account_id)
    return new, gone


async def history_of(
    conn: Connection, viewer: Viewer, settings: Settings, status_id: StatusId
) -> tuple[VisibleStatus, list[StatusEdit]]:
    """The status and its states, oldest first, as far as the viewer may see them; one that was never edited has one."""
    found = await require_visible(conn, viewer, status_id)
    shown = found.reblog or found
    status = shown.status
    edits = await read_edits(conn, status.id, status.thread_id)
    if edits:
        return shown, [*_said_to(viewer, settings, shown, edits[:-1]), edits[-1]]
    options = await options_of(conn, status.poll_id) if status.poll_id is not None else None
    only = StatusEdit(
        version=1,
        content=status.content,
        spoiler_text=status.spoiler_text,
        sensitive=status.sensitive,
        poll_options=options,
        created_at=status.created_at,
        quote_of_id=status.quote_of_id,
        media=await _media_now(conn, status),
    )
    return shown, [only]


def _said_to(
    viewer: Viewer, settings: Settings, shown: VisibleStatus, earlier: Sequence[StatusEdit]
) -> Sequence[StatusEdit]:
    """Of these states, those that were for the viewer: who sees words for few because they are mentioned in them
    sees no others.
    """
    visibility, own = shown.status.visibility, shown.status.account_id == viewer.account_id
    follows = visibility == Visibility.PRIVATE and shown.relation.following
    if visibility < Visibility.PRIVATE or own or follows:
        return earlier
    urls = [account_url(settings.base_url, each) for each in shown.mentions if each.id == viewer.account_id]
    return [each for each in earlier if any(is_mentioned(each.content, url) for url in urls)]
