"""RateLimiter: budgets per account, address or name in fixed windows, honest under several processes.

A process leases a chunk of what a window still allows in one upsert and spends it from memory, so most requests
cost microseconds. What all processes have leased together never exceeds the limit; what a process leased and did
not spend is lost with the window, so the count errs only on the strict side.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from parley.kit import clock
from parley.kit.client_address import address_group, blocks_around, client_address
from parley.kit.config import Settings
from parley.kit.db import Connection, Database
from parley.kit.errors import TooMany
from parley.kit.ids import AccountId
from parley.kit.jobs import scheduled
from parley.kit.services import Services

WINDOW_SECONDS_MAX = 3 * 3600
SCOPE_KEY = "parley.spent"
_CHUNKS = 30
_LEASES_MAX = 50_000


class Spent(msgspec.Struct, frozen=True):
    """Where a budget stands after one act; `reset` is when its window ends."""

    limit: int
    remaining: int
    reset: datetime


class Budget(msgspec.Struct, frozen=True):
    name: str
    limit: int
    window_seconds: int


REQUESTS = Budget("requests", 300, 300)
# Counted apart: an address may be shared by many, and whoever signs in is counted for themselves.
WAYS_IN = Budget("ways_in", 300, 300)
SIGN_UPS = Budget("sign_ups", 5, 1800)
SIGN_INS_BY_NAME = Budget("sign_ins_by_name", 10, 300)
SIGN_INS_BY_ADDRESS = Budget("sign_ins_by_address", 30, 300)
OWN_PASSWORD = Budget("own_password", 10, 300)
# Against filling somebody's mailbox.
CONFIRMATIONS = Budget("confirmations", 5, 3600)
RESETS = Budget("resets", 5, 3600)
FILES = Budget("files", 3000, 300)
UPLOADS = Budget("uploads", 60, 1800)
DELETIONS = Budget("deletions", 30, 1800)
POSTS = Budget("posts", 300, WINDOW_SECONDS_MAX)
MISSES_WINDOW_SECONDS = 3600
# How many times what one address may miss a whole block may.
MISSES_TIMES_OF_BLOCK = 10


class _Lease:
    """What this process may still spend of a key's window; `used` is what all had leased when it last asked."""

    __slots__ = ("ends", "left", "refilling", "reset", "starts", "used")

    def __init__(self, starts: int, window_seconds: int) -> None:
        self.starts = starts
        self.ends = starts + window_seconds
        self.reset = datetime.fromtimestamp(self.ends, UTC)
        self.left = 0
        self.used = 0
        self.refilling = asyncio.Lock()


class RateLimiter:
    """One per process. Spend before opening a transaction: leasing takes a connection of its own."""

    def __init__(self, settings: Settings) -> None:
        self._on = settings.rate_limits
        self._misses_max = settings.misses_per_hour_max
        self._sign_ups = _around(SIGN_UPS, settings.sign_ups_by_block_max, settings.sign_ups_by_network_max)
        self._sign_ins = _around(
            SIGN_INS_BY_ADDRESS, settings.sign_ins_by_block_max, settings.sign_ins_by_network_max
        )
        self._trusted_proxies = settings.trusted_proxies
        self._leases: dict[tuple[str, int], _Lease] = {}
        # Blocks of addresses that have guessed too often; mostly none, so that nobody has to look for theirs.
        self._guessing_blocks: dict[str, _Lease] = {}

    async def spend(self, database: Database, key: str, limit: int, window_seconds: int) -> Spent:
        """Raises TooMany when the window's budget is used up."""
        lease = self._lease_of(key, window_seconds)
        if not self._on:
            return Spent(limit, limit, lease.reset)
        if await self._take(database, key, lease, limit):
            return _spent(lease, limit)
        raise _too_many(lease)

    async def spend_budget(self, database: Database, budget: Budget, who: str | int) -> Spent:
        return await self.spend(database, f"{budget.name}:{who}", budget.limit, budget.window_seconds)

    async def spend_request(self, database: Database, account_id: AccountId | None, scope: Any) -> None:
        """Hot path: every request, 10 µs. Leaves its Spent in the scope for `rate_limit_headers`, on refusal too."""
        if not self._on:
            return
        who = f"account:{account_id}" if account_id is not None else self._visitor(scope)
        lease = self._lease_of(who, REQUESTS.window_seconds)
        allowed = await self._take(database, who, lease, REQUESTS.limit)
        scope[SCOPE_KEY] = _spent(lease, REQUESTS.limit)
        if not allowed:
            raise _too_many(lease)

    async def spend_way_in(self, database: Database, scope: Any) -> None:
        """A visitor's request for the pages of signing in and up, which others' reading from there must not close."""
        await self.spend_budget(database, WAYS_IN, self._visitor(scope))

    async def spend_file(self, database: Database, scope: Any) -> None:
        """By address, as files are asked for without a token; a page of them costs as many."""
        await self.spend_budget(database, FILES, self._visitor(scope))

    async def spend_sign_up(self, database: Database, scope: Any) -> None:
        await self._spend_around(database, self._sign_ups, scope)

    async def spend_sign_in(self, database: Database, account_name: str, scope: Any) -> None:
        """By name against guessing one password, by address against trying one guess on many names."""
        await self._spend_around(database, self._sign_ins, scope)
        await self.spend_budget(database, SIGN_INS_BY_NAME, account_name.strip().casefold())

    async def _spend_around(self, database: Database, budgets: Sequence[Budget], scope: Any) -> None:
        """By address, and by the block and the network around it: who holds those holds many addresses."""
        address = client_address(scope, self._trusted_proxies)
        for budget, who in zip(budgets, (address_group(address), *blocks_around(address)), strict=True):
            await self.spend_budget(database, budget, f"address:{who}")

    async def spend_miss(self, database: Database, account_id: AccountId | None, scope: Any) -> None:
        """For each thing that was asked for and isn't there: against guessing ids and names."""
        await self.spend(
            database, self._misses_of(account_id, scope), self._misses_max, MISSES_WINDOW_SECONDS
        )
        if account_id is None:
            await self._spend_miss_of_block(database, self._block(scope))

    async def _spend_miss_of_block(self, database: Database, block: str) -> None:
        key = f"misses:block:{block}"
        try:
            await self.spend(database, key, MISSES_TIMES_OF_BLOCK * self._misses_max, MISSES_WINDOW_SECONDS)
        except TooMany:
            now = clock.now_seconds()
            still = {each: lease for each, lease in self._guessing_blocks.items() if now < lease.ends}
            self._guessing_blocks = {**still, block: self._lease_of(key, MISSES_WINDOW_SECONDS)}
            raise

    def refuse_guesser(self, account_id: AccountId | None, scope: Any) -> None:
        """Hot path: where ids are asked for. Raises TooMany for those whom this process has seen guess too often."""
        if self._on:
            lease = self._leases.get((self._misses_of(account_id, scope), MISSES_WINDOW_SECONDS))
            if (
                lease is not None
                and not lease.left
                and lease.used >= self._misses_max
                and clock.now_seconds() < lease.ends
            ):
                raise _too_many(lease)
            if self._guessing_blocks and account_id is None:
                self._refuse_guessing_block(self._block(scope))

    def _refuse_guessing_block(self, block: str) -> None:
        lease = self._guessing_blocks.get(block)
        if lease is not None and clock.now_seconds() < lease.ends:
            raise _too_many(lease)

    def _misses_of(self, account_id: AccountId | None, scope: Any) -> str:
        return f"misses:{account_id if account_id is not None else self._visitor(scope)}"

    async def spend_deletion(self, database: Database, account_id: AccountId) -> None:
        await self.spend_budget(database, DELETIONS, account_id)

    async def spend_post(self, database: Database, account_id: AccountId) -> None:
        await self.spend_budget(database, POSTS, account_id)

    def _visitor(self, scope: Any) -> str:
        return f"address:{address_group(client_address(scope, self._trusted_proxies))}"

    def _block(self, scope: Any) -> str:
        return blocks_around(client_address(scope, self._trusted_proxies))[0]

    def _lease_of(self, key: str, window_seconds: int) -> _Lease:
        now = int(clock.now_seconds())
        lease = self._leases.get((key, window_seconds))
        if lease is not None and lease.starts <= now < lease.ends:
            return lease
        if not 0 < window_seconds <= WINDOW_SECONDS_MAX:
            raise ValueError(f"a window of {window_seconds} seconds")
        if len(self._leases) >= _LEASES_MAX:
            self._forget_some(now)
        lease = _Lease(now - now % window_seconds, window_seconds)
        self._leases[key, window_seconds] = lease
        return lease

    def _forget_some(self, now: int) -> None:
        """Drops what is over or, when all is current, the oldest half: leased again when asked for."""
        current = {key: lease for key, lease in self._leases.items() if now < lease.ends}
        kept = list(current.items())[-_LEASES_MAX // 2 :]
        self._leases = dict(kept)

    async def _take(self, database: Database, key: str, lease: _Lease, limit: int) -> bool:
        while lease.left == 0:
            if lease.used >= limit:
                return False
            # One at a time: a burst in this process must not lease away what others could spend.
            async with lease.refilling:
                if lease.left == 0 and lease.used < limit:
                    await _lease_more(database, key, lease, limit)
        lease.left -= 1
        return True


def rate_limit_headers(scope: Any) -> list[tuple[bytes, bytes]]:
    """The X-RateLimit headers of a request that was counted; none when limits are off."""
    spent: Spent | None = scope.get(SCOPE_KEY)
    if spent is None:
        return []
    return [
        (b"x-ratelimit-limit", b"%d" % spent.limit),
        (b"x-ratelimit-remaining", b"%d" % spent.remaining),
        (b"x-ratelimit-reset", spent.reset.strftime("%Y-%m-%dT%H:%M:%S.000Z").encode()),
    ]


def _around(narrow: Budget, block_max: int, network_max: int) -> tuple[Budget, Budget, Budget]:
    """The same in the same time for an address, and for the block and the network that it lies in."""
    return (
        narrow,
        Budget(f"{narrow.name}_of_block", block_max, narrow.window_seconds),
        Budget(f"{narrow.name}_of_network", network_max, narrow.window_seconds),
    )


def _spent(lease: _Lease, limit: int) -> Spent:
    return Spent(limit, limit - lease.used + lease.left, lease.reset)


def _too_many(lease: _Lease) -> TooMany:
    return TooMany(retry_after_seconds=max(1, lease.ends - int(clock.now_seconds())))


async def _lease_more(database: Database, key: str, lease: _Lease, limit: int) -> None:
    """The last chunk of a window may reach beyond the limit; only what lies below it is granted."""
    chunk = max(1, limit // _CHUNKS)
    async with database.reading() as conn:
        used = await conn.fetch_value(
            """
            insert into rate_windows as w (key, window_start, used) values ($1, $2, $3)
            on conflict (key, window_start) do update set used = w.used + $3 where w.used < $4
            returning used
            """,
            _hashed(key, lease),
            datetime.fromtimestamp(lease.starts, UTC),
            chunk,
            limit,
        )
    if used is None:
        lease.used = limit
        return
    lease.left = chunk - max(0, used - limit)
    lease.used = min(used, limit)


def _hashed(key: str, lease: _Lease) -> bytes:
    """Neither addresses nor names stand in the table."""
    return hashlib.sha256(f"{lease.ends - lease.starts} {key}".encode()).digest()[:16]


@scheduled(timedelta(minutes=30))
async def delete_old_rate_windows(conn: Connection, _services: Services) -> None:
    oldest = clock.now() - timedelta(seconds=WINDOW_SECONDS_MAX)
    await conn.execute("delete from rate_windows where window_start < $1", oldest)
