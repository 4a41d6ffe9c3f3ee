"""Accounts by id and by handle, with their counts, and whether they stand in the directory."""

from collections.abc import Collection, Mapping
from datetime import date

from parley.identity import queries
from parley.identity.addresses import Handle, handle_key
from parley.identity.cache import find_kept, keep
from parley.identity.errors import AccountGone
from parley.identity.models import Account, AccountCounts, AccountView
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import AccountId

# By id


async def accounts_with_counts(
    conn: Connection, counts: Mapping[AccountId, AccountCounts]
) -> dict[AccountId, AccountView]:
    """Hot path: every list of statuses, 0.5 µs an account that is kept; one statement for all that aren't."""
    views: dict[AccountId, AccountView] = {}
    missing: list[AccountId] = []
    for account_id, each in counts.items():
        account = find_kept(account_id, each.version)
        if account is None:
            missing.append(account_id)
        else:
            views[account_id] = AccountView(account, each)
    if missing:
        for account in await queries.accounts_by_ids(conn, missing):
            keep(account, counts[account.id].version)
            views[account.id] = AccountView(account, counts[account.id])
    return views


async def account_views(conn: Connection, ids: Collection[AccountId]) -> dict[AccountId, AccountView]:
    """Two statements at most; without those that are gone."""
    if not ids:
        return {}
    found = await queries.counts_by_ids(conn, ids)
    return await accounts_with_counts(conn, {each.account_id: each for each in found})


async def accounts_by_ids(conn: Connection, ids: Collection[AccountId]) -> dict[AccountId, Account]:
    """Where counts don't matter; without those that are gone."""
    return {account_id: view.account for account_id, view in (await account_views(conn, ids)).items()}


async def find_account_by_id(conn: Connection, account_id: AccountId) -> AccountView | None:
    """None for nobody, and for a local account that waits for confirmation or approval.

    Suspended accounts are found: they show as such.
    """
    counts = await queries.find_open_counts(conn, account_id)
    if counts is None:
        return None
    return (await accounts_with_counts(conn, {account_id: counts})).get(account_id)


async def open_account_views(conn: Connection, ids: Collection[AccountId]) -> dict[AccountId, AccountView]:
    """As find_account_by_id, for many: for ids that came from outside."""
    if not ids:
        return {}
    found = await queries.open_counts_by_ids(conn, ids)
    return await accounts_with_counts(conn, {each.account_id: each for each in found})


async def require_account_by_id(conn: Connection, account_id: AccountId) -> AccountView:
    """Raises NotFound, and AccountGone for one that is erased."""
    view = await find_account_by_id(conn, account_id)
    if view is None:
        raise NotFound
    refuse_erased(view)
    return view


def refuse_erased(view: AccountView) -> None:
    """For doors that name an account: what was public, the name, may be called gone."""
    if view.counts.erased:
        raise AccountGone


# By handle


async def find_account_by_handle(conn: Connection, handle: Handle) -> AccountView | None:
    account_id = await queries.find_account_id_by_handle(conn, handle_key(*handle))
    return None if account_id is None else await find_account_by_id(conn, account_id)


async def find_account_id_by_handle(conn: Connection, handle: Handle) -> AccountId | None:
    """Also while it waits for confirmation or approval: whoever asks by this looks at `open_account_views` then."""
    return await queries.find_account_id_by_handle(conn, handle_key(*handle))


async def find_local_account(conn: Connection, username: str) -> Account | None:
    """By its name here, in any case of letters; also while it waits for confirmation or approval."""
    account_id = await queries.find_account_id_by_handle(conn, handle_key(username))
    return None if account_id is None else await queries.find_account(conn, account_id)


async def accounts_by_handles(
    conn: Connection, handles: Collection[tuple[str, str | None]]
) -> dict[tuple[str, str | None], Account]:
    """By (username, domain or None), keyed as given; without those that don't exist or are suspended.

    Three statements at most.
    """
    if not handles:
        return {}
    keys = {handle: handle_key(*handle) for handle in handles}
    ids = await queries.account_ids_by_handles(conn, set(keys.values()))
    views = await account_views(conn, set(ids.values()))
    found = {handle: views.get(ids[key]) for handle, key in keys.items() if key in ids}
    return {
        handle: view.account
        for handle, view in found.items()
        if view is not None and view.account.suspended_at is None
    }


# The directory


async def note_whether_listed(conn: Connection, account_id: AccountId) -> None:
    """To be called when an account is admitted, and when its owner says whether they wish to be found."""
    await queries.update_listed(conn, account_id)


# Counts


async def add_to_counts(
    conn: Connection,
    account_id: AccountId,
    *,
    statuses: int = 0,
    followers: int = 0,
    following: int = 0,
    last_status_on: date | None = None,
    begins: bool = False,
) -> AccountCounts:
    """Adds (or, with a minus, takes away) and tells the sums; what others see of it needs no new version.

    `begins`: something new is made; refused with AccountGone once the account is erased, even if that was in between.
    """
    counts = await queries.update_counts(
        conn, account_id, statuses, followers, following, last_status_on, begins=begins
    )
    if counts is None:
        raise AccountGone
    return counts
