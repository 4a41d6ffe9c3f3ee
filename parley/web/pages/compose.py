"""Writing: a new post, a reply, an edit. What was typed is never lost to a refusal."""

from datetime import datetime

import msgspec
from litestar import Response

from parley.conversations.place import place_fresh
from parley.hydration.media import own_media_view
from parley.hydration.models import MediaView, QuoteView, StatusView
from parley.hydration.statuses import status_view
from parley.identity.addresses import parse_handle
from parley.identity.preferences import posting_defaults
from parley.kit import crypto, templates
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound, ParleyError, TooMany, Unavailable
from parley.kit.ids import MediaId, StatusId
from parley.media.models import WAITING
from parley.media.own import require_own_media
from parley.publishing.create import DuplicateRequest, Made, StatusDraft
from parley.publishing.delete import require_own, source_of
from parley.publishing.edit import EditDraft, edit_status
from parley.publishing.errors import UnknownQuotePolicy, UnknownReplyPolicy, UnknownVisibility
from parley.publishing.models import QuotePolicy, QuoteState, ReplyPolicy, Visibility
from parley.publishing.poll import PollDraft
from parley.publishing.quote import require_quotable
from parley.publishing.schedule import schedule_status
from parley.timelines.publish import publish_status
from parley.web.attached import Taken, described, take_files, views_of
from parley.web.errors import BESIDE, beside, complaint_of
from parley.web.forms import moment_of_field
from parley.web.render import HTML, page, status_path
from parley.web.session import PageCall, own_path

_VISIBILITIES = {each.wire: each for each in Visibility}
_QUOTE_POLICIES = {each.wire: each for each in QuotePolicy}
_REPLY_POLICIES = {each.wire: each for each in ReplyPolicy}
_POLL_SECONDS_DEFAULT = 86_400


class Draft(msgspec.Struct, frozen=True):
    """What stands in the form. `key` makes sure that a form sent twice posts once."""

    text: str = ""
    spoiler_text: str = ""
    visibility: str = "public"
    language: str = ""
    options: tuple[str, ...] = ()
    expires_in: int = _POLL_SECONDS_DEFAULT
    multiple: bool = False
    in_reply_to_id: int | None = None
    quoted_status_id: int | None = None
    quote_policy: str = "public"
    reply_policy: str = "everybody"
    scheduled_at: str = ""
    key: str = ""
    sensitive: bool = False
    media: tuple[MediaView, ...] = ()

    @property
    def has_poll(self) -> bool:
        return any(option.strip() for option in self.options)


async def blank_draft(call: PageCall, conn: Connection) -> Draft:
    defaults = await posting_defaults(conn, call.account_id)
    return Draft(
        visibility=Visibility(defaults.visibility).wire,
        language=defaults.language or "",
        quote_policy=QuotePolicy(defaults.quote_policy).wire,
        sensitive=defaults.sensitive,
        key=crypto.new_secret(),
    )


async def reply_draft(call: PageCall, conn: Connection, replied: StatusView) -> Draft:
    """To everybody who takes part, no wider than what it answers, under the same warning."""
    blank = await blank_draft(call, conn)
    shown = replied.reblog or replied
    people = [shown.author.account, *shown.mentions]
    names = dict.fromkeys(f"@{each.acct}" for each in people if each.id != call.account_id)
    widest = max(_VISIBILITIES[blank.visibility], Visibility(shown.status.visibility))
    return msgspec.structs.replace(
        blank,
        text="".join(f"{name} " for name in names),
        spoiler_text=shown.status.spoiler_text,
        visibility=widest.wire,
        in_reply_to_id=shown.status.id,
    )


async def show_compose(call: PageCall) -> Response[bytes]:
    """`to` names somebody to write to, `quote` a post to quote."""
    async with call.database.reading() as conn:
        draft = await blank_draft(call, conn)
        quote = await _quote_of(call, conn, call.query.id("quote"))
    if quote is not None:
        draft = msgspec.structs.replace(draft, quoted_status_id=quote.quoted_id)
    handle = parse_handle(call.query.text("to"), call.settings.domain)
    if handle is not None:
        name = handle.username if handle.domain is None else f"{handle.username}@{handle.domain}"
        draft = msgspec.structs.replace(draft, text=f"@{name} ")
    return await page(call, "compose", draft=draft, replied=None, quote=quote, complaint="")


async def post(call: PageCall) -> Response[bytes]:
    """Files come first, so that a refusal loses none; `describe` asks for the form again, with what they are."""
    draft = _sent_draft(call)
    taken = await take_files(call, describe=True)
    if taken.refusal is not None:
        return await _try_again(call, draft, taken.media_ids, taken.refusal)
    if call.form.flag("describe"):
        return await _try_again(call, draft, taken.media_ids, None)
    try:
        await call.limiter.spend_post(call.database, call.account_id)
        status_draft = _to_status_draft(draft, taken.media_ids)
        made = await _make(call, status_draft, moment_of_field(draft.scheduled_at), draft.key)
    except BESIDE as refusal:
        return await _try_again(call, draft, taken.media_ids, refusal)
    if made.scheduled:
        return call.redirect("/scheduled", "scheduled")
    if draft.in_reply_to_id is not None or draft.quoted_status_id is not None:
        return await _to_status(call, StatusId(made.id))
    return call.redirect(own_path(call.form.text("back")) or "/home", "posted")


async def _make(call: PageCall, draft: StatusDraft, scheduled_at: datetime | None, key: str) -> Made:
    try:
        return await _make_once(call, draft, scheduled_at, key or None)
    except DuplicateRequest:
        return await _make_once(call, draft, scheduled_at, key or None)


async def _make_once(
    call: PageCall, draft: StatusDraft, scheduled_at: datetime | None, key: str | None
) -> Made:
    async with call.database.transaction() as conn:
        if scheduled_at is not None:
            return await schedule_status(conn, call.viewer, call.settings, draft, scheduled_at, key)
        created = await publish_status(conn, call.viewer, call.settings, draft, key)
        if created.fresh is not None:
            await place_fresh(conn, created.fresh.status)
        return created.made


def _sent_draft(call: PageCall) -> Draft:
    form = call.form
    return Draft(
        text=form.text("text"),
        spoiler_text=form.text("spoiler_text"),
        visibility=form.text("visibility"),
        language=form.text("language"),
        options=tuple(form.texts("poll_option")),
        expires_in=form.number("poll_expires_in") or _POLL_SECONDS_DEFAULT,
        multiple=form.flag("poll_multiple"),
        in_reply_to_id=form.id("in_reply_to_id"),
        quoted_status_id=form.id("quoted_status_id"),
        quote_policy=form.text("quote_policy"),
        reply_policy=form.text("reply_policy"),
        scheduled_at=form.text("scheduled_at"),
        sensitive=form.flag("sensitive"),
        key=form.text("key")[:100],
    )


def _to_status_draft(draft: Draft, media_ids: tuple[str, ...]) -> StatusDraft:
    if draft.visibility and draft.visibility not in _VISIBILITIES:
        raise UnknownVisibility
    quoted_id = draft.quoted_status_id
    options = [option for option in draft.options if option.strip()]
    return StatusDraft(
        text=draft.text,
        spoiler_text=draft.spoiler_text,
        visibility=_VISIBILITIES[draft.visibility] if draft.visibility else None,
        language=draft.language or None,
        sensitive=draft.sensitive,
        media_ids=list(media_ids),
        in_reply_to_id=None if draft.in_reply_to_id is None else StatusId(draft.in_reply_to_id),
        poll=PollDraft(options, draft.expires_in, draft.multiple) if options else None,
        quoted_status_id=None if quoted_id is None else StatusId(quoted_id),
        quote_policy=_quote_policy(draft.quote_policy),
        reply_policy=_reply_policy(draft.reply_policy) or ReplyPolicy.EVERYBODY,
    )


def _quote_policy(name: str) -> QuotePolicy | None:
    if name and name not in _QUOTE_POLICIES:
        raise UnknownQuotePolicy
    return _QUOTE_POLICIES.get(name)


def _reply_policy(name: str) -> ReplyPolicy | None:
    if name and name not in _REPLY_POLICIES:
        raise UnknownReplyPolicy
    return _REPLY_POLICIES.get(name)


async def _try_again(
    call: PageCall, draft: Draft, media_ids: tuple[str, ...], refusal: ParleyError | None
) -> Response[bytes]:
    async with call.database.reading() as conn:
        draft = msgspec.structs.replace(draft, media=await views_of(call, conn, media_ids))
        replied = await _find_view(call, conn, draft.in_reply_to_id)
        quoted = await _find_view(call, conn, draft.quoted_status_id)
    response = await page(
        call,
        "compose",
        draft=draft,
        replied=replied,
        quote=None if quoted is None else _as_quote(quoted),
        complaint=complaint_of(refusal),
    )
    return beside(response, refusal)


async def _quote_of(call: PageCall, conn: Connection, status_id: int | None) -> QuoteView | None:
    """Raises NotQuotable, or NotFound."""
    if status_id is None:
        return None
    await require_quotable(conn, call.viewer, StatusId(status_id))
    return _as_quote(await status_view(conn, call.viewer, status_id))


def _as_quote(view: StatusView) -> QuoteView:
    shown = view.reblog or view
    return QuoteView(QuoteState.ACCEPTED, shown.status.id, shown)


async def _find_view(call: PageCall, conn: Connection, status_id: int | None) -> StatusView | None:
    try:
        return None if status_id is None else await status_view(conn, call.viewer, status_id)
    except NotFound:
        return None


async def _to_status(call: PageCall, status_id: StatusId, notice: str = "posted") -> Response[bytes]:
    async with call.database.reading() as conn:
        view = await status_view(conn, call.viewer, status_id)
    return call.redirect(f"{status_path(view.status, view.author.account)}#s{status_id}", notice)


async def show_file(call: PageCall) -> Response[bytes]:
    """One's own file by itself, for the page that waits until it is prepared; 202 until then."""
    async with call.database.reading() as conn:
        media = await require_own_media(conn, call.account_id, MediaId(call.path_id()))
        file = await own_media_view(conn, media)
    html = templates.render("pages/prepared.html", file=file)
    return Response(html.encode(), status_code=202 if media.state == WAITING else 200, media_type=HTML)


# Editing


class Edit(msgspec.Struct, frozen=True):
    """What stands in the form of an edit."""

    text: str
    spoiler_text: str
    language: str
    quote_policy: str
    reply_policy: str
    sensitive: bool
    media: tuple[MediaView, ...] = ()


async def show_edit(call: PageCall) -> Response[bytes]:
    status_id = StatusId(call.path_id())
    async with call.database.reading() as conn:
        await require_own(conn, call.viewer, status_id)
        source = await source_of(conn, call.viewer, status_id)
        view = await status_view(conn, call.viewer, status_id)
    draft = Edit(
        source.text,
        source.spoiler_text,
        view.status.language or "",
        QuotePolicy(view.status.quote_policy).wire,
        ReplyPolicy(view.status.reply_policy).wire,
        view.status.sensitive,
        view.media,
    )
    return await page(call, "edit", view=view, draft=draft, complaint="")


async def edit(call: PageCall) -> Response[bytes]:
    status_id = StatusId(call.path_id())
    form = call.form
    draft = Edit(
        form.text("text"),
        form.text("spoiler_text"),
        form.text("language"),
        form.text("quote_policy"),
        form.text("reply_policy"),
        form.flag("sensitive"),
    )
    async with call.database.reading() as conn:
        await require_own(conn, call.viewer, status_id)
        view = await status_view(conn, call.viewer, status_id)
    taken = await take_files(call, describe=False)
    if taken.refusal is not None or call.form.flag("describe"):
        return await _edit_again(call, view, draft, taken)
    try:
        await call.limiter.spend_post(call.database, call.account_id)
        async with call.database.transaction() as conn:
            changed = EditDraft(
                text=draft.text,
                spoiler_text=draft.spoiler_text,
                sensitive=draft.sensitive if view.quote is None else None,
                language=draft.language,
                poll=_same_poll(view),
                media_ids=list(taken.media_ids),
                media_changes=described(call, tuple(call.form.texts("media_id"))),
                quote_policy=_quote_policy(draft.quote_policy),
                reply_policy=_reply_policy(draft.reply_policy),
            )
            await edit_status(conn, call.viewer, call.settings, status_id, changed)
    except (Invalid, TooMany, Unavailable) as refusal:
        return await _edit_again(call, view, draft, Taken(taken.media_ids, refusal))
    return await _to_status(call, status_id, "edited")


async def _edit_again(call: PageCall, view: StatusView, draft: Edit, taken: Taken) -> Response[bytes]:
    async with call.database.reading() as conn:
        media = await views_of(call, conn, taken.media_ids, view.status.id)
    draft = msgspec.structs.replace(draft, media=media)
    response = await page(call, "edit", view=view, draft=draft, complaint=complaint_of(taken.refusal))
    return beside(response, taken.refusal)


def _same_poll(view: StatusView) -> PollDraft | None:
    """A poll stays as it is, to its end: its votes were given for these options."""
    if view.poll is None:
        return None
    poll = view.poll.poll
    return PollDraft(list(poll.options), None, poll.multiple, poll.hide_totals)
