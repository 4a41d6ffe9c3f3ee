"""Guessing ids: what is hidden answers as what was never there, byte for byte; neighbours of known ids are nobody's."""

import httpx
import pytest

from parley.kit.db import Connection
from parley.kit.ids import id_at, milliseconds_of
from parley.kit.services import Services
from tests.leaks.canary import CANARY
from tests.mastodon_api.every_route import World, lines, make_world
from tests.mastodon_api.test_media import jpeg, send
from tests.world import make_cast, ok

NOBODY = "4611686018427387999"
# Each request has one of its own.
_OF_THE_REQUEST = ("x-request-id", "date")


@pytest.fixture
async def world(conn: Connection, services: Services, client: httpx.AsyncClient) -> World:
    return await make_world(conn, services, client, await make_cast(conn, client))


def all_of(answer: httpx.Response) -> tuple[int, str, list[tuple[str, str]]]:
    headers = [(name, value) for name, value in answer.headers.items() if name not in _OF_THE_REQUEST]
    return answer.status_code, answer.text, headers


async def test_what_is_hidden_answers_as_what_is_not_there(world: World) -> None:
    told, asked = [], 0
    for line in (each for each in lines() if "{id:str}" in each.route.path and each.method == "GET"):
        if line.route.path.startswith("/api/v1/accounts/"):
            continue
        hidden, missing = world.path(line, world.foreign), world.path(line, NOBODY)
        asked += 1
        answers = [all_of(await world.ask(line, path)) for path in (hidden, missing)]
        if answers[0] != answers[1]:
            told.append((line.name, answers))
    assert asked > 20
    assert told == []


async def test_neighbours_of_known_ids_are_nobodys(world: World) -> None:
    alice, carol = world.cast.alice, world.cast.carol
    known = await alice.says("for everybody")
    hidden = int((await carol.says(CANARY, visibility="private"))["id"])
    direct = int((await carol.says(f"@bob {CANARY}", visibility="direct"))["id"])
    listed = {int(known["id"]), int(world.own["status"])}
    moment = milliseconds_of(hidden)
    bucket = (hidden >> 8) & 16383
    guesses = {each + step for each in (hidden, direct, int(known["id"])) for step in range(-300, 301)}
    guesses |= {id_at(moment + step, bucket, last) for step in range(-2, 3) for last in range(256)}
    guesses -= listed
    assert {hidden, direct} <= guesses
    left = sorted(guesses)
    while left:
        some, left = left[:20], left[20:]
        for headers in ({}, alice.headers):
            answer = await world.client.get(
                "/api/v1/statuses", params={"id[]": [str(each) for each in some]}, headers=headers
            )
            assert CANARY not in answer.text
            assert ok(answer) == []


async def test_ids_of_accounts_and_files_are_random_and_their_neighbours_nobodys(world: World) -> None:
    alice = world.cast.alice
    files = [ok(await send(alice, jpeg()))["id"] for _ in range(2)]
    urls = [ok(await alice.get(f"/api/v1/media/{each}"))["url"] for each in files]
    names = [url.rpartition("/")[2].partition(".")[0] for url in urls]
    assert all(len(bytes.fromhex(name)) * 8 >= 128 for name in names)
    assert names[0] != names[1]
    for number in (alice.id, world.cast.bob.id, *map(int, files)):
        assert number.bit_length() >= 62
    assert abs(int(files[0]) - int(files[1])) > 2**32
    for step in (-2, -1, 1, 2):
        assert (await alice.get(f"/api/v1/accounts/{alice.id + step}")).status_code == 404
        assert (await alice.get(f"/api/v1/media/{int(files[0]) + step}")).status_code == 404
        moved = urls[0].replace(files[0], str(int(files[0]) + step))
        assert (await alice.client.get(moved)).status_code == 404
    bare = urls[0].partition("?")[0]
    assert (await alice.client.get(bare)).status_code == 404
    seal_of_another = urls[1].partition("?")[2]
    assert seal_of_another
    assert (await alice.client.get(f"{bare}?{seal_of_another}")).status_code == 404


async def test_cursors_lead_to_what_the_asker_has_seen(world: World) -> None:
    """Links of pages name ids of the page alone."""
    bob = world.cast.bob
    for number in range(5):
        await bob.says(f"number {number}")
        await world.cast.carol.says(CANARY, visibility="private")
    page = await world.client.get("/api/v1/timelines/public", params={"limit": 3})
    shown = {each["id"] for each in ok(page)}
    for link in page.links.values():
        cursor = httpx.URL(link["url"]).params
        assert {cursor.get("max_id"), cursor.get("min_id")} - {None} <= shown


async def test_what_others_did_for_their_followers_alone_is_told_to_nobody_else(world: World) -> None:
    """Neither who boosted, nor the number of a boost or a quote, nor how many there are."""
    alice, bob, carol = world.cast.alice, world.cast.bob, world.cast.carol
    said = (await alice.says("pass it on"))["id"]
    quoted = [(await alice.says("as I said", quoted_status_id=said))["id"]]
    hidden = [(await carol.says(CANARY, quoted_status_id=said, visibility="private"))["id"] for _ in range(3)]
    for member, visibility in ((alice, "public"), (carol, "private")):
        boost = ok(await member.post(f"/api/v1/statuses/{said}/reblog", {"visibility": visibility}))
    hidden.append(boost["id"])
    for limit in (1, 40):
        for path, known in (("quotes", quoted), ("reblogged_by", [alice.wire_id])):
            shown = await bob.get(f"/api/v1/statuses/{said}/{path}", limit=limit)
            assert [each["id"] for each in ok(shown)] == known
            assert not [each for each in hidden if each in shown.headers.get("link", "")], path
    assert "carol" not in (await world.client.get(f"/@alice/{said}/boosts")).text
    assert ok(await bob.get(f"/api/v1/statuses/{said}"))["reblogs_count"] == 1
    own = ok(await carol.get(f"/api/v1/statuses/{said}/reblogged_by"))
    assert [each["id"] for each in own] == [carol.wire_id, alice.wire_id]
    assert ok(await carol.post(f"/api/v1/statuses/{said}/unreblog"))["reblogs_count"] == 1
