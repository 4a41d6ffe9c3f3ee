"""Budgets hold exactly, across processes and bursts; windows end; what is stored names nobody."""

import asyncio
from datetime import timedelta
from itertools import cycle, islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection, Database
from parley.kit.errors import TooMany
from parley.kit.ids import AccountId, new_account_id
from parley.kit.rate_limit import (
    REQUESTS,
    SIGN_INS_BY_ADDRESS,
    SIGN_INS_BY_NAME,
    WINDOW_SECONDS_MAX,
    RateLimiter,
    delete_old_rate_windows,
    rate_limit_headers,
)
from parley.kit.services import Services

ON = Settings(rate_limits=True)


@pytest.fixture(autouse=True)
def at_the_start_of_a_window():
    """No window ends while a test runs unless the test says so."""
    into_window = clock.now_seconds() % WINDOW_SECONDS_MAX
    with clock.shifted(timedelta(seconds=WINDOW_SECONDS_MAX - into_window + 1)):
        yield


def visitor(address: str = "203.0.113.7"):
    return {"client": (address, 4711), "headers": []}


async def allowed(limiter: RateLimiter, database: Database, key: str, limit: int) -> bool:
    try:
        await limiter.spend(database, key, limit, 60)
    except TooMany:
        return False
    return True


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 130), processes=st.integers(1, 4))
async def test_processes_together_spend_the_limit_and_no_more(services: Services, limit, processes):
    key = f"shared by processes {new_account_id()}"
    limiters = [RateLimiter(ON) for _ in range(processes)]
    tries = islice(cycle(limiters), limit * 2 + processes)
    results = [await allowed(each, services.database, key, limit) for each in tries]
    assert sum(results) == limit


async def test_a_burst_over_real_connections_never_exceeds_the_limit(database_dsn: str):
    database = Database(database_dsn, size=6)
    key = f"burst {new_account_id()}"
    limiters = [RateLimiter(ON) for _ in range(3)]
    results = await asyncio.gather(
        *(allowed(limiter, database, key, 60) for limiter in limiters for _ in range(60))
    )
    await database.stop()
    assert sum(results) == 60


async def test_most_requests_ask_no_database(services: Services, conn):
    limiter = RateLimiter(ON)
    account_id = new_account_id()
    before = conn.statements
    for _ in range(REQUESTS.limit):
        await limiter.spend_request(services.database, account_id, visitor())
    assert conn.statements - before == 30
    for _ in range(50):
        with pytest.raises(TooMany):
            await limiter.spend_request(services.database, account_id, visitor())
    assert conn.statements - before == 30


async def test_the_next_window_begins_anew(services: Services):
    limiter = RateLimiter(ON)
    assert await allowed(limiter, services.database, "window", 1)
    assert not await allowed(limiter, services.database, "window", 1)
    with clock.shifted(timedelta(seconds=60)):
        assert await allowed(limiter, services.database, "window", 1)


async def test_spent_counts_down_and_a_refusal_says_when_to_come_back(services: Services):
    limiter = RateLimiter(ON)
    spent = [await limiter.spend(services.database, "counted", 3, 60) for _ in range(3)]
    assert [each.remaining for each in spent] == [2, 1, 0]
    assert {each.limit for each in spent} == {3}
    assert clock.now() < spent[0].reset <= clock.now() + timedelta(seconds=60)
    with pytest.raises(TooMany) as refused:
        await limiter.spend(services.database, "counted", 3, 60)
    assert 1 <= refused.value.retry_after_seconds <= 60


async def test_requests_carry_headers_on_success_and_on_refusal(services: Services):
    limiter = RateLimiter(ON)
    scope = visitor("2001:db8:1:2::1")
    await limiter.spend_request(services.database, None, scope)
    headers = dict(rate_limit_headers(scope))
    assert headers[b"x-ratelimit-limit"] == b"300"
    assert headers[b"x-ratelimit-remaining"] == b"299"
    assert headers[b"x-ratelimit-reset"].endswith(b".000Z")
    neighbour = visitor("2001:db8:1:2:ffff::9")
    for _ in range(299):
        await limiter.spend_request(services.database, None, neighbour)
    with pytest.raises(TooMany):
        await limiter.spend_request(services.database, None, neighbour)
    assert dict(rate_limit_headers(neighbour))[b"x-ratelimit-remaining"] == b"0"
    elsewhere = visitor("2001:db8:1:3::1")
    await limiter.spend_request(services.database, None, elsewhere)
    assert dict(rate_limit_headers(elsewhere))[b"x-ratelimit-remaining"] == b"299"


async def test_accounts_and_addresses_are_counted_apart(services: Services):
    limiter = RateLimiter(ON)
    scope = visitor()
    await limiter.spend_request(services.database, AccountId(1), scope)
    await limiter.spend_request(services.database, AccountId(2), scope)
    await limiter.spend_request(services.database, None, scope)
    assert dict(rate_limit_headers(scope))[b"x-ratelimit-remaining"] == b"299"


async def test_switched_off_nothing_is_counted(services: Services, conn):
    limiter = RateLimiter(Settings(rate_limits=False))
    scope = visitor()
    before = conn.statements
    for _ in range(REQUESTS.limit + 1):
        await limiter.spend_request(services.database, None, scope)
    spent = await limiter.spend(services.database, "anything", 1, 60)
    for _ in range(20):
        await limiter.spend_sign_up(services.database, scope)
    assert conn.statements == before
    assert spent.remaining == 1
    assert rate_limit_headers(scope) == []


async def test_sign_ups_are_few_per_address(services: Services):
    limiter = RateLimiter(ON)
    for _ in range(5):
        await limiter.spend_sign_up(services.database, visitor())
    with pytest.raises(TooMany):
        await limiter.spend_sign_up(services.database, visitor())
    await limiter.spend_sign_up(services.database, visitor("203.0.113.8"))


@pytest.mark.parametrize(
    ("address", "of_block", "of_network"),
    [("198.51.{}.{}", 20, 100), ("2001:db8:{}:{}::7", 20, 100)],
)
async def test_who_holds_a_block_or_a_network_gets_little_more(
    services: Services, address: str, of_block: int, of_network: int
):
    limiter, database = RateLimiter(ON), services.database

    async def signed_up(block: int, host: int) -> bool:
        try:
            await limiter.spend_sign_up(database, visitor(address.format(block, host)))
        except TooMany:
            return False
        return True

    assert sum([await signed_up(1, host) for host in range(1, 40)]) == of_block
    assert sum([await signed_up(block, 1) for block in range(2, 120)]) == of_network - of_block
    for host in range(1, 200):
        try:
            await limiter.spend_sign_in(database, f"name{host}", visitor(address.format(1, host)))
        except TooMany:
            break
    assert host == ON.sign_ins_by_block_max + 1


async def test_sign_ins_are_limited_by_name_from_anywhere_and_by_address_for_any_name(services: Services):
    limiter = RateLimiter(ON)
    for number in range(SIGN_INS_BY_NAME.limit):
        await limiter.spend_sign_in(services.database, "Alice ", visitor(f"198.51.100.{number}"))
    with pytest.raises(TooMany):
        await limiter.spend_sign_in(services.database, "alice", visitor("198.51.100.200"))
    for number in range(SIGN_INS_BY_ADDRESS.limit):
        await limiter.spend_sign_in(services.database, f"name{number}", visitor())
    with pytest.raises(TooMany):
        await limiter.spend_sign_in(services.database, "another", visitor())


async def test_neither_addresses_nor_names_are_stored_and_old_windows_go(
    services: Services, conn: Connection
):
    limiter = RateLimiter(ON)
    await limiter.spend_sign_in(services.database, "alice", visitor())
    stored = await conn.fetch_column("select key from rate_windows where window_start > $1", clock.now())
    kept = await conn.fetch_column("select key from rate_windows")
    assert stored == []
    assert len(kept) >= 2
    assert all(len(key) == 16 and b"alice" not in key and b"203.0" not in key for key in kept)
    with clock.shifted(timedelta(seconds=WINDOW_SECONDS_MAX + 300)):
        await delete_old_rate_windows(conn, services)
    assert await conn.fetch_value("select count(*) from rate_windows") == 0


async def test_memory_is_bounded_and_forgetting_is_strict(services: Services, monkeypatch):
    monkeypatch.setattr("parley.kit.rate_limit._LEASES_MAX", 10)
    limiter = RateLimiter(ON)
    assert await allowed(limiter, services.database, "first", 1)
    for number in range(30):
        await allowed(limiter, services.database, f"other {number}", 1)
    assert len(limiter._leases) <= 10
    assert not await allowed(limiter, services.database, "first", 1)
