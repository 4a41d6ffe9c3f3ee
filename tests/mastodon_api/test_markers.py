"""/api/v1/markers through HTTP: set in every encoding, read, refused."""

import msgspec
import pytest

from parley.mastodon_api.markers import Marker
from tests.identity.world import bearer, make_member, make_token
from tests.world import Cast, make_cast, ok, refused

PATH = "/api/v1/markers"


@pytest.fixture
async def cast(conn, client) -> Cast:
    return await make_cast(conn, client)


async def test_positions_are_kept_apart_and_count_their_versions(cast, client):
    alice = cast.alice
    assert ok(await alice.get(PATH, **{"timeline[]": ["home", "notifications"]})) == {}
    first = ok(await alice.post(PATH, {"home": {"last_read_id": "103194548672408537"}}))
    home = msgspec.convert(first["home"], Marker)
    assert (home.last_read_id, home.version) == ("103194548672408537", 1)
    form = {"home[last_read_id]": "12", "notifications[last_read_id]": "77"}
    both = ok(await client.post(PATH, data=form, headers=alice.headers))
    assert {name: (each["last_read_id"], each["version"]) for name, each in both.items()} == {
        "home": ("12", 2),
        "notifications": ("77", 1),
    }
    assert ok(await alice.get(PATH, **{"timeline[]": ["home", "notifications"]})) == both
    assert ok(await alice.get(PATH, **{"timeline[]": ["home", "nonsense"]})) == {"home": both["home"]}
    assert ok(await alice.get(PATH)) == {}
    assert ok(await cast.bob.get(PATH, **{"timeline[]": "home"})) == {}


async def test_the_same_position_again_changes_nothing(cast):
    first = ok(await cast.alice.post(PATH, {"home": {"last_read_id": 5}}))
    assert ok(await cast.alice.post(PATH, {"home": {"last_read_id": "5"}})) == first


async def test_positions_that_are_none(cast):
    wrong: list[object] = ["nonsense", "-1", "0", "99999999999999999999", {"a": 1}]
    for each in wrong:
        refused(await cast.alice.post(PATH, {"home": {"last_read_id": each}}), 422)
        both = {"notifications": {"last_read_id": "4"}, "home": {"last_read_id": each}}
        refused(await cast.alice.post(PATH, both), 422)
    assert ok(await cast.alice.get(PATH, **{"timeline[]": ["home", "notifications"]})) == {}


async def test_nothing_given_is_nothing_done(cast):
    bodies: list[dict[str, object]] = [{}, {"home": {}}, {"home": None}, {"federated": {"last_read_id": "1"}}]
    for body in bodies:
        assert ok(await cast.alice.post(PATH, body)) == {}


async def test_who_may(conn, client):
    dave = await make_member(conn, "dave")
    reader = bearer(await make_token(conn, dave, "read:statuses"))
    writer = bearer(await make_token(conn, dave, "write:statuses"))
    assert (await client.get(PATH, headers=reader)).status_code == 200
    assert (await client.get(PATH, headers=writer)).status_code == 403
    assert (await client.post(PATH, json={}, headers=writer)).status_code == 200
    assert (await client.post(PATH, json={}, headers=reader)).status_code == 403
    assert (await client.get(PATH)).status_code == (await client.post(PATH)).status_code == 401
