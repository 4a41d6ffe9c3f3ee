"""Logs at their most talkative: no words, tokens, passwords, query strings nor addresses of whoever asks."""

import logging

import httpx
import pytest

from parley.kit.db import Connection
from parley.kit.services import Services
from tests.identity.world import PASSWORD
from tests.leaks.canary import CANARY
from tests.world import make_cast, ok, settle


async def test_logs_hold_nothing_of_what_members_send(
    conn: Connection, services: Services, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    cast = await make_cast(conn, client)
    caplog.set_level(logging.DEBUG)
    alice = cast.alice
    await alice.says(f"@bob {CANARY}")
    await alice.get("/api/v2/search", q=CANARY)
    await alice.get("/api/v1/timelines/home", max_id=CANARY)
    await client.get(f"/api/v1/statuses/{CANARY}?{CANARY}=1", headers={"authorization": f"Bearer {CANARY}"})
    await client.post("/api/v1/statuses", content=f'{{"status": "{CANARY}', headers=alice.headers)
    await client.post("/auth/sign_in", data={"name": "alice", "password": PASSWORD + CANARY})
    answer = await client.post(
        "/oauth/token",
        data={
            "grant_type": "password",
            "username": "alice@mail.test",
            "password": CANARY,
            "client_id": CANARY,
        },
    )
    assert answer.status_code in {400, 401}
    ok(await alice.get("/api/v1/accounts/verify_credentials"))
    await settle(services)
    logging.getLogger("parley").warning("so that there is something to look through")
    # Lines of the test's own client are not the server's.
    said = "\n".join(
        caplog.handler.format(each)
        for each in caplog.records
        if not each.name.startswith(("httpx", "httpcore"))
    )
    assert "something to look through" in said
    for secret in (
        CANARY,
        PASSWORD,
        alice.headers["authorization"].removeprefix("Bearer "),
        "alice@mail.test",
    ):
        assert secret not in said
