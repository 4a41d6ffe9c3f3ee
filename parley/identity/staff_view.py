"""What staff see of accounts: logins beside accounts, and lists of them by standing, name, address and role."""

from collections.abc import Collection, Mapping
from ipaddress import ip_network

import msgspec

from parley.identity import member_queries
from parley.identity.accounts import account_views
from parley.identity.email_addresses import find_holder, normal_email
from parley.identity.models import AccountView, LoginAddress, Standing, User
from parley.identity.private_words import words_of_all
from parley.identity.sign_in_addresses import addresses_of, hashes_of_network
from parley.identity.staff import STAFF_ROLES, Permission, may, require_staff
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound
from parley.kit.ids import AccountId
from parley.kit.paging import Page
from parley.kit.spans import normal_domain

FILTER_LENGTH_MAX = 300
STAFF_MAX = 500


class MemberDetails(msgspec.Struct, frozen=True):
    """An account as staff see it. `user` is None for accounts without a login (remote, or erased).

    Whoever may not see members' addresses gets none: `email` is empty then, and so is `addresses`.
    """

    view: AccountView
    user: User | None
    email: str
    addresses: tuple[LoginAddress, ...]
    sign_up_reason: str = ""


class MemberFilter(msgspec.Struct, frozen=True):
    """Empty and None ask for nothing. `staff` is short for all roles of staff."""

    local: bool | None = None
    standing: Standing = "any"
    domain: str = ""
    username: str = ""
    display_name: str = ""
    email: str = ""
    ip: str = ""
    staff: bool = False
    roles: tuple[str, ...] = ()
    # Nobody is here by an invitation.
    invited: bool = False


async def member_details(
    conn: Connection, viewer: Viewer, ids: Collection[AccountId]
) -> dict[AccountId, MemberDetails]:
    """Four statements at most; without accounts that are gone."""
    require_staff(viewer, Permission.MANAGE_USERS)
    views = await account_views(conn, ids)
    return await _with_details(conn, viewer, views)


async def details_of_views(
    conn: Connection, viewer: Viewer, views: Mapping[AccountId, AccountView]
) -> dict[AccountId, MemberDetails]:
    """The same for accounts that are at hand, for whoever sees reports."""
    require_staff(viewer, Permission.MANAGE_REPORTS)
    return await _with_details(conn, viewer, views)


async def _with_details(
    conn: Connection, viewer: Viewer, views: Mapping[AccountId, AccountView]
) -> dict[AccountId, MemberDetails]:
    if not views:
        return {}
    users = {each.account_id: each for each in await member_queries.users_by_ids(conn, views)}
    words = await words_of_all(conn, users.values())
    shown = may(viewer, Permission.MANAGE_USER_ACCESS)
    addresses: dict[AccountId, list[LoginAddress]] = {}
    if shown:
        for each in await addresses_of(conn, views):
            addresses.setdefault(each.account_id, []).append(each)
    return {
        account_id: MemberDetails(
            view,
            users.get(account_id),
            words[account_id].email if shown and account_id in users else "",
            tuple(addresses.get(account_id, ())),
            words[account_id].sign_up_reason if account_id in users else "",
        )
        for account_id, view in views.items()
    }


async def require_member_details(conn: Connection, viewer: Viewer, account_id: AccountId) -> MemberDetails:
    found = (await member_details(conn, viewer, [account_id])).get(account_id)
    if found is None:
        raise NotFound
    return found


async def list_members(
    conn: Connection, viewer: Viewer, wanted: MemberFilter, page: Page
) -> list[MemberDetails]:
    """In the order of ids. Whoever may not see addresses may not search by them either: Forbidden."""
    require_staff(viewer, Permission.MANAGE_USERS)
    if wanted.email or wanted.ip:
        require_staff(viewer, Permission.MANAGE_USER_ACCESS)
    ids = [] if wanted.invited else await _selected(conn, wanted, page)
    found = await member_details(conn, viewer, ids)
    return [found[each] for each in ids if each in found]


async def _selected(conn: Connection, wanted: MemberFilter, page: Page) -> list[AccountId]:
    if wanted.email:
        found = await _by_email(conn, wanted.email)
        if found is None or not page.above < found < page.below:
            return []
        page = Page(limit=1, max_id=found + 1, since_id=found - 1)
    network = _network(wanted.ip)
    return await member_queries.account_ids_in_standing(
        conn,
        wanted.standing,
        page,
        local=wanted.local,
        domain=normal_domain(_bounded(wanted.domain)) if wanted.domain else None,
        username=_prefix(wanted.username.removeprefix("@")),
        display_name=_prefix(wanted.display_name),
        roles=wanted.roles or (STAFF_ROLES if wanted.staff else None),
        network=network,
        network_hashes=[] if network is None else await hashes_of_network(conn, network),
    )


async def _by_email(conn: Connection, email: str) -> AccountId | None:
    normal = normal_email(_bounded(email))
    return None if normal is None else await find_holder(conn, normal)


def _prefix(text: str) -> str | None:
    """A pattern for what begins so."""
    text = _bounded(text.strip()).lower()
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{escaped}%" if text else None


def _network(text: str) -> str | None:
    if not text.strip():
        return None
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError:
        raise Invalid("Validation failed: Ip is not a valid address") from None


def _bounded(text: str) -> str:
    if len(text) > FILTER_LENGTH_MAX:
        raise Invalid(f"Validation failed: filters are too long (maximum is {FILTER_LENGTH_MAX} characters)")
    return text


async def staff_with(conn: Connection, roles: Collection[str]) -> list[AccountId]:
    """Whom to tell of what waits for staff."""
    return await member_queries.account_ids_of_staff(conn, roles, STAFF_MAX)


async def emails_of_staff(conn: Connection, roles: Collection[str]) -> dict[AccountId, str]:
    """Where to write to them; three statements."""
    users = await member_queries.users_by_ids(conn, await staff_with(conn, roles))
    words = await words_of_all(conn, users)
    return {account_id: each.email for account_id, each in words.items() if each.email}
