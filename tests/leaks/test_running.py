"""A running server, at its most talkative, through everything: what it writes down tells nothing, to nobody else."""

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from parley.kit.db import connect
from tests.clients.running_server import PASSWORD, RunningServer
from tests.leaks.canary import CANARY
from tests.mastodon_api.test_media import jpeg

pytestmark = pytest.mark.server

ADDRESS = "198.51.100.77"
MAIL = "dora.whole@mail.example"


def data_of(server: RunningServer) -> Path:
    return Path(server.environment["PARLEY_DATA_DIR"])


def browse(client: httpx.Client) -> None:
    """Signing up, and in with a wrong password, as a browser does."""

    def send(path: str, **fields: str) -> httpx.Response:
        token = re.search('name="form_token" value="([^"]+)"', client.get(path).text)
        assert token is not None
        return client.post(path, data={"form_token": token[1], **fields})

    new = {"username": "dora", "email": MAIL, "password": f"{CANARY} {PASSWORD}", "agreement": "1"}
    assert send("/auth/sign_up", **new).status_code == 303
    for name in ("dora", MAIL):
        assert send("/auth/sign_in", name=name, password=f"{CANARY} wrong").status_code == 422
    assert send("/auth/forgot", email=MAIL).status_code == 200
    assert client.get("/auth/reset", params={"token": CANARY}).status_code in {403, 422}


def use_an_app(client: httpx.Client, bearer: str) -> None:
    """Posting, sending, searching and streaming, with what doesn't work between."""
    who = {"authorization": f"Bearer {bearer}"}
    sent = client.post(
        "/api/v2/media",
        files={"file": (f"{CANARY}.jpg", jpeg(), "image/jpeg")},
        data={"description": CANARY},
        headers=who,
    )
    assert sent.status_code in {200, 202}
    cut = client.post("/api/v2/media", files={"file": (f"{CANARY}.png", b"\x89PNG" + CANARY.encode(), "image/png")}, headers=who)  # fmt: skip
    assert cut.status_code == 422
    for visibility in ("public", "direct"):
        said = {"status": f"{CANARY} https://{CANARY}.invalid/{CANARY}", "visibility": visibility}
        assert client.post("/api/v1/statuses", json=said, headers=who).status_code == 200
    for path in (
        f"/api/v2/search?q={CANARY}",
        f"/tags/{CANARY}?q={CANARY}",
        f"/api/v1/accounts/lookup?acct={CANARY}",
    ):
        assert client.get(path, headers=who).status_code in {200, 404}
    assert client.post("/api/v1/statuses", content=f'{{"status": "{CANARY}', headers=who).status_code in {
        400,
        422,
    }
    assert (
        client.get("/api/v1/timelines/home", headers={"authorization": f"Bearer {CANARY}"}).status_code == 401
    )
    with client.stream("GET", "/api/v1/streaming/user", params={"access_token": bearer}) as stream:
        assert stream.status_code == 200
    grant = {"grant_type": "password", "username": MAIL, "password": CANARY, "client_id": CANARY, "client_secret": CANARY}  # fmt: skip
    assert client.post("/oauth/token", data=grant).status_code in {400, 401}


async def provoke_a_fault(server: RunningServer, client: httpx.AsyncClient, bearer: str) -> None:
    """A rule that our code doesn't know: PostgreSQL complains with the whole row."""
    conn = await connect(server.environment["PARLEY_DATABASE_URL"])
    await conn.execute("alter table accounts add constraint never check (note not like '%broken%') not valid")
    try:
        answer = await client.patch(
            "/api/v1/accounts/update_credentials",
            data={"note": f"{CANARY} broken"},
            headers={"authorization": f"Bearer {bearer}"},
        )
        assert (answer.status_code, CANARY in answer.text) == (500, False)
    finally:
        await conn.execute("alter table accounts drop constraint never")
        await conn.close()


async def test_a_log_at_its_most_talkative_tells_nothing(attacked: RunningServer) -> None:
    bearer = attacked.run("account", "create", "erin", "--token", "read write follow").split()[1]
    from_there: dict[str, Any] = {
        "base_url": attacked.url,
        "timeout": 30,
        "headers": {"x-forwarded-for": ADDRESS},
    }
    with httpx.Client(**from_there) as client:
        browse(client)
    with httpx.Client(**from_there) as client:
        use_an_app(client, bearer)
    async with httpx.AsyncClient(**from_there) as client:
        await provoke_a_fault(attacked, client, bearer)
    # What follows from it, by jobs.
    await asyncio.sleep(1)
    said = attacked.log()
    assert "PATCH /api/v1/accounts/update_credentials failed" in said
    assert 'violates check constraint "never"' in said
    found = [
        each
        for each in (CANARY, PASSWORD, bearer, bearer.partition(".")[2], MAIL, "dora.whole", ADDRESS)
        if each in said
    ]
    assert found == [], [line for line in said.splitlines() if any(each in line for each in found)]


def test_what_is_written_is_for_nobody_else(attacked: RunningServer) -> None:
    """PostgreSQL's own files: tests/test_serve.py."""
    folder = data_of(attacked)
    assert {each.name for each in folder.iterdir()} >= {"master.keys", "media", "parley.lock"}
    modes = {each: each.lstat().st_mode for each in (folder, *folder.rglob("*"))}
    # A folder that may be passed can't be looked into.
    open_to_others = {each: 0o066 if each.is_dir() else 0o077 for each in modes}
    assert [str(each) for each, mode in modes.items() if mode & open_to_others[each]] == []
