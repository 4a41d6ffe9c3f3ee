"""Limits as apps meet them: headers on every counted answer, 429 with all they need to come back."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.rate_limit import DELETIONS, REQUESTS, WINDOW_SECONDS_MAX
from tests.world import join, ok, refused

PATH = "/api/v1/preferences"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, rate_limits=True)


@pytest.fixture(autouse=True)
def at_the_start_of_a_window():
    with clock.shifted(timedelta(seconds=WINDOW_SECONDS_MAX - clock.now_seconds() % WINDOW_SECONDS_MAX + 1)):
        yield


async def test_headers_count_down_to_a_refusal_that_says_when_to_come_back(conn, client):
    alice, bob = await join(conn, client, "alice"), await join(conn, client, "bob")
    first = await alice.get(PATH)
    assert first.headers["x-ratelimit-limit"] == "300"
    assert first.headers["x-ratelimit-remaining"] == "299"
    reset = datetime.fromisoformat(first.headers["x-ratelimit-reset"])
    assert timedelta(0) < reset - datetime.now(UTC) <= timedelta(seconds=WINDOW_SECONDS_MAX + 300)
    for _ in range(REQUESTS.limit - 1):
        ok(await alice.get(PATH))
    over = await alice.get(PATH)
    refused(over, 429)
    assert over.headers["x-ratelimit-remaining"] == "0"
    assert over.headers["access-control-allow-origin"] == "*"
    assert 0 < int(over.headers["retry-after"]) <= REQUESTS.window_seconds
    ok(await bob.get(PATH))
    with clock.shifted(timedelta(seconds=int(over.headers["retry-after"]))):
        ok(await alice.get(PATH))


async def test_deletions_have_a_budget_of_their_own(conn, client):
    alice = await join(conn, client, "alice")
    for _ in range(DELETIONS.limit):
        refused(await alice.delete("/api/v1/statuses/17"), 404)
    refused(await alice.delete("/api/v1/statuses/17"), 429)
    ok(await alice.get(PATH))


async def test_a_member_who_may_not_act_yet_is_limited_by_address(conn, client):
    waiting = await join(conn, client, "waiting", confirmed_at=None)
    for _ in range(REQUESTS.limit):
        refused(await waiting.get(PATH), 403)
    over = await waiting.get(PATH)
    refused(over, 429)
    assert over.headers["x-ratelimit-remaining"] == "0"
