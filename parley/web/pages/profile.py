"""A profile with its posts, who follows whom, and what members do with accounts: follow, mute, block, note."""

from collections.abc import Awaitable, Callable, Sequence

from litestar import Response
from litestar.exceptions import NotFoundException

from parley.discovery.featured_tags import featured_tags_on_profile as featured_tags
from parley.graph import block as blocking
from parley.graph import follow as following_acts
from parley.graph import mute as muting
from parley.graph import related
from parley.graph.models import RelatedPage, Relationship
from parley.graph.notes import set_note
from parley.graph.private_words import note_opened
from parley.graph.relationships import relationship_of
from parley.hydration import rules
from parley.hydration.accounts import listed_account_views
from parley.hydration.models import StatusView
from parley.hydration.pages import SkeletonItem, StatusPage, status_page
from parley.hydration.statuses import status_views
from parley.identity.accounts import find_account_by_handle, refuse_erased
from parley.identity.addresses import parse_handle
from parley.identity.models import AccountView
from parley.identity.reading import note_given, refuse_to_follow_more
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.errors import Gone, NotFound
from parley.kit.ids import AccountId
from parley.kit.paging import Page
from parley.publishing.bookmark import PINS_MAX
from parley.publishing.interactions import pinned_ids
from parley.timelines.account import AccountFilter, account_page, seen_by
from parley.web.paging import ACCOUNTS_PER_PAGE, asked_page, page_links
from parley.web.render import account_path, page
from parley.web.session import PageCall

_NOTHING = StatusPage([], None, None, full=False)
MUTE_LENGTHS = ((0, "for good"), (3600, "for 1 hour"), (86_400, "for 1 day"), (604_800, "for 7 days"))


async def show_profile(call: PageCall) -> Response[bytes]:
    asked, only_media = asked_page(call), call.query.flag("media")
    with_replies = call.query.flag("replies") and not only_media
    wanted = AccountFilter(replies=with_replies, only_media=only_media)
    async with call.database.reading() as conn:
        view = await require_profile(call, conn)
        relation = await _relation(conn, call.viewer, view)
        found = await _statuses(conn, call.viewer, view, relation, asked, wanted)
        featured = await featured_tags(conn, view.account.id) if view.account.show_featured else []
        pinned: Sequence[StatusView] = ()
        first = asked.max_id is None and asked.min_id is None
        if first and not with_replies and not only_media and found is not _NOTHING:
            ids = await pinned_ids(conn, view.account.id, PINS_MAX)
            pinned = await status_views(conn, call.viewer, ids, "account")
    note_given(call.viewer, [view.account.id])
    return await page(
        call,
        "profile",
        view=view,
        relation=relation,
        own=view.account.id == call.viewer.account_id,
        pinned=pinned,
        featured=featured,
        views=found.views,
        links=page_links(call, asked, found.oldest, found.newest, full=found.full),
        with_replies=with_replies,
        only_media=only_media,
        mute_lengths=MUTE_LENGTHS,
    )


async def require_profile(call: PageCall, conn: Connection) -> AccountView:
    """The account whose handle stands in the address. One address for each: `@Alice` and `@alice` are one name."""
    text = call.path_text("handle")
    if not text.startswith("@"):
        # Not an address of this kind at all, so in the words for addresses that don't exist.
        raise NotFoundException
    handle = parse_handle(text, call.settings.domain)
    view = None if handle is None else await find_account_by_handle(conn, handle)
    if view is None:
        raise NotFound
    refuse_erased(view)
    if view.account.suspended_at is not None:
        raise Gone("This account is suspended")
    return view


async def _relation(conn: Connection, viewer: Viewer, view: AccountView) -> Relationship | None:
    """None towards oneself, and for visitors."""
    if viewer.account_id is None or viewer.account_id == view.account.id:
        return None
    relation = await relationship_of(conn, viewer.account_id, view.account.id)
    return await note_opened(conn, viewer.account_id, relation)


async def _statuses(
    conn: Connection,
    viewer: Viewer,
    view: AccountView,
    relation: Relationship | None,
    asked: Page,
    chosen: AccountFilter,
) -> StatusPage:
    if relation is not None and relation.blocked_by_id is not None:
        return _NOTHING
    following = relation is not None and relation.follow_id is not None
    wanted = seen_by(chosen, viewer, view.account.id, following=following)

    async def skeleton(page: Page) -> list[SkeletonItem]:
        rows = await account_page(conn, view.account.id, wanted, page)
        return [SkeletonItem(status_id, status_id, target_id) for status_id, target_id in rows]

    return await status_page(conn, viewer, asked, skeleton, rules.keep_in_profile, "account")


# Who follows whom


async def show_followers(call: PageCall) -> Response[bytes]:
    return await _show_related(call, "followers", related.followers)


async def show_following(call: PageCall) -> Response[bytes]:
    return await _show_related(call, "following", related.following)


async def _show_related(
    call: PageCall,
    kind: str,
    fetch: Callable[[Connection, Viewer, AccountId, Page], Awaitable[RelatedPage]],
) -> Response[bytes]:
    asked = asked_page(call, ACCOUNTS_PER_PAGE)
    async with call.database.reading() as conn:
        view = await require_profile(call, conn)
        found = await fetch(conn, call.viewer, view.account.id, asked)
        views = await listed_account_views(conn, [each.account_id for each in found.entries], call.viewer)
    own = view.account.id == call.viewer.account_id
    return await page(
        call,
        "related",
        view=view,
        kind=kind,
        views=views,
        own=own,
        hidden=view.account.hide_collections and not own,
        links=page_links(call, asked, found.oldest_id, found.newest_id, full=found.full),
    )


# Acts

Act = Callable[[PageCall, Connection, AccountId], Awaitable[str]]


async def _follow(call: PageCall, conn: Connection, target_id: AccountId) -> str:
    after = await following_acts.follow(conn, call.viewer, target_id)
    return "asked" if after.follow_id is None else "followed"


async def _set_follow(call: PageCall, conn: Connection, target_id: AccountId) -> str:
    """What a follow brings: boosts, and word of each new post."""
    reblogs, notify = call.form.flag("reblogs"), call.form.flag("notify")
    await following_acts.follow(conn, call.viewer, target_id, reblogs=reblogs, notify=notify)
    return "followed"


async def _mute(call: PageCall, conn: Connection, target_id: AccountId) -> str:
    seconds = call.form.number("seconds") or 0
    known = {each for each, _ in MUTE_LENGTHS}
    await muting.mute(conn, call.viewer, target_id, duration_seconds=seconds if seconds in known else 0)
    return "muted"


async def _note(call: PageCall, conn: Connection, target_id: AccountId) -> str:
    await set_note(conn, call.viewer, target_id, call.form.text("note"))
    return "noted"


def _plain(act: Callable[[Connection, Viewer, AccountId], Awaitable[object]], notice: str) -> Act:
    async def acting(call: PageCall, conn: Connection, target_id: AccountId) -> str:
        await act(conn, call.viewer, target_id)
        return notice

    return acting


# Each does its work and names the notice to show.
ACTS: dict[str, Act] = {
    "follow": _follow,
    "set_follow": _set_follow,
    "unfollow": _plain(following_acts.unfollow, "unfollowed"),
    "remove_follower": _plain(following_acts.remove_follower, "follower_removed"),
    "accept": _plain(following_acts.accept_request, "accepted"),
    "reject": _plain(following_acts.reject_request, "rejected"),
    "block": _plain(blocking.block, "blocked"),
    "unblock": _plain(blocking.unblock, "unblocked"),
    "mute": _mute,
    "unmute": _plain(muting.unmute, "unmuted"),
    "note": _note,
}


async def act_on_account(call: PageCall) -> Response[bytes]:
    act = ACTS.get(call.path_text("act"))
    if act is None:
        raise NotFound
    if act in {_follow, _set_follow}:
        await refuse_to_follow_more(call.budgets, call.request.scope, call.viewer)
    async with call.database.transaction() as conn:
        notice = await act(call, conn, AccountId(call.path_id()))
    return call.redirect(call.back, notice)


async def show_own_profile(call: PageCall) -> Response[bytes]:
    """An address for "my profile" that needs no name."""
    async with call.database.reading() as conn:
        views = await listed_account_views(conn, [call.account_id])
    if not views:
        raise NotFound
    return call.redirect(account_path(views[0].account))
