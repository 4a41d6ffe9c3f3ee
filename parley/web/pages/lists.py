"""Lists: making, naming, filling and deleting them. Their posts are in timelines.py."""

from litestar import Response

from parley.graph import lists
from parley.graph.models import List
from parley.hydration.accounts import listed_account_views
from parley.identity.accounts import find_account_by_handle
from parley.identity.addresses import parse_handle
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound, ParleyError
from parley.kit.ids import AccountId, ListId
from parley.web.paging import ACCOUNTS_PER_PAGE, asked_page, page_links
from parley.web.render import page
from parley.web.session import PageCall
from parley.web.wording import sentence_of

REPLIES_POLICIES = (
    ("list", "Replies to people on the list"),
    ("followed", "Replies to anybody I follow"),
    ("none", "No replies"),
)


async def show_lists(call: PageCall) -> Response[bytes]:
    return await _show_all(call, "", "")


async def create(call: PageCall) -> Response[bytes]:
    title = call.form.text("title").strip()
    try:
        async with call.database.transaction() as conn:
            made = await lists.create_list(conn, call.viewer, title)
    except Invalid as refusal:
        return await _show_all(call, title, sentence_of(refusal))
    return call.redirect(f"/lists/{made.id}/edit", "list_made")


async def _show_all(call: PageCall, title: str, complaint: str) -> Response[bytes]:
    async with call.database.reading() as conn:
        found = await lists.lists_of(conn, call.viewer)
    status = 422 if complaint else 200
    return await page(call, "lists", status=status, lists=found, title=title, complaint=complaint)


async def show_edit(call: PageCall) -> Response[bytes]:
    async with call.database.reading() as conn:
        shown = await lists.require_list(conn, call.viewer, ListId(call.path_id()))
    return await _show_one(call, shown)


async def edit(call: PageCall) -> Response[bytes]:
    list_id = ListId(call.path_id())
    try:
        async with call.database.transaction() as conn:
            await lists.edit_list(
                conn,
                call.viewer,
                list_id,
                title=call.form.text("title").strip(),
                replies_policy=call.form.text("replies_policy"),
                exclusive=call.form.flag("exclusive"),
            )
    except Invalid as refusal:
        return await _show_again(call, list_id, refusal)
    return call.redirect(f"/lists/{list_id}/edit", "list_changed")


async def add_member(call: PageCall) -> Response[bytes]:
    """By handle. Only who is followed can stand on a list."""
    list_id = ListId(call.path_id())
    try:
        async with call.database.transaction() as conn:
            await lists.require_list(conn, call.viewer, list_id)
            await _add(call, conn, list_id)
    except Invalid as refusal:
        return await _show_again(call, list_id, refusal)
    return call.redirect(f"/lists/{list_id}/edit", "list_changed")


async def _add(call: PageCall, conn: Connection, list_id: ListId) -> None:
    handle = parse_handle(call.form.text("handle"), call.settings.domain)
    view = None if handle is None else await find_account_by_handle(conn, handle)
    if view is None:
        raise Invalid("Nobody here has this handle")
    try:
        await lists.add_members(conn, call.viewer, list_id, [view.account.id])
    except NotFound:
        raise Invalid("Only accounts that you follow can be put on a list") from None


async def remove_member(call: PageCall) -> Response[bytes]:
    list_id = ListId(call.path_id())
    account_id = AccountId(call.form.id("account_id") or 0)
    async with call.database.transaction() as conn:
        await lists.remove_members(conn, call.viewer, list_id, [account_id])
    return call.redirect(f"/lists/{list_id}/edit", "list_changed")


async def delete(call: PageCall) -> Response[bytes]:
    async with call.database.transaction() as conn:
        await lists.delete_list(conn, call.viewer, ListId(call.path_id()))
    return call.redirect("/lists", "list_deleted")


async def _show_again(call: PageCall, list_id: ListId, refusal: ParleyError) -> Response[bytes]:
    async with call.database.reading() as conn:
        shown = await lists.require_list(conn, call.viewer, list_id)
    return await _show_one(call, shown, sentence_of(refusal))


async def _show_one(call: PageCall, shown: List, complaint: str = "") -> Response[bytes]:
    asked = asked_page(call, ACCOUNTS_PER_PAGE)
    async with call.database.reading() as conn:
        found = await lists.members(conn, call.viewer, shown.id, asked)
        views = await listed_account_views(conn, [each.account_id for each in found.entries])
    return await page(
        call,
        "list_edit",
        status=422 if complaint else 200,
        list=shown,
        views=views,
        complaint=complaint,
        policies=REPLIES_POLICIES,
        links=page_links(call, asked, found.oldest_id, found.newest_id, full=found.full),
    )
