"""/api/v1/admin/accounts and its second version: lists of members, one of them, and what staff do with them.

https://docs.joinmastodon.org/methods/admin/accounts/
"""

import msgspec

from parley.identity.models import Standing
from parley.identity.staff import Permission
from parley.identity.staff_view import MemberFilter, list_members, require_member_details
from parley.kit.db import Connection
from parley.kit.errors import Invalid
from parley.kit.ids import AccountId
from parley.mastodon_api.call import Answer, Call, Handler, Method, Nothing, Route, json_answer
from parley.mastodon_api.entities.account import ROLES
from parley.mastodon_api.entities.admin import AdminAccount, to_admin_account
from parley.mastodon_api.paging import PageParams, page_from
from parley.mastodon_api.shapes import Id
from parley.moderation.act import Decision, Lifted, lift, moderate_account
from parley.moderation.approve import approve_account, reject_account
from parley.moderation.erase import erase_account

_STANDINGS: dict[str, Standing] = {
    "active": "active",
    "pending": "pending",
    "disabled": "disabled",
    "silenced": "silenced",
    "suspended": "suspended",
}
_DEFAULT, _MAXIMUM = 100, 200


class AdminAccountsParams(PageParams, frozen=True, kw_only=True):
    """The second version's."""

    origin: str = ""
    status: str = ""
    permissions: str = ""
    role_ids: list[str] = []
    invited_by: Id | None = None
    username: str = ""
    display_name: str = ""
    by_domain: str = ""
    email: str = ""
    ip: str = ""


class V1AdminAccountsParams(PageParams, frozen=True, kw_only=True):
    local: bool = False
    remote: bool = False
    active: bool = False
    pending: bool = False
    disabled: bool = False
    silenced: bool = False
    suspended: bool = False
    staff: bool = False
    username: str = ""
    display_name: str = ""
    by_domain: str = ""
    email: str = ""
    ip: str = ""


class ActionParams(msgspec.Struct, frozen=True, kw_only=True):
    type: str = "none"
    report_id: Id | None = None
    # There are no texts prepared for warnings here.
    warning_preset_id: Id | None = None
    text: str = ""
    send_email_notification: bool = True


async def list_accounts(call: Call) -> Answer:
    params = call.query(AdminAccountsParams)
    if params.status and params.status not in _STANDINGS:
        raise Invalid("Validation failed: Status is not included in the list")
    if params.origin not in {"", "local", "remote"}:
        raise Invalid("Validation failed: Origin is not included in the list")
    by_id = {role.id: name for name, role in ROLES.items()}
    wanted = MemberFilter(
        local=None if not params.origin else params.origin == "local",
        standing=_STANDINGS.get(params.status, "any"),
        domain=params.by_domain,
        username=params.username,
        display_name=params.display_name,
        email=params.email,
        ip=params.ip,
        staff=params.permissions == "staff",
        # An id that is no role's is that of a role that nobody has.
        roles=tuple(by_id.get(each, "nobody") for each in params.role_ids),
        invited=params.invited_by is not None,
    )
    return await _page(call, wanted, params)


async def list_accounts_v1(call: Call) -> Answer:
    params = call.query(V1AdminAccountsParams)
    asked = next((each for each in _STANDINGS if getattr(params, each)), "")
    wanted = MemberFilter(
        local=None if params.local == params.remote else params.local,
        standing=_STANDINGS.get(asked, "any"),
        domain=params.by_domain,
        username=params.username,
        display_name=params.display_name,
        email=params.email,
        ip=params.ip,
        staff=params.staff,
    )
    return await _page(call, wanted, params)


async def _page(call: Call, wanted: MemberFilter, params: PageParams) -> Answer:
    page = page_from(params, _DEFAULT, _MAXIMUM)
    async with call.database.reading() as conn:
        found = await list_members(conn, call.viewer, wanted, page)
    ids = [each.view.account.id for each in found]
    return json_answer(
        [to_admin_account(each, call.settings.base_url) for each in found],
        headers=call.link_header(
            ids[-1] if ids else None, ids[0] if ids else None, full=len(ids) == page.limit
        ),
    )


async def show_account(call: Call) -> Answer:
    async with call.database.reading() as conn:
        return await _shown(call, conn)


async def _shown(call: Call, conn: Connection) -> Answer:
    details = await require_member_details(conn, call.viewer, AccountId(call.path_id()))
    return json_answer(to_admin_account(details, call.settings.base_url))


async def approve(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        await approve_account(conn, call.settings, call.tokens, call.viewer, AccountId(call.path_id()))
        return await _shown(call, conn)


async def reject(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        gone = await reject_account(conn, call.settings, call.tokens, call.viewer, AccountId(call.path_id()))
    return json_answer(to_admin_account(gone, call.settings.base_url))


async def delete(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        gone = await erase_account(conn, call.tokens, call.viewer, AccountId(call.path_id()))
    return json_answer(to_admin_account(gone, call.settings.base_url))


async def act(call: Call) -> Answer:
    account_id = AccountId(call.path_id())
    params = await call.params(ActionParams)
    decision = Decision(params.type, params.text, params.report_id, params.send_email_notification)
    async with call.database.transaction() as conn:
        await moderate_account(conn, call.settings, call.tokens, call.viewer, account_id, decision)
    return json_answer(Nothing())


def _lifting(lifted: Lifted) -> Handler:
    async def handler(call: Call) -> Answer:
        async with call.database.transaction() as conn:
            account_id = AccountId(call.path_id())
            await lift(conn, call.settings, call.tokens, call.viewer, account_id, lifted)
            return await _shown(call, conn)

    return handler


def _route(method: Method, path: str, handler: Handler, **more: object) -> Route:
    scope = "admin:read:accounts" if method == "GET" else "admin:write:accounts"
    route = Route(method, path, handler, scope=scope, needs=Permission.MANAGE_USERS, gives=AdminAccount)
    return msgspec.structs.replace(route, **more)


_ONE = "/api/v1/admin/accounts/{id:str}"

ROUTES: tuple[Route, ...] = (
    _route(
        "GET", "/api/v2/admin/accounts", list_accounts, takes=AdminAccountsParams, gives=list[AdminAccount]
    ),
    _route(
        "GET",
        "/api/v1/admin/accounts",
        list_accounts_v1,
        takes=V1AdminAccountsParams,
        gives=list[AdminAccount],
    ),
    _route("GET", _ONE, show_account),
    _route("DELETE", _ONE, delete, needs=Permission.DELETE_USER_DATA),
    _route("POST", f"{_ONE}/approve", approve),
    _route("POST", f"{_ONE}/reject", reject),
    _route("POST", f"{_ONE}/action", act, takes=ActionParams, gives=Nothing),
    _route("POST", f"{_ONE}/enable", _lifting("disabled")),
    _route("POST", f"{_ONE}/unsilence", _lifting("limited")),
    _route("POST", f"{_ONE}/unsuspend", _lifting("suspended")),
    _route("POST", f"{_ONE}/unsensitive", _lifting("sensitized")),
)
