"""/api/*/suggestions and /api/v1/directory: whom one may wish to follow.

https://docs.joinmastodon.org/methods/suggestions/, directory/
"""

from typing import Literal

from parley.discovery.directory import directory_page
from parley.discovery.models import Suggestion as SuggestedAccount
from parley.discovery.suggestions import dismiss_suggestion, suggestions_for
from parley.hydration.accounts import account_views
from parley.identity.models import AccountView
from parley.identity.reading import note_given
from parley.kit.ids import AccountId
from parley.mastodon_api.call import Answer, Call, Nothing, Route, json_answer
from parley.mastodon_api.entities.account import Account, accounts_json
from parley.mastodon_api.entities.trend import Suggestion, suggestion_json
from parley.mastodon_api.paging import PageParams, offset_page, page_from

_DEFAULT_LIMIT = 40
_LIMIT_MAX = 80


class DirectoryParams(PageParams, frozen=True, kw_only=True):
    """All accounts are of this server, so `local` changes nothing."""

    order: Literal["active", "new"] = "active"
    local: bool = False


async def show_suggestions(call: Call) -> Answer:
    base_url = call.settings.base_url
    found = await _suggestions(call)
    return json_answer(b"[%b]" % b",".join([suggestion_json(each, view, base_url) for each, view in found]))


async def show_suggested_accounts(call: Call) -> Answer:
    found = await _suggestions(call)
    return json_answer(accounts_json([view for _, view in found], call.settings.base_url))


async def _suggestions(call: Call) -> list[tuple[SuggestedAccount, AccountView]]:
    page = page_from(call, _DEFAULT_LIMIT, _LIMIT_MAX)
    # A transaction, as whoever asks for the first time has theirs worked out and kept.
    async with call.database.transaction() as conn:
        found = await suggestions_for(conn, call.settings, call.viewer, page.limit)
        views = await account_views(conn, [each.account_id for each in found])
    note_given(call.viewer, views)
    return [(each, views[each.account_id]) for each in found if each.account_id in views]


async def dismiss(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        await dismiss_suggestion(conn, call.viewer, AccountId(call.path_id()))
    return json_answer(b"{}")


async def show_directory(call: Call) -> Answer:
    params = call.query(DirectoryParams)
    page = offset_page(params, _DEFAULT_LIMIT, _LIMIT_MAX)
    async with call.database.reading() as conn:
        views, full = await directory_page(conn, call.viewer, params.order, page.limit, page.offset)
    note_given(call.viewer, (each.account.id for each in views))
    body = accounts_json(views, call.settings.base_url)
    return json_answer(body, headers=call.offset_header(page, full=full))


ROUTES: tuple[Route, ...] = (
    Route(
        "GET", "/api/v2/suggestions", show_suggestions, scope="read", takes=PageParams, gives=list[Suggestion]
    ),
    Route(
        "GET",
        "/api/v1/suggestions",
        show_suggested_accounts,
        scope="read",
        takes=PageParams,
        gives=list[Account],
    ),
    Route("DELETE", "/api/v1/suggestions/{id:str}", dismiss, scope="read", gives=Nothing),
    Route(
        "GET",
        "/api/v1/directory",
        show_directory,
        who="anyone",
        scope="read:accounts",
        takes=DirectoryParams,
        gives=list[Account],
    ),
)
