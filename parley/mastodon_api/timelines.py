"""/api/v1/timelines/*, an account's statuses, favourites and bookmarks: every list of statuses."""

from collections.abc import Sequence

import msgspec

from parley.graph.lists import require_untitled
from parley.hydration import rules
from parley.hydration.filters import FilterContext
from parley.hydration.pages import Skeleton, SkeletonItem, StatusPage, status_page
from parley.identity.accounts import require_account_by_id
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.errors import Gone, NotFound
from parley.kit.ids import AccountId, ListId
from parley.kit.paging import Page
from parley.mastodon_api.call import Answer, Call, Route, json_answer
from parley.mastodon_api.entities.status import Status, statuses_json
from parley.mastodon_api.paging import PageParams
from parley.publishing.interactions import bookmarks_page, favourites_page, pinned_ids
from parley.publishing.preview_card import find_card
from parley.publishing.text import normal_tag
from parley.publishing.visibility import RelatedAccount, VisibleStatus, visible_with_accounts
from parley.timelines.account import AccountFilter, account_page, seen_by
from parley.timelines.home import home_entries_page, list_entries_page
from parley.timelines.link import link_page
from parley.timelines.models import TimelineEntry
from parley.timelines.public import public_page
from parley.timelines.tag import TagQuestion, tag_page


class PublicParams(msgspec.Struct, frozen=True):
    """`remote` asks for what this server has none of, so its answer is an empty list."""

    local: bool = False
    remote: bool = False
    only_media: bool = False


class TagParams(msgspec.Struct, frozen=True):
    any: list[str] = []
    all: list[str] = []
    none: list[str] = []
    local: bool = False
    remote: bool = False
    only_media: bool = False


class LinkParams(PublicParams, frozen=True):
    url: str = ""


class AccountStatusParams(msgspec.Struct, frozen=True):
    pinned: bool = False
    only_media: bool = False
    exclude_replies: bool = False
    exclude_reblogs: bool = False
    tagged: str | None = None


async def home(call: Call) -> Answer:
    """Hot path: 0.35 ms for 20 statuses."""
    async with call.database.reading() as conn:

        async def skeleton(page: Page) -> list[SkeletonItem]:
            return _items(await home_entries_page(conn, call.account_id, page))

        return await _answer(call, conn, skeleton, rules.keep_in_home, "home")


async def list_timeline(call: Call) -> Answer:
    list_id = ListId(call.path_id())
    async with call.database.reading() as conn:
        found = await require_untitled(conn, call.viewer, list_id)

        async def skeleton(page: Page) -> list[SkeletonItem]:
            return _items(await list_entries_page(conn, list_id, page))

        rule = rules.keep_in_list_without_replies if found.replies_policy == "none" else rules.keep_in_list
        return await _answer(call, conn, skeleton, rule, "home")


async def public(call: Call) -> Answer:
    params = call.query(PublicParams)
    if params.remote:
        return json_answer(b"[]")
    async with call.database.reading() as conn:

        async def skeleton(page: Page) -> list[SkeletonItem]:
            return [
                SkeletonItem(each, each)
                for each in await public_page(conn, page, only_media=params.only_media)
            ]

        return await _answer(call, conn, skeleton, rules.keep_in_public, "public")


async def tag(call: Call) -> Answer:
    params = call.query(TagParams)
    if params.remote:
        return json_answer(b"[]")
    question = TagQuestion(
        normal_tag(call.path_text("tag")), _tags(params.any), _tags(params.all), _tags(params.none)
    )
    async with call.database.reading() as conn:

        async def skeleton(page: Page) -> list[SkeletonItem]:
            return [SkeletonItem(each, each) for each in await tag_page(conn, question, page)]

        def keep(found: VisibleStatus, viewer: Viewer) -> bool:
            if params.only_media and not found.status.media_ids:
                return False
            return question.narrows(found.status.tags) and rules.keep_in_public(found, viewer)

        return await _answer(call, conn, skeleton, keep, "public")


async def link(call: Call) -> Answer:
    """Empty also for an address that only statuses hidden from everybody bear."""
    params = call.query(LinkParams)
    if params.remote:
        return json_answer(b"[]")
    async with call.database.reading() as conn:
        card = await find_card(conn, params.url)
        if card is None:
            return json_answer(b"[]")

        async def skeleton(page: Page) -> list[SkeletonItem]:
            return [SkeletonItem(each, each) for each in await link_page(conn, card.id, page)]

        def keep(found: VisibleStatus, viewer: Viewer) -> bool:
            return bool(found.status.media_ids or not params.only_media) and rules.keep_in_public(
                found, viewer
            )

        return await _answer(call, conn, skeleton, keep, "public")


def _tags(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(normal_tag(name.removeprefix("#")) for name in names[:4] if name)


async def account_statuses(call: Call) -> Answer:
    """Hot path: 0.40 ms for 20 statuses."""
    account_id = AccountId(call.path_id())
    params = call.query(AccountStatusParams)
    async with call.database.reading() as conn:
        author = await _author(call, conn, account_id)
        if author.view.account.suspended_at is not None:
            raise Gone
        if author.relation.blocked_by:
            raise NotFound
        if params.pinned:
            return await _answer(call, conn, _pinned_skeleton(conn, account_id), rules.keep_all, "account")
        wanted = _wanted(call, author, params)

        async def skeleton(page: Page) -> list[SkeletonItem]:
            return [
                SkeletonItem(each, each, target)
                for each, target in await account_page(conn, account_id, wanted, page)
            ]

        return await _answer(call, conn, skeleton, rules.keep_in_profile, "account")


async def _author(call: Call, conn: Connection, account_id: AccountId) -> RelatedAccount:
    """Raises NotFound for nobody; whoever has posted is surely open, of others it is asked."""
    found = (await visible_with_accounts(conn, call.viewer, [], [account_id]))[1].get(account_id)
    if found is None:
        raise NotFound
    if found.view.counts.statuses_count == 0:
        await require_account_by_id(conn, account_id)
    return found


def _wanted(call: Call, author: RelatedAccount, params: AccountStatusParams) -> AccountFilter:
    asked = AccountFilter(
        replies=not params.exclude_replies,
        reblogs=not params.exclude_reblogs,
        tag=normal_tag(params.tagged) if params.tagged else None,
        only_media=params.only_media,
    )
    return seen_by(asked, call.viewer, author.view.account.id, following=author.relation.following)


def _pinned_skeleton(conn: Connection, account_id: AccountId) -> Skeleton:
    async def skeleton(page: Page) -> list[SkeletonItem]:
        ids = await pinned_ids(conn, account_id, page.limit)
        return [SkeletonItem(each, each) for each in ids if page.above < each < page.below]

    return skeleton


async def favourites(call: Call) -> Answer:
    async with call.database.reading() as conn:

        async def skeleton(page: Page) -> list[SkeletonItem]:
            return [SkeletonItem(*row) for row in await favourites_page(conn, call.account_id, page)]

        return await _answer(call, conn, skeleton, rules.keep_all)


async def bookmarks(call: Call) -> Answer:
    async with call.database.reading() as conn:

        async def skeleton(page: Page) -> list[SkeletonItem]:
            return [SkeletonItem(*row) for row in await bookmarks_page(conn, call.account_id, page)]

        return await _answer(call, conn, skeleton, rules.keep_all)


def _items(entries: Sequence[TimelineEntry]) -> list[SkeletonItem]:
    return [SkeletonItem(each.status_id, each.status_id, each.reblog_of_id) for each in entries]


async def _answer(
    call: Call,
    conn: Connection,
    skeleton: Skeleton,
    rule: rules.Rule,
    context: FilterContext | None = None,
) -> Answer:
    page = await status_page(conn, call.viewer, call.page(), skeleton, rule, context)
    body = statuses_json(page.views, call.settings.base_url, call.viewer)
    return json_answer(body, headers=_link(call, page))


def _link(call: Call, page: StatusPage) -> dict[str, str]:
    return call.link_header(page.oldest, page.newest, full=page.full)


ROUTES = (
    Route(
        "GET",
        "/api/v1/timelines/home",
        home,
        scope="read:statuses",
        home=True,
        takes=PageParams,
        gives=list[Status],
    ),
    Route(
        "GET",
        "/api/v1/timelines/public",
        public,
        who="anyone",
        scope="read:statuses",
        takes=(PublicParams, PageParams),
        gives=list[Status],
    ),
    Route(
        "GET",
        "/api/v1/timelines/tag/{tag:str}",
        tag,
        who="anyone",
        scope="read:statuses",
        takes=(TagParams, PageParams),
        gives=list[Status],
    ),
    Route(
        "GET",
        "/api/v1/timelines/link",
        link,
        who="anyone",
        scope="read:statuses",
        takes=(LinkParams, PageParams),
        gives=list[Status],
    ),
    Route(
        "GET",
        "/api/v1/timelines/list/{id:str}",
        list_timeline,
        scope="read:lists",
        takes=PageParams,
        gives=list[Status],
    ),
    Route(
        "GET",
        "/api/v1/accounts/{id:str}/statuses",
        account_statuses,
        who="anyone",
        scope="read:statuses",
        takes=(AccountStatusParams, PageParams),
        gives=list[Status],
    ),
    Route(
        "GET", "/api/v1/favourites", favourites, scope="read:favourites", takes=PageParams, gives=list[Status]
    ),
    Route(
        "GET", "/api/v1/bookmarks", bookmarks, scope="read:bookmarks", takes=PageParams, gives=list[Status]
    ),
)
