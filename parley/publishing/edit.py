"""edit_status and its history: each earlier state is kept, the original first."""

import secrets

import msgspec

from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.events import emit
from parley.kit.ids import PollId, StatusId, new_id
from parley.publishing import queries
from parley.publishing.compose import checked_language, compose
from parley.publishing.delete import hold, require_own
from parley.publishing.events import StatusEdited
from parley.publishing.models import Status, StatusEdit, Visibility
from parley.publishing.poll import PollDraft, create_poll, delete_poll, options_of
from parley.publishing.visibility import VisibleStatus, require_visible

# A step by chance: what memories may hold of an edit that was rolled back must not bear the next edit's version.
_VERSION_STEP_MAX = 10_000


class EditDraft(msgspec.Struct, frozen=True):
    """The whole new content: what is left out is taken away. None for sensitive or language keeps it."""

    text: str = ""
    spoiler_text: str = ""
    sensitive: bool | None = None
    language: str | None = None
    poll: PollDraft | None = None


async def edit_status(
    conn: Connection, viewer: Viewer, settings: Settings, status_id: StatusId, draft: EditDraft
) -> None:
    before = await hold(conn, (await require_own(conn, viewer, status_id)).status)
    composed = await compose(
        conn, settings, draft.text, draft.spoiler_text, may_be_empty=draft.poll is not None
    )
    await _keep_state(conn, before)
    after = msgspec.structs.replace(
        before,
        content=composed.content,
        spoiler_text=composed.spoiler_text,
        sensitive=before.sensitive if draft.sensitive is None else draft.sensitive,
        language=checked_language(draft.language) or before.language,
        mention_ids=tuple(dict.fromkeys(account.id for account in composed.mentioned)),
        tags=composed.tags,
        poll_id=await _new_poll(conn, settings, before, draft.poll),
        edited_at=clock.now(),
        version=before.version + 1 + secrets.randbelow(_VERSION_STEP_MAX),
    )
    await queries.update_status(conn, after, composed.text)
    await _move_tags(conn, before, after)
    await _keep_state(conn, after)
    new = tuple(each for each in after.mention_ids if each not in before.mention_ids)
    await emit(conn, StatusEdited(status_id, before.account_id, newly_mentioned=new))


async def _keep_state(conn: Connection, status: Status) -> None:
    """Writes a state into the history; one that stands there already stays as it is."""
    options = await options_of(conn, status.poll_id) if status.poll_id is not None else None
    edit = StatusEdit(
        version=status.version,
        content=status.content,
        spoiler_text=status.spoiler_text,
        sensitive=status.sensitive,
        poll_options=options,
        created_at=status.edited_at or status.created_at,
    )
    await queries.insert_edit(conn, status.id, edit)


async def _new_poll(
    conn: Connection, settings: Settings, before: Status, draft: PollDraft | None
) -> PollId | None:
    """A poll with the same options goes on with its votes; any other change starts a new one."""
    if draft is None:
        if before.poll_id is not None:
            await delete_poll(conn, before.poll_id)
        return None
    if before.poll_id is not None:
        if await options_of(conn, before.poll_id) == tuple(draft.options):
            return before.poll_id
        await delete_poll(conn, before.poll_id)
    poll_id = PollId(new_id(before.account_id))
    await create_poll(conn, settings, before.account_id, before.id, poll_id, draft)
    return poll_id


async def _move_tags(conn: Connection, before: Status, after: Status) -> None:
    gone = [tag for tag in before.tags if tag not in after.tags]
    new = [tag for tag in after.tags if tag not in before.tags]
    if gone:
        await queries.delete_tag_entries(conn, gone, before.id)
    if new and after.visibility == Visibility.PUBLIC:
        await queries.insert_tag_entries(conn, new, after.id, after.account_id)


async def history_of(
    conn: Connection, viewer: Viewer, status_id: StatusId
) -> tuple[VisibleStatus, list[StatusEdit]]:
    """The status and its states, oldest first; a status that was never edited has one."""
    found = await require_visible(conn, viewer, status_id)
    status = (found.reblog or found).status
    edits = await queries.edits_of(conn, status.id)
    if edits:
        return found.reblog or found, edits
    options = await options_of(conn, status.poll_id) if status.poll_id is not None else None
    only = StatusEdit(
        version=1,
        content=status.content,
        spoiler_text=status.spoiler_text,
        sensitive=status.sensitive,
        poll_options=options,
        created_at=status.created_at,
    )
    return found.reblog or found, [only]
