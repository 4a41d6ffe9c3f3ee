"""Opening, holding and losing streams: tokens by every way, scopes, names, limits, revocations, slow readers."""

import json
from typing import Any

import pytest

from parley.identity.tokens import revoke_token
from parley.kit import clock
from parley.kit.errors import Unavailable
from parley.mastodon_api import live, live_places, live_readers
from parley.mastodon_api.streaming import ROUTES
from parley.mastodon_api.streams import NAMES
from tests.identity.world import bearer, make_token, suspend
from tests.mastodon_api.stream_readers import PATH, knock, lines, refusal, socket
from tests.mastodon_api.streaming_world import app, cast, hub, says, services
from tests.world import ok, refused

__all__ = ["app", "cast", "hub", "services"]

LINES_PATHS = [route.path for route in ROUTES if route.endless]


def bare(headers: dict[str, str]) -> str:
    return headers["authorization"].removeprefix("Bearer ")


# Tokens


async def test_a_token_may_come_by_header_parameter_or_subprotocol(services, app, cast):
    token = bare(cast.alice.headers)
    async with (
        socket(app, cast.alice.headers, stream="user") as by_header,
        socket(app, stream="user", access_token=token) as by_parameter,
        socket(app, stream="user", subprotocols=(token, "other")) as by_subprotocol,
        lines(app, "user", access_token=token) as of_lines,
    ):
        assert by_subprotocol.scope["accepted"]["subprotocol"] == token, (
            "browsers drop the connection without"
        )
        assert by_header.scope["accepted"]["subprotocol"] is None
        said = await says(services, cast.alice, "hello")
        for reader in (by_header, by_parameter, by_subprotocol):
            assert (await reader.event())[2]["id"] == said["id"]
        assert (await of_lines.event())[1]["id"] == said["id"]


@pytest.mark.parametrize(
    "given", [{}, {"access_token": "abc.def"}, {"subprotocols": ("abc.def",)}, {"headers": "Bearer abc.def"}]
)
async def test_without_a_good_token_no_socket_opens(app, cast, given):
    headers = {"authorization": given["headers"]} if "headers" in given else {}
    asked = knock(
        app, headers, subprotocols=given.get("subprotocols", ()), access_token=given.get("access_token", "")
    )
    sentence = "The access token is invalid" if given else "Missing access token"
    assert await refusal(asked) == (401, sentence)


async def test_a_server_that_can_answer_no_handshake_closes_it(app, cast):
    asked = knock(app)
    asked.scope["extensions"].clear()
    assert await asked.next() == {"type": "websocket.close", "code": 1008, "reason": "Missing access token"}
    await asked.end()


async def test_a_suspended_member_opens_nothing(app, cast, conn):
    await suspend(conn, cast.alice.id, clock.now())
    status, sentence = await refusal(knock(app, cast.alice.headers))
    assert status == 403
    assert "suspended" in sentence.lower()


@pytest.mark.parametrize("path", LINES_PATHS)
async def test_lines_are_refused_without_token_or_scope(client, cast, conn, path):
    query = {"stream": "user", "tag": "tea"}
    assert refused(await client.get(path, params=query), 401) == "Missing access token"
    refused(await client.get(path, params={**query, "access_token": "abc.def"}), 401)
    for scopes in (
        "write read:accounts",
        "read:notifications" if "notification" not in path else "read:statuses",
    ):
        issued = await make_token(conn, cast.alice.id, scopes)
        refused(await client.get(path, params=query, headers=bearer(issued)), 403)
        refused(await client.get(path, params={**query, "access_token": issued.bearer}), 403)


async def test_a_scope_that_is_missing_is_told_in_a_frame(app, cast, conn):
    narrow = bearer(await make_token(conn, cast.alice.id, "read:statuses"))
    application = bearer(await make_token(conn, None, "read"))
    async with socket(app, narrow) as reader:
        reader.subscribe("user:notification")
        assert await reader.frame() == {
            "error": "This action is outside the authorized scopes",
            "status": 403,
        }
        reader.subscribe("user")
        await reader.settled()
    async with socket(app, application) as reader:
        for name in ("user", "user:notification", "direct"):
            reader.subscribe(name)
            assert (await reader.frame())["status"] == 422, name


# Names


async def test_every_stream_opens_by_its_name(app, cast, hub):
    made = ok(await cast.alice.post("/api/v1/lists", {"title": "Tea"}))
    async with socket(app, cast.alice.headers) as reader:
        for name in NAMES:
            reader.subscribe(name, tag="tea", list=made["id"])
        await reader.settled()
        (held,) = hub.places.readers
        assert {each.name for each in held.streams} == set(NAMES)
        for name in NAMES:
            reader.unsubscribe(name, tag="#TEA", list=made["id"])
        await reader.settled()
        assert not held.streams
        assert not hub.places._places
        assert not hub.places.owner_ids
        assert not hub.places.any_for_everybody
    assert not hub.places.readers


async def test_what_is_no_stream_is_refused_in_a_frame_and_the_socket_stays(services, app, cast):
    theirs = ok(await cast.bob.post("/api/v1/lists", {"title": "Bob's"}))
    refusals: list[tuple[dict[str, Any], int]] = [
        ({"stream": "nothing"}, 400),
        ({"stream": ""}, 400),
        ({"stream": "hashtag"}, 400),
        ({"stream": "hashtag", "tag": ""}, 400),
        ({"stream": "hashtag", "tag": "a" * 501}, 400),
        ({"stream": "list"}, 400),
        ({"stream": "list", "list": "abc"}, 404),
        ({"stream": "list", "list": 2**70}, 404),
        ({"stream": "list", "list": theirs["id"]}, 404),
    ]
    async with socket(app, cast.alice.headers) as reader:
        for asked, status in refusals:
            reader.say(json.dumps({"type": "subscribe", **asked}))
            frame = await reader.frame()
            assert (set(frame), frame["status"]) == ({"error", "status"}, status), asked
        for said in (
            "",
            "{",
            "[]",
            "1",
            '{"type":"dance"}',
            '{"type":"subscribe","stream":1}',
            "[" * 4000,
            " " * 5000,
        ):
            reader.say(said)
            assert (await reader.frame())["status"] == 400, said[:40]
        reader.said.put_nowait({"type": "websocket.receive", "bytes": b"\x00"})
        assert (await reader.frame())["status"] == 400
        reader.unsubscribe("nothing")
        reader.unsubscribe("hashtag")
        reader.subscribe("user")
        await reader.settled()
        post = await says(services, cast.alice, "still here")
        assert (await reader.event())[2]["id"] == post["id"]


async def test_a_wrong_stream_in_the_address_is_told_in_a_frame(app, cast):
    asked = knock(app, cast.alice.headers, stream="nothing")
    assert (await asked.next())["type"] == "websocket.accept"
    assert await asked.frame() == {"error": "Unknown stream type", "status": 400}
    asked.leave("websocket.disconnect")
    await asked.end()


async def test_addresses_of_lines(client, app, cast):
    alice = cast.alice
    refused(await alice.get(f"{PATH}/nothing"), 404)
    refused(await alice.get(PATH), 400)
    refused(await alice.get(PATH, stream="nothing"), 400)
    refused(await alice.get(f"{PATH}/hashtag"), 400)
    refused(await alice.get(f"{PATH}/list", list="17"), 404)
    answer = await client.get(f"{PATH}/health")
    assert (answer.status_code, answer.text) == (200, "OK")
    head = await client.head(f"{PATH}/user", headers=alice.headers)
    assert (head.status_code, head.content) == (200, b"")
    async with lines(app, "user", alice.headers) as reader:
        headers = dict(reader.scope["start"]["headers"])
        assert headers[b"content-type"].startswith(b"text/event-stream")
        assert headers[b"access-control-allow-origin"] == b"*"
        assert b"no-store" in headers[b"cache-control"]


async def test_the_general_address_names_its_stream_in_the_query(services, app, cast, hub):
    async with (
        lines(app, "", cast.alice.headers, stream="public") as reader,
        lines(app, "public", cast.alice.headers, only_media="true"),
    ):
        assert {each.name for held in hub.places.readers for each in held.streams} == {
            "public",
            "public:media",
        }
        said = await says(services, cast.alice, "hello")
        assert (await reader.event())[1]["id"] == said["id"]


async def test_other_addresses_take_no_sockets(app, cast):
    for path in ("/api/v1/timelines/home", "/api/v1/nothing"):
        asked = knock(app, cast.alice.headers)
        asked.scope["path"] = path
        assert (await asked.next())["type"] == "websocket.close"
        await asked.end()


# The instance's documents


async def test_the_address_is_announced(client):
    v2 = ok(await client.get("/api/v2/instance"))
    v1 = ok(await client.get("/api/v1/instance"))
    assert v2["configuration"]["urls"]["streaming"] == v1["urls"]["streaming_api"] == "wss://parley.test"


# Losing a stream


async def closing(reader) -> int:
    """The code with which the server closes the socket."""
    message = await reader.next()
    assert message["type"] == "websocket.close", message
    await reader.end()
    return int(message["code"])


async def test_a_revoked_token_closes_its_streams_alone(services, app, cast, conn, shared_app):
    issued = await make_token(conn, cast.alice.id)
    async with (
        socket(app, bearer(issued), stream="user") as revoked,
        lines(app, "user", bearer(issued)) as of_lines,
        socket(app, cast.alice.headers, stream="user") as other,
    ):
        await revoke_token(conn, shared_app.state.tokens, issued.token.id)
        conn.run_after_commit()
        assert await closing(revoked) == 1008
        assert await of_lines.next() == {"type": "http.response.body", "body": b"", "more_body": False}
        await of_lines.end()
        said = await says(services, cast.alice, "still here")
        assert (await other.event())[2]["id"] == said["id"]


async def test_who_may_act_no_more_loses_all_streams(app, cast, conn, shared_app):
    async with (
        socket(app, cast.alice.headers, stream="user") as alice,
        socket(app, cast.bob.headers, stream="user") as bob,
    ):
        shared_app.state.tokens.announce_changed(conn, cast.alice.id)
        conn.run_after_commit()
        assert await closing(alice) == 1008
        await bob.settled()


async def test_a_revocation_that_was_not_heard_is_found_out(app, cast, conn, hub, client):
    issued = await make_token(conn, cast.alice.id)
    application = await make_token(conn, None, "read")
    async with (
        socket(app, bearer(issued), stream="user") as revoked,
        socket(app, cast.carol.headers, stream="user") as suspended,
        socket(app, cast.bob.headers, stream="user") as bob,
        socket(app, bearer(application), stream="public") as of_application,
    ):
        await conn.execute("update access_tokens set revoked_at = now() where id = $1", issued.token.id)
        await suspend(conn, cast.carol.id, clock.now())
        hub._check_tokens_soon()
        assert await closing(revoked) == 1008
        assert await closing(suspended) == 1008
        await bob.settled()
        await of_application.settled()


async def test_a_server_that_stops_says_so(app, cast, hub):
    async with (
        socket(app, cast.alice.headers, stream="user") as alice,
        lines(app, "user", cast.alice.headers) as of_lines,
    ):
        hub.stop()
        assert await closing(alice) == 1001
        assert not (await of_lines.next())["more_body"]


async def test_a_slow_reader_is_dropped_and_the_others_go_on(services, app, cast, hub, monkeypatch):
    monkeypatch.setattr(live_readers, "QUEUED_MAX", 3)
    monkeypatch.setattr(live_readers, "_GOODBYE_SECONDS", 0.01)
    async with (
        socket(app, cast.alice.headers, stream="user") as slow,
        lines(app, "user", cast.alice.headers) as slow_lines,
        socket(app, cast.alice.headers, stream="user") as quick,
    ):
        slow.taking.clear()
        slow_lines.taking.clear()
        for number in range(6):
            said = await says(services, cast.alice, f"number {number}")
            assert (await quick.event())[2]["id"] == said["id"]
        await slow.end()
        await slow_lines.end()
        assert len(hub.places.readers) == 1
        assert slow.sent.empty()


async def test_a_reader_may_not_let_much_wait_either(services, app, cast, monkeypatch):
    monkeypatch.setattr(live_readers, "QUEUED_LENGTH_MAX", 5_000)
    monkeypatch.setattr(live_readers, "_GOODBYE_SECONDS", 0.01)
    async with socket(app, cast.alice.headers, stream="user") as slow:
        slow.taking.clear()
        for number in range(4):
            await says(services, cast.alice, f"number {number} " + "x" * 900)
        await slow.end()


async def test_heartbeats_go_to_the_idle_and_find_the_stuck(services, app, cast, hub, monkeypatch):
    monkeypatch.setattr(live, "_TURN_SECONDS", 0.01)
    monkeypatch.setattr(live_readers, "_GOODBYE_SECONDS", 0.01)
    async with (
        lines(app, "user", cast.alice.headers) as idle_lines,
        socket(app, cast.alice.headers, stream="user") as idle,
        socket(app, cast.alice.headers, stream="user") as stuck,
    ):
        stuck.taking.clear()
        assert await idle.frame() == {"stream": [], "event": "heartbeat", "payload": "{}"}
        assert (await idle_lines.next())["body"] == b":thump\n"
        await stuck.end()
        assert len(hub.places.readers) == 2


async def test_a_connection_that_breaks_is_forgotten(services, app, cast, hub):
    async with socket(app, cast.alice.headers, stream="user") as broken:

        async def fail(_message: object) -> None:
            raise OSError("broken pipe")

        (held,) = hub.places.readers
        held._send = fail
        await says(services, cast.alice, "anybody there?")
        await broken.end()
        assert not hub.places.readers


async def test_streams_live_through_an_outage_of_the_database(services, app, cast, hub, monkeypatch):
    async with socket(app, cast.alice.headers, stream="user") as reader:
        with monkeypatch.context() as outage:
            outage.setattr(services.database, "reading", _nothing_there)
            hub._hear_of_status('["new",1,2,true]')
            reader.subscribe("public")
            assert (await reader.frame())["status"] == 503
            if hub._working is not None:
                await hub._working
        said = await says(services, cast.alice, "back again")
        assert (await reader.event())[2]["id"] == said["id"]


def _nothing_there():
    raise Unavailable(logged="the database is away")


async def test_while_the_database_is_away_nothing_opens(services, app, cast, monkeypatch):
    monkeypatch.setattr(services.database, "reading", _connection_lost)
    assert (await refusal(knock(app, cast.alice.headers)))[0] == 503


def _connection_lost():
    raise ConnectionResetError


# Limits


async def test_how_many_streams_anybody_may_have(app, cast, client, hub, monkeypatch):
    monkeypatch.setattr(live_places, "READERS_PER_MEMBER", 2)
    async with socket(app, cast.alice.headers), lines(app, "user", cast.alice.headers):
        assert (await refusal(knock(app, cast.alice.headers)))[0] == 429
        refused(await cast.alice.get(f"{PATH}/user"), 429)
        async with socket(app, cast.bob.headers):
            monkeypatch.setattr(live_places, "READERS_MAX", 3)
            assert (await refusal(knock(app, cast.carol.headers)))[0] == 503
    async with socket(app, cast.alice.headers):
        assert len(hub.places.readers) == 1


async def test_how_many_streams_an_address_may_have(app, cast, hub, monkeypatch):
    monkeypatch.setattr(live_places, "READERS_PER_ADDRESS", 1)
    hub.places._limited = True
    async with socket(app, cast.alice.headers, client="2001:db8::1"):
        assert (await refusal(knock(app, cast.bob.headers, client="2001:db8::2")))[0] == 429
        async with socket(app, cast.bob.headers, client="2001:db8:1::2"):
            assert len(hub.places.readers) == 2


async def test_how_many_subscriptions_a_socket_may_have(app, cast, monkeypatch):
    monkeypatch.setattr(live_places, "STREAMS_PER_READER", 2)
    async with socket(app, cast.alice.headers) as reader:
        for name in ("user", "public", "user", "public"):
            reader.subscribe(name)
        await reader.settled()
        reader.subscribe("direct")
        assert (await reader.frame())["status"] == 429
        reader.unsubscribe("user")
        reader.subscribe("direct")
        await reader.settled()


async def test_what_a_socket_says_counts_as_requests(app, cast, shared_app, services, monkeypatch):
    monkeypatch.setattr(shared_app.state.limiter, "_on", True)
    async with socket(app, cast.alice.headers) as reader:
        statuses = []
        for _ in range(310):
            reader.subscribe("user")
            reader.say("?")
            statuses.append((await reader.frame())["status"])
            if statuses[-1] == 429:
                break
        assert statuses[-1] == 429
        assert set(statuses[:-1]) == {400}
