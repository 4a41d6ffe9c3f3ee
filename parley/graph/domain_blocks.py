"""Blocks of whole domains, by one member: nothing of whoever has an account there reaches them."""

from collections.abc import Iterable, Sequence

import msgspec

from parley.graph import domain_block_queries as queries
from parley.graph.errors import NotADomain, TooManyDomainBlocks
from parley.graph.models import DomainBlock
from parley.identity.accounts import account_views
from parley.identity.models import AccountView
from parley.identity.viewer import Viewer, require_account
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import AccountId, new_id
from parley.kit.jobs import defer
from parley.kit.paging import Page
from parley.kit.spans import read_domain

BLOCKS_MAX = 5_000


class PartFromDomain(msgspec.Struct, frozen=True):
    """Follows and requests, either way, between a member and everybody of a domain; from a relation's other id on."""

    account_id: AccountId
    domain: str
    after_id: int = 0


async def domain_blocks(conn: Connection, viewer: Viewer, page: Page) -> list[DomainBlock]:
    return await queries.domain_blocks_page(conn, require_account(viewer), page)


async def block_domain(conn: Connection, viewer: Viewer, text: str) -> None:
    """Follows and requests end both ways, in a job. Repeated, it changes nothing."""
    account_id, domain = require_account(viewer), _require_domain(text)
    if await queries.count_domain_blocks(conn, account_id) >= BLOCKS_MAX:
        raise TooManyDomainBlocks
    if await queries.insert_domain_block(conn, account_id, domain, new_id(account_id)):
        await defer(conn, PartFromDomain(account_id, domain))


async def unblock_domain(conn: Connection, viewer: Viewer, text: str) -> None:
    """What the block ended does not come back."""
    await queries.delete_domain_block(conn, require_account(viewer), _require_domain(text))


def _require_domain(text: str) -> str:
    domain = read_domain(text)
    if domain is None:
        raise NotADomain
    return domain


# Who is shut out


async def blocked_domains_of_each(
    conn: Connection, account_ids: Sequence[AccountId]
) -> dict[AccountId, frozenset[str]]:
    """No statement for members known from the last seconds, one for all others."""
    now = clock.now_seconds()
    found, missing = queries.recent_blocked_domains.find_all(account_ids, now)
    if missing:
        mark = queries.recent_blocked_domains.mark()
        wanted = [AccountId(each) for each in missing]
        read: dict[AccountId, set[str]] = {each: set() for each in wanted}
        for account_id, domain in await queries.domains_blocked_by(conn, wanted):
            read[account_id].add(domain)
        for account_id, domains in read.items():
            found[account_id] = frozenset(domains)
            queries.recent_blocked_domains.keep(mark, account_id, found[account_id], now)
    return {AccountId(account_id): domains for account_id, domains in found.items()}


async def blocks_domain(conn: Connection, viewer: Viewer, domain: str | None) -> bool:
    """Never this server's own, whose accounts have none."""
    if domain is None or viewer.account_id is None:
        return False
    return domain in (await blocked_domains_of_each(conn, [viewer.account_id]))[viewer.account_id]


async def domains_shut_out(
    conn: Connection, viewer: Viewer, accounts: Iterable[AccountView]
) -> frozenset[str]:
    """Those of the domains of these accounts that the viewer blocks. Nothing is asked while all are of this server."""
    domains = {view.account.domain for view in accounts} - {None}
    if not domains or viewer.account_id is None:
        return frozenset()
    blocked = (await blocked_domains_of_each(conn, [viewer.account_id]))[viewer.account_id]
    return blocked & {domain for domain in domains if domain is not None}


async def blocks_domain_of(conn: Connection, viewer: Viewer, account_id: AccountId) -> bool:
    """Whether the viewer blocks the whole domain of an account; hardly anything is asked of who blocks none."""
    viewer_id = require_account(viewer)
    blocked = (await blocked_domains_of_each(conn, [viewer_id]))[viewer_id]
    if not blocked:
        return False
    views = await account_views(conn, [account_id])
    return account_id in views and views[account_id].account.domain in blocked
