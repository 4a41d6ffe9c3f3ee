"""A tag with its posts, following and featuring tags, and an account's posts with one."""

from litestar import Response

from parley.discovery import featured_tags as featuring
from parley.discovery import tags
from parley.discovery.tags import followed_tags_page
from parley.graph.relationships import relationship_of
from parley.hydration import rules
from parley.hydration.pages import SkeletonItem, status_page
from parley.identity.reading import refuse_to_follow_more
from parley.kit.errors import Invalid, NotFound
from parley.kit.paging import Page
from parley.publishing.text import is_tag, normal_tag
from parley.timelines.account import AccountFilter, account_page, seen_by
from parley.timelines.tag import TagQuestion, tag_page
from parley.web.pages.profile import require_profile
from parley.web.paging import asked_page, page_links
from parley.web.render import page
from parley.web.session import PageCall
from parley.web.wording import sentence_of

_TAGS_PER_PAGE = 100


async def show_tag(call: PageCall) -> Response[bytes]:
    asked = asked_page(call)
    async with call.database.reading() as conn:
        view = await tags.tag_view(conn, call.viewer, call.path_text("tag"))
        question = TagQuestion(view.tag.name)

        async def skeleton(page: Page) -> list[SkeletonItem]:
            return [SkeletonItem(each, each) for each in await tag_page(conn, question, page)]

        found = await status_page(conn, call.viewer, asked, skeleton, rules.keep_in_public, "public")
    links = page_links(call, asked, found.oldest, found.newest, full=found.full)
    return await page(call, "tag", view=view, views=found.views, links=links)


async def act_on_tag(call: PageCall) -> Response[bytes]:
    name, act = call.path_text("tag"), call.path_text("act")
    if act not in {"follow", "unfollow"}:
        raise NotFound
    if act == "follow":
        await refuse_to_follow_more(call.budgets, call.request.scope, call.viewer)
    async with call.database.transaction() as conn:
        await (tags.follow_tag if act == "follow" else tags.unfollow_tag)(conn, call.viewer, name)
    return call.redirect(call.back, "tag_followed" if act == "follow" else "tag_unfollowed")


# Settings


async def show_settings(call: PageCall) -> Response[bytes]:
    return await _show_settings(call, "", "")


async def _show_settings(call: PageCall, name: str, complaint: str) -> Response[bytes]:
    asked = asked_page(call, _TAGS_PER_PAGE)
    async with call.database.reading() as conn:
        followed, ids = await followed_tags_page(conn, call.viewer, asked)
        featured = await featuring.own_featured_tags(conn, call.viewer)
        suggested = await featuring.suggested_to_feature(conn, call.viewer)
    oldest, newest = (min(ids), max(ids)) if ids else (None, None)
    return await page(
        call,
        "settings_tags",
        status=422 if complaint else 200,
        followed=followed,
        featured=featured,
        suggested=suggested,
        name=name,
        complaint=complaint,
        links=page_links(call, asked, oldest, newest, full=len(ids) >= _TAGS_PER_PAGE),
    )


async def feature(call: PageCall) -> Response[bytes]:
    name = call.form.text("name").strip()
    try:
        async with call.database.transaction() as conn:
            await featuring.feature_tag(conn, call.viewer, name)
    except Invalid as refusal:
        return await _show_settings(call, name, sentence_of(refusal))
    return call.redirect("/settings/tags", "tag_featured")


async def unfeature(call: PageCall) -> Response[bytes]:
    async with call.database.transaction() as conn:
        await featuring.unfeature_tag(conn, call.viewer, call.path_id())
    return call.redirect("/settings/tags", "tag_unfeatured")


# An account's posts with a tag


async def show_tagged(call: PageCall) -> Response[bytes]:
    asked, name = asked_page(call), call.path_text("tag")
    if not is_tag(name):
        raise NotFound
    async with call.database.reading() as conn:
        view = await require_profile(call, conn)
        account_id, viewer_id = view.account.id, call.viewer.account_id
        relation = None if viewer_id is None else await relationship_of(conn, viewer_id, account_id)
        if relation is not None and relation.blocked_by_id is not None:
            raise NotFound
        following = relation is not None and relation.follow_id is not None
        wanted = seen_by(
            AccountFilter(tag=normal_tag(name), reblogs=False), call.viewer, account_id, following=following
        )

        async def skeleton(page: Page) -> list[SkeletonItem]:
            rows = await account_page(conn, account_id, wanted, page)
            return [SkeletonItem(status_id, status_id, target_id) for status_id, target_id in rows]

        found = await status_page(conn, call.viewer, asked, skeleton, rules.keep_in_profile, "account")
    links = page_links(call, asked, found.oldest, found.newest, full=found.full)
    return await page(call, "tagged", view=view, name=name, views=found.views, links=links)
