"""/api/v1/tags, followed_tags, featured_tags.

https://docs.joinmastodon.org/methods/tags/, followed_tags/, featured_tags/
"""

from collections.abc import Awaitable, Callable

import msgspec

from parley.discovery import featured_tags as featured
from parley.discovery import tags
from parley.discovery.models import TagView
from parley.identity.accounts import require_account_by_id
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.mastodon_api.call import Answer, Call, Nothing, Route, json_answer
from parley.mastodon_api.entities.tag import FeaturedTag, Tag, to_featured_tag, to_tag
from parley.mastodon_api.paging import PageParams

_FOLLOWED_DEFAULT = 100
_FOLLOWED_MAX = 200

Act = Callable[[Connection, Viewer, str], Awaitable[TagView]]


class FeaturedTagParams(msgspec.Struct, frozen=True):
    name: str = ""


async def show_tag(call: Call) -> Answer:
    async with call.database.reading() as conn:
        view = await tags.tag_view(conn, call.viewer, call.path_text("tag"))
    return json_answer(to_tag(view, call.settings.base_url))


async def _done(call: Call, act: Act) -> Answer:
    async with call.database.transaction() as conn:
        view = await act(conn, call.viewer, call.path_text("tag"))
    return json_answer(to_tag(view, call.settings.base_url))


async def follow_tag(call: Call) -> Answer:
    return await _done(call, tags.follow_tag)


async def unfollow_tag(call: Call) -> Answer:
    return await _done(call, tags.unfollow_tag)


async def feature_tag(call: Call) -> Answer:
    return await _done(call, featured.feature_named)


async def unfeature_tag(call: Call) -> Answer:
    return await _done(call, featured.unfeature_named)


async def show_followed_tags(call: Call) -> Answer:
    page = call.page(_FOLLOWED_DEFAULT, _FOLLOWED_MAX)
    async with call.database.reading() as conn:
        views, ids = await tags.followed_tags_page(conn, call.viewer, page)
    link = call.link_header(min(ids), max(ids), full=len(ids) >= page.limit) if ids else {}
    return json_answer([to_tag(view, call.settings.base_url) for view in views], headers=link)


# Featured tags


async def show_featured_tags(call: Call) -> Answer:
    return await _featured(call, call.account_id)


async def show_featured_tags_of(call: Call) -> Answer:
    return await _featured(call, AccountId(call.path_id()))


async def _featured(call: Call, account_id: AccountId) -> Answer:
    async with call.database.reading() as conn:
        account, found = await featured.featured_tags_of(conn, call.viewer, account_id)
    return json_answer([to_featured_tag(each, account, call.settings.base_url) for each in found])


async def create_featured_tag(call: Call) -> Answer:
    params = await call.params(FeaturedTagParams)
    async with call.database.transaction() as conn:
        made = await featured.feature_tag(conn, call.viewer, params.name)
        account = (await require_account_by_id(conn, call.account_id)).account
    return json_answer(to_featured_tag(made, account, call.settings.base_url))


async def delete_featured_tag(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        await featured.unfeature_tag(conn, call.viewer, call.path_id())
    return json_answer(b"{}")


async def suggest_featured_tags(call: Call) -> Answer:
    async with call.database.reading() as conn:
        views = await featured.suggested_to_feature(conn, call.viewer)
    return json_answer([to_tag(view, call.settings.base_url) for view in views])


_TAG = "/api/v1/tags/{tag:str}"
ROUTES: tuple[Route, ...] = (
    Route("GET", _TAG, show_tag, who="anyone", scope="read", gives=Tag, refuses=(404,)),
    Route(
        "POST",
        f"{_TAG}/follow",
        follow_tag,
        scope="write:follows",
        fills_home=True,
        gives=Tag,
        refuses=(404,),
    ),
    Route("POST", f"{_TAG}/unfollow", unfollow_tag, scope="write:follows", gives=Tag, refuses=(404,)),
    Route("POST", f"{_TAG}/feature", feature_tag, scope="write:accounts", gives=Tag, refuses=(404,)),
    Route("POST", f"{_TAG}/unfeature", unfeature_tag, scope="write:accounts", gives=Tag, refuses=(404,)),
    Route(
        "GET",
        "/api/v1/followed_tags",
        show_followed_tags,
        scope="read:follows",
        takes=PageParams,
        gives=list[Tag],
    ),
    Route("GET", "/api/v1/featured_tags", show_featured_tags, scope="read:accounts", gives=list[FeaturedTag]),
    Route(
        "POST",
        "/api/v1/featured_tags",
        create_featured_tag,
        scope="write:accounts",
        takes=FeaturedTagParams,
        gives=FeaturedTag,
    ),
    Route(
        "GET",
        "/api/v1/featured_tags/suggestions",
        suggest_featured_tags,
        scope="read:accounts",
        gives=list[Tag],
    ),
    Route(
        "DELETE",
        "/api/v1/featured_tags/{id:str}",
        delete_featured_tag,
        scope="write:accounts",
        gives=Nothing,
    ),
    Route(
        "GET",
        "/api/v1/accounts/{id:str}/featured_tags",
        show_featured_tags_of,
        who="anyone",
        scope="read:accounts",
        gives=list[FeaturedTag],
    ),
)
