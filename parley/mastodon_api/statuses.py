"""/api/v1/statuses/*: make, see, edit, delete; boost, like, bookmark, pin, mute; threads; who did what.

https://docs.joinmastodon.org/methods/statuses/
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial

import msgspec
from msgspec import UNSET, UnsetType

from parley.conversations.place import place_fresh
from parley.hydration.media import media_of_edits
from parley.hydration.rules import keep_in_thread
from parley.hydration.statuses import complete, fresh_status_view, status_view, status_views
from parley.hydration.who_acted import PeoplePage, boosters_page, likers_page
from parley.identity.reading import note_misses
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.ids import MediaId, ScheduledStatusId, StatusId, parse_id
from parley.kit.rate_limit import UPLOADS
from parley.mastodon_api.call import Answer, Call, Route, json_answer
from parley.mastodon_api.entities.account import Account, account_json
from parley.mastodon_api.entities.scheduled_status import ScheduledStatus
from parley.mastodon_api.entities.status import (
    Context,
    Edit,
    Source,
    Status,
    edits_of,
    forget_fragment,
    source_json,
    status_json,
    statuses_json,
)
from parley.mastodon_api.paging import PageParams
from parley.mastodon_api.params import UploadedFile
from parley.mastodon_api.policies import quote_policy_named, reply_policy_named, visibility_named
from parley.mastodon_api.scheduled_statuses import answer_waiting
from parley.media.models import Product
from parley.media.own import MediaChanges, check_words
from parley.media.upload import made, upload_of
from parley.publishing import bookmark, favourite, reblog
from parley.publishing.create import DuplicateRequest, Made, StatusDraft
from parley.publishing.delete import delete_status, require_own, source_of
from parley.publishing.edit import EditDraft, edit_status, history_of
from parley.publishing.models import ReplyPolicy
from parley.publishing.poll import PollDraft
from parley.publishing.schedule import require_scheduled, schedule_status
from parley.publishing.thread import thread_around
from parley.publishing.visibility import visible_statuses
from parley.timelines.publish import publish_reblog, publish_status


class PollParams(msgspec.Struct, frozen=True):
    options: list[str] = []
    expires_in: int | None = None
    multiple: bool = False
    hide_totals: bool = False


class CreateParams(msgspec.Struct, frozen=True):
    status: str | None = None
    spoiler_text: str | None = None
    visibility: str | None = None
    language: str | None = None
    sensitive: bool | None = None
    in_reply_to_id: StatusId | None = None
    poll: PollParams | None = None
    media_ids: list[str] = []
    scheduled_at: datetime | None = None
    quoted_status_id: StatusId | None = None
    quote_approval_policy: str | None = None
    reply_policy: str | None = None


class DeleteParams(msgspec.Struct, frozen=True):
    delete_media: bool = False


class MediaAttributesParams(msgspec.Struct, frozen=True):
    id: str = ""
    description: str | UnsetType = UNSET
    focus: str | UnsetType = UNSET
    thumbnail: UploadedFile | UnsetType = UNSET


class EditParams(msgspec.Struct, frozen=True):
    status: str | None = None
    spoiler_text: str | None = None
    language: str | None = None
    sensitive: bool | None = None
    poll: PollParams | None = None
    media_ids: list[str] = []
    media_attributes: list[MediaAttributesParams] = []
    quote_approval_policy: str | None = None
    reply_policy: str | None = None


class ReblogParams(msgspec.Struct, frozen=True):
    visibility: str | None = None


class IdsParams(msgspec.Struct, frozen=True):
    id: list[str] = []


_BATCH_MAX = 20
_WHO_DEFAULT, _WHO_MAX = 40, 80


async def create(call: Call) -> Answer:
    """An answer is the new status, or that it waits; with a known Idempotency-Key, what was made before."""
    params = await call.params(CreateParams)
    await call.limiter.spend_post(call.database, call.account_id)
    draft = _draft(params)
    key = call.header("idempotency-key")
    make = _create if params.scheduled_at is None else partial(_schedule, scheduled_at=params.scheduled_at)
    try:
        return await make(call, draft, key)
    except DuplicateRequest:
        return await make(call, draft, key)


async def _create(call: Call, draft: StatusDraft, key: str | None) -> Answer:
    async with call.database.transaction() as conn:
        created = await publish_status(conn, call.viewer, call.settings, draft, key)
        if created.fresh is None:
            return await _answer_made(call, conn, created.made)
        await place_fresh(conn, created.fresh.status)
        view = await fresh_status_view(conn, call.viewer, created.fresh)
    return json_answer(status_json(view, call.settings.base_url, call.viewer))


async def _schedule(call: Call, draft: StatusDraft, key: str | None, scheduled_at: datetime) -> Answer:
    async with call.database.transaction() as conn:
        made = await schedule_status(conn, call.viewer, call.settings, draft, scheduled_at, key)
        return await _answer_made(call, conn, made)


async def _answer_made(call: Call, conn: Connection, made: Made) -> Answer:
    if not made.scheduled:
        return await _answer(call, conn, made.id)
    waiting = await require_scheduled(conn, call.viewer, ScheduledStatusId(made.id))
    return await answer_waiting(call, conn, waiting)


def _draft(params: CreateParams) -> StatusDraft:
    return StatusDraft(
        text=params.status or "",
        spoiler_text=params.spoiler_text or "",
        visibility=visibility_named(params.visibility),
        language=params.language,
        sensitive=params.sensitive,
        in_reply_to_id=params.in_reply_to_id,
        poll=_poll(params.poll),
        media_ids=params.media_ids,
        quoted_status_id=params.quoted_status_id,
        quote_policy=quote_policy_named(params.quote_approval_policy),
        reply_policy=reply_policy_named(params.reply_policy) or ReplyPolicy.EVERYBODY,
    )


def _poll(params: PollParams | None) -> PollDraft | None:
    """Clients send an empty poll along with a post that has none."""
    if params is None or not (params.options or params.expires_in):
        return None
    return PollDraft(params.options, params.expires_in, params.multiple, params.hide_totals)


async def show(call: Call) -> Answer:
    """Hot path: 0.12 ms."""
    async with call.database.reading() as conn:
        return await _answer(call, conn, call.path_id())


async def show_several(call: Call) -> Answer:
    wanted = [parse_id(text) for text in call.query(IdsParams).id[:_BATCH_MAX]]
    async with call.database.reading() as conn:
        views = await status_views(conn, call.viewer, [each for each in wanted if each is not None])
    note_misses(call.viewer, len(wanted) - len(views))
    return json_answer(statuses_json(views, call.settings.base_url, call.viewer))


async def edit(call: Call) -> Answer:
    status_id, settings = StatusId(call.path_id()), call.settings
    thumbnails_bytes_max = settings.media_attachments_max * settings.picture_size_bytes_max
    params = await call.files(EditParams, settings.body_size_bytes_max + thumbnails_bytes_max)
    async with AsyncExitStack() as thumbnails:
        draft = _edit_draft(params, await _media_changes(call, thumbnails, status_id, params))
        async with call.database.transaction() as conn:
            await edit_status(conn, call.viewer, settings, status_id, draft)
            return await _answer(call, conn, status_id)


def _edit_draft(params: EditParams, media_changes: dict[MediaId, MediaChanges]) -> EditDraft:
    return EditDraft(
        text=params.status or "",
        spoiler_text=params.spoiler_text or "",
        sensitive=params.sensitive,
        language=params.language,
        poll=_poll(params.poll),
        media_ids=params.media_ids,
        media_changes=media_changes,
        quote_policy=quote_policy_named(params.quote_approval_policy),
        reply_policy=reply_policy_named(params.reply_policy),
    )


async def _media_changes(
    call: Call, thumbnails: AsyncExitStack, status_id: StatusId, params: EditParams
) -> dict[MediaId, MediaChanges]:
    """Of what the status doesn't bear, nothing is changed. Thumbnails are made by now, and go if the edit fails."""
    by_id = {each.id: each for each in params.media_attributes if each.id in params.media_ids}
    named = by_id.values()
    if any(isinstance(each.thumbnail, UploadedFile) for each in named):
        async with call.database.reading() as conn:
            await require_own(conn, call.viewer, status_id)
    changes = {}
    for each in named:
        number = parse_id(each.id)
        if number is not None:
            said = MediaChanges(each.description, each.focus)
            check_words(call.settings, said)
            small = await _thumbnail(call, thumbnails, each)
            changes[MediaId(number)] = msgspec.structs.replace(said, thumbnail=small)
    return changes


async def _thumbnail(
    call: Call, thumbnails: AsyncExitStack, named: MediaAttributesParams
) -> Product | UnsetType:
    if not isinstance(named.thumbnail, UploadedFile):
        return UNSET
    await call.limiter.spend_budget(call.database, UPLOADS, call.account_id)
    sent = made(call.services, upload_of(named.thumbnail), "thumbnail")
    return await thumbnails.enter_async_context(sent) or UNSET


async def delete(call: Call) -> Answer:
    """The answer is the last that is seen of it, with its source, so that it can be written anew."""
    status_id = StatusId(call.path_id())
    params = await call.params(DeleteParams)
    await call.limiter.spend_deletion(call.database, call.account_id)
    async with call.database.transaction() as conn:
        found = await require_own(conn, call.viewer, status_id)
        source = await source_of(conn, call.viewer, status_id)
        view = (await complete(conn, call.viewer, [found]))[0]
        body = status_json(view, call.settings.base_url, call.viewer, text=source.text)
        await delete_status(conn, call.services.pubsub, found.status, with_media=params.delete_media)
    forget_fragment(status_id)
    return json_answer(body)


async def source(call: Call) -> Answer:
    async with call.database.reading() as conn:
        return json_answer(source_json(await source_of(conn, call.viewer, StatusId(call.path_id()))))


async def history(call: Call) -> Answer:
    async with call.database.reading() as conn:
        found, edits = await history_of(conn, call.viewer, call.settings, StatusId(call.path_id()))
        view = (await complete(conn, call.viewer, [found]))[0]
        media = await media_of_edits(conn, found.status.id, edits)
    return json_answer(edits_of(view, edits, media, call.settings.base_url, call.viewer))


async def context(call: Call) -> Answer:
    async with call.database.reading() as conn:
        thread = await thread_around(conn, call.viewer, StatusId(call.path_id()))
        visible = await visible_statuses(conn, call.viewer, [*thread.ancestors, *thread.descendants])
        kept = [each for each in visible.values() if keep_in_thread(each, call.viewer)]
        views = {each.status.id: each for each in await complete(conn, call.viewer, kept, "thread")}

    def raw(ids: Sequence[StatusId]) -> list[msgspec.Raw]:
        shown = (views[each] for each in ids if each in views)
        return [msgspec.Raw(status_json(view, call.settings.base_url, call.viewer)) for view in shown]

    return json_answer(Context(raw(thread.ancestors), raw(thread.descendants)))


Act = Callable[[Connection, Viewer, StatusId], Awaitable[StatusId]]


def _acting(act: Act, name: str) -> Callable[[Call], Awaitable[Answer]]:
    """A handler that does one thing to a status and answers with the status as it is then."""

    async def handler(call: Call) -> Answer:
        async with call.database.transaction() as conn:
            return await _answer(call, conn, await act(conn, call.viewer, StatusId(call.path_id())))

    handler.__name__ = name
    return handler


async def boost(call: Call) -> Answer:
    """The answer is the boost's own status, around the boosted one."""
    params = await call.params(ReblogParams)
    async with call.database.transaction() as conn:
        wrapper_id = await publish_reblog(
            conn, call.viewer, StatusId(call.path_id()), visibility_named(params.visibility)
        )
        return await _answer(call, conn, wrapper_id)


async def unboost(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        target_id = await reblog.unreblog(conn, call.viewer, call.services.pubsub, StatusId(call.path_id()))
        return await _answer(call, conn, target_id)


async def mute(conn: Connection, viewer: Viewer, status_id: StatusId) -> StatusId:
    return await bookmark.mute_thread(conn, viewer, status_id, muted=True)


async def unmute(conn: Connection, viewer: Viewer, status_id: StatusId) -> StatusId:
    return await bookmark.mute_thread(conn, viewer, status_id, muted=False)


async def favourited_by(call: Call) -> Answer:
    return await _who(call, likers_page)


async def reblogged_by(call: Call) -> Answer:
    return await _who(call, boosters_page)


async def _who(call: Call, people_page: Callable[..., Awaitable[PeoplePage]]) -> Answer:
    """Accounts that did something with a status, newest first, to whoever may see the status."""
    page = call.page(_WHO_DEFAULT, _WHO_MAX)
    async with call.database.reading() as conn:
        found = await reblog.reblogged_visible(conn, call.viewer, StatusId(call.path_id()))
        shown = await people_page(conn, call.viewer, found.status.id, page)
    body = b"[" + b",".join(account_json(view, call.settings.base_url) for view in shown.views) + b"]"
    return json_answer(body, headers=call.link_header(shown.oldest, shown.newest, full=shown.full))


async def _answer(call: Call, conn: Connection, status_id: int) -> Answer:
    view = await status_view(conn, call.viewer, status_id)
    return json_answer(status_json(view, call.settings.base_url, call.viewer))


_ONE = "/api/v1/statuses/{id:str}"

ROUTES = (
    Route(
        "POST",
        "/api/v1/statuses",
        create,
        scope="write:statuses",
        takes=CreateParams,
        gives=Status | ScheduledStatus,
        refuses=(404,),
    ),
    Route(
        "GET",
        "/api/v1/statuses",
        show_several,
        who="anyone",
        scope="read:statuses",
        deep=True,
        takes=IdsParams,
        gives=list[Status],
    ),
    Route("GET", _ONE, show, who="anyone", scope="read:statuses", gives=Status),
    Route("PUT", _ONE, edit, scope="write:statuses", also=("PATCH",), takes=EditParams, gives=Status),
    Route("DELETE", _ONE, delete, scope="write:statuses", takes=DeleteParams, gives=Status),
    Route("GET", f"{_ONE}/source", source, scope="read:statuses", gives=Source),
    Route("GET", f"{_ONE}/history", history, who="anyone", scope="read:statuses", gives=list[Edit]),
    Route("GET", f"{_ONE}/context", context, who="anyone", scope="read:statuses", gives=Context),
    Route(
        "GET",
        f"{_ONE}/favourited_by",
        favourited_by,
        who="anyone",
        scope="read:statuses",
        takes=PageParams,
        gives=list[Account],
    ),
    Route(
        "GET",
        f"{_ONE}/reblogged_by",
        reblogged_by,
        who="anyone",
        scope="read:statuses",
        takes=PageParams,
        gives=list[Account],
    ),
    Route("POST", f"{_ONE}/reblog", boost, scope="write:statuses", takes=ReblogParams, gives=Status),
    Route("POST", f"{_ONE}/unreblog", unboost, scope="write:statuses", gives=Status),
    Route(
        "POST",
        f"{_ONE}/favourite",
        _acting(favourite.favourite, "favourite"),
        scope="write:favourites",
        gives=Status,
    ),
    Route(
        "POST",
        f"{_ONE}/unfavourite",
        _acting(favourite.unfavourite, "unfavourite"),
        scope="write:favourites",
        gives=Status,
    ),
    Route(
        "POST",
        f"{_ONE}/bookmark",
        _acting(bookmark.bookmark, "bookmark"),
        scope="write:bookmarks",
        gives=Status,
    ),
    Route(
        "POST",
        f"{_ONE}/unbookmark",
        _acting(bookmark.unbookmark, "unbookmark"),
        scope="write:bookmarks",
        gives=Status,
    ),
    Route("POST", f"{_ONE}/pin", _acting(bookmark.pin, "pin"), scope="write:accounts", gives=Status),
    Route("POST", f"{_ONE}/unpin", _acting(bookmark.unpin, "unpin"), scope="write:accounts", gives=Status),
    Route("POST", f"{_ONE}/mute", _acting(mute, "mute"), scope="write:mutes", gives=Status),
    Route("POST", f"{_ONE}/unmute", _acting(unmute, "unmute"), scope="write:mutes", gives=Status),
)
