"""Polls through HTTP: as they are shown to whom, votes and their refusals, hidden totals, the end."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.jobs import run_all_due
from parley.kit.services import Services
from parley.mastodon_api.entities.poll import Poll
from parley.worker import JOB_MODULES
from tests.identity.world import bearer, make_member, make_token
from tests.mastodon_api.answers import refusal, strictly

assert JOB_MODULES
HOUR = 3600


@pytest.fixture
async def cast(conn: Connection) -> dict[str, dict[str, str]]:
    """alice, bob and carol: the headers of each."""
    members = {name: await make_member(conn, name) for name in ("alice", "bob", "carol")}
    return {name: bearer(await make_token(conn, each)) for name, each in members.items()}


async def ask(client: httpx.AsyncClient, headers: dict[str, str], **more: Any) -> dict[str, Any]:
    poll = {"options": ["tea", "<b>coffee</b>"], "expires_in": HOUR, **more.pop("poll", {})}
    answer = await client.post(
        "/api/v1/statuses", json={"status": "?", "poll": poll, **more}, headers=headers
    )
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()["poll"]
    return made


async def test_a_poll_and_its_votes_as_each_sees_them(client, cast):
    made = await ask(client, cast["alice"], poll={"multiple": True})
    path = f"/api/v1/polls/{made['id']}"

    fresh = strictly(await client.get(path, headers=cast["alice"]), Poll)
    assert [(option.title, option.votes_count) for option in fresh.options] == [
        ("tea", 0),
        ("<b>coffee</b>", 0),
    ]
    assert (fresh.multiple, fresh.expired, fresh.voted, fresh.own_votes) == (True, False, True, ())
    assert made == (await client.get(path, headers=cast["alice"])).json()

    before = strictly(await client.get(path, headers=cast["bob"]), Poll)
    assert (before.voted, before.own_votes) == (False, ())
    after = strictly(await client.post(f"{path}/votes", json={"choices": [0, 1]}, headers=cast["bob"]), Poll)
    assert (after.votes_count, after.voters_count, after.voted, after.own_votes) == (2, 1, True, (0, 1))
    form = await client.post(f"{path}/votes", data={"choices[]": "1"}, headers=cast["carol"])
    assert [option.votes_count for option in strictly(form, Poll).options] == [1, 2]

    anonymous = await client.get(path)
    assert strictly(anonymous, Poll).votes_count == 3
    assert not {"voted", "own_votes"} & set(anonymous.json())


async def test_refused_votes_count_nothing(client, cast):
    made = await ask(client, cast["alice"])
    path = f"/api/v1/polls/{made['id']}"
    bob, alice = cast["bob"], cast["alice"]

    async def tried(choices: Any, headers: dict[str, str]) -> tuple[int, str]:
        return refusal(await client.post(f"{path}/votes", json={"choices": choices}, headers=headers))

    assert (await tried([0], alice))[0] == 422
    for choices in ([], [2], [-1], [0, 1], ["tea"], [2**40]):
        assert (await tried(choices, bob))[0] == 422, choices
    assert (await tried([0], {}))[0] == 401
    assert (await client.post(f"{path}/votes", json={"choices": ["1"]}, headers=bob)).status_code == 200
    status, sentence = await tried([0], bob)
    assert (status, "already voted" in sentence) == (422, True)
    with clock.shifted(timedelta(seconds=HOUR)):
        assert (await tried([0], cast["carol"]))[0] == 422
        over = strictly(await client.get(path, headers=bob), Poll)
    assert over.expired
    assert [option.votes_count for option in over.options] == [0, 1]


async def test_a_poll_is_as_visible_as_its_status(client, cast):
    direct = await ask(client, cast["alice"], visibility="direct", status="for @bob only?")
    path = f"/api/v1/polls/{direct['id']}"
    assert (await client.get(path, headers=cast["bob"])).status_code == 200
    assert refusal(await client.get(path, headers=cast["carol"]))[0] == 404
    assert refusal(await client.get(path))[0] == 404
    voted = await client.post(f"{path}/votes", json={"choices": [0]}, headers=cast["carol"])
    assert refusal(voted)[0] == 404
    for unknown in ("1", "0", "nonsense", "9" * 30):
        assert refusal(await client.get(f"/api/v1/polls/{unknown}", headers=cast["bob"]))[0] == 404
        voted = await client.post(
            f"/api/v1/polls/{unknown}/votes", json={"choices": [0]}, headers=cast["bob"]
        )
        assert refusal(voted)[0] == 404


async def test_scopes(client, cast, conn):
    made = await ask(client, cast["alice"])
    narrow = bearer(await make_token(conn, await make_member(conn, "dave"), "read:accounts"))
    path = f"/api/v1/polls/{made['id']}"
    assert refusal(await client.get(path, headers=narrow))[0] == 403
    voted = await client.post(f"{path}/votes", json={"choices": [0]}, headers=narrow)
    assert refusal(voted)[0] == 403


async def test_who_blocks_the_author_does_not_vote(client, cast):
    made = await ask(client, cast["alice"])
    blocked = await client.get("/api/v1/accounts/lookup?acct=alice")
    await client.post(f"/api/v1/accounts/{blocked.json()['id']}/block", headers=cast["bob"])
    voted = await client.post(f"/api/v1/polls/{made['id']}/votes", json={"choices": [0]}, headers=cast["bob"])
    assert refusal(voted)[0] == 403


async def test_hidden_totals_show_when_it_is_over(client, cast):
    made = await ask(client, cast["alice"], poll={"hide_totals": True})
    path = f"/api/v1/polls/{made['id']}"
    voted = await client.post(f"{path}/votes", json={"choices": [1]}, headers=cast["bob"])
    hidden = strictly(voted, Poll)
    assert [option.votes_count for option in hidden.options] == [None, None]
    assert hidden.own_votes == (1,)
    with clock.shifted(timedelta(seconds=HOUR)):
        shown = strictly(await client.get(path), Poll)
    assert [option.votes_count for option in shown.options] == [0, 1]


async def test_its_end_is_told_to_voters_and_author(client, cast, services: Services):
    made = await ask(client, cast["alice"])
    await client.post(f"/api/v1/polls/{made['id']}/votes", json={"choices": [1]}, headers=cast["bob"])
    with clock.shifted(timedelta(seconds=HOUR)):
        await run_all_due(services)
        told = {
            name: (await client.get("/api/v1/notifications?types[]=poll", headers=headers)).json()
            for name, headers in cast.items()
        }
    assert {name: len(each) for name, each in told.items()} == {"alice": 1, "bob": 1, "carol": 0}
    assert told["bob"][0]["account"]["username"] == "alice"
    assert told["bob"][0]["status"]["poll"]["own_votes"] == [1]
