"""The mail server is away: who signs up stays unconfirmed, and nothing opens by itself."""

import httpx
import msgspec
import pytest

from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.services import Services
from tests.identity.world import PASSWORD, bearer, make_application, make_token
from tests.world import ok, settle


@pytest.fixture
def settings(settings: Settings) -> Settings:
    # Port 9 discards, where anything listens there at all.
    return msgspec.structs.replace(settings, confirm_email=True, smtp_url="smtp://127.0.0.1:9")


async def test_nobody_is_confirmed_while_no_mail_goes_out(
    conn: Connection, services: Services, client: httpx.AsyncClient
) -> None:
    application = bearer(await make_token(conn, None, "read write", await make_application(conn)))
    asked = {
        "username": "dora",
        "email": "dora@mail.test",
        "password": PASSWORD,
        "agreement": "true",
        "locale": "en",
    }
    signed_up = ok(await client.post("/api/v1/accounts", json=asked, headers=application))
    await settle(services)
    theirs = {"authorization": f"Bearer {signed_up['access_token']}"}
    for path in ("/api/v1/timelines/home", "/api/v1/notifications"):
        assert (await client.get(path, headers=theirs)).status_code == 403
    assert (await client.post("/api/v1/statuses", json={"status": "in"}, headers=theirs)).status_code == 403
    assert await conn.fetch_value("select count(*) from users where confirmed_at is not null") == 0
    assert await conn.fetch_value("select count(*) from mails where sent_at is not null") == 0
    assert await conn.fetch_value("select count(*) from mails where sent_at is null") == 1
