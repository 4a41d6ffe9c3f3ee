"""/api/v1/lists: lists and the accounts on them.

https://docs.joinmastodon.org/methods/lists/
"""

import msgspec

from parley.graph import lists
from parley.hydration.accounts import listed_account_views
from parley.kit.ids import AccountId, ListId
from parley.kit.paging import Page
from parley.mastodon_api.call import Answer, Call, Nothing, Route, json_answer
from parley.mastodon_api.entities.account import Account, account_json
from parley.mastodon_api.entities.list import List, to_list
from parley.mastodon_api.paging import PageParams, page_from
from parley.mastodon_api.params import Id

_DEFAULT_LIMIT = 40
_LIMIT_MAX = 80


class ListParams(msgspec.Struct, frozen=True):
    title: str | None = None
    replies_policy: str | None = None
    exclusive: bool | None = None


class MembersParams(msgspec.Struct, frozen=True):
    account_ids: list[Id] = []


async def show_lists(call: Call) -> Answer:
    async with call.database.reading() as conn:
        found = await lists.lists_of(conn, call.viewer)
    return json_answer([to_list(each) for each in found])


async def show_list(call: Call) -> Answer:
    async with call.database.reading() as conn:
        found = await lists.require_list(conn, call.viewer, _list_id(call))
    return json_answer(to_list(found))


async def create_list(call: Call) -> Answer:
    params = await call.params(ListParams)
    async with call.database.transaction() as conn:
        made = await lists.create_list(
            conn,
            call.viewer,
            params.title or "",
            replies_policy=params.replies_policy or "list",
            exclusive=params.exclusive or False,
        )
    return json_answer(to_list(made))


async def edit_list(call: Call) -> Answer:
    params = await call.params(ListParams)
    async with call.database.transaction() as conn:
        edited = await lists.edit_list(
            conn,
            call.viewer,
            _list_id(call),
            title=params.title,
            replies_policy=params.replies_policy or None,
            exclusive=params.exclusive,
        )
    return json_answer(to_list(edited))


async def delete_list(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        await lists.delete_list(conn, call.viewer, _list_id(call))
    return json_answer(b"{}")


async def show_members(call: Call) -> Answer:
    """A limit of nought means all at once."""
    params = call.query(PageParams)
    whole = params.limit == "0"
    page = Page(limit=lists.MEMBERS_MAX) if whole else page_from(params, _DEFAULT_LIMIT, _LIMIT_MAX)
    async with call.database.reading() as conn:
        found = await lists.members(conn, call.viewer, _list_id(call), page)
        views = await listed_account_views(conn, [each.account_id for each in found.entries])
    headers = {} if whole else call.link_header(found.oldest_id, found.newest_id, full=found.full)
    accounts = b",".join(account_json(each, call.settings.base_url) for each in views)
    return json_answer(b"[%b]" % accounts, headers=headers)


async def add_members(call: Call) -> Answer:
    params = await call.params(MembersParams)
    async with call.database.transaction() as conn:
        await lists.add_members(conn, call.viewer, _list_id(call), _account_ids(params))
    return json_answer(b"{}")


async def remove_members(call: Call) -> Answer:
    params = await call.params(MembersParams)
    async with call.database.transaction() as conn:
        await lists.remove_members(conn, call.viewer, _list_id(call), _account_ids(params))
    return json_answer(b"{}")


def _list_id(call: Call) -> ListId:
    return ListId(call.path_id())


def _account_ids(params: MembersParams) -> list[AccountId]:
    return [AccountId(each) for each in params.account_ids]


_LIST = "/api/v1/lists/{id:str}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/api/v1/lists", show_lists, scope="read:lists", gives=list[List]),
    Route("POST", "/api/v1/lists", create_list, scope="write:lists", takes=ListParams, gives=List),
    Route("GET", _LIST, show_list, scope="read:lists", gives=List),
    Route("PUT", _LIST, edit_list, scope="write:lists", also=("PATCH",), takes=ListParams, gives=List),
    Route("DELETE", _LIST, delete_list, scope="write:lists", gives=Nothing),
    Route(
        "GET", f"{_LIST}/accounts", show_members, scope="read:lists", takes=PageParams, gives=list[Account]
    ),
    Route("POST", f"{_LIST}/accounts", add_members, scope="write:lists", takes=MembersParams, gives=Nothing),
    Route(
        "DELETE", f"{_LIST}/accounts", remove_members, scope="write:lists", takes=MembersParams, gives=Nothing
    ),
)
