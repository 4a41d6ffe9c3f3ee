"""The mail server is away, slow, refuses, talks nonsense or lies: who signs up stays unconfirmed, and no letter is lost."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import msgspec
import pytest

from parley.kit import clock, mail
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.services import Services
from tests.identity.world import PASSWORD, bearer, make_application, make_token
from tests.world import ok, settle

Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
_CONFIRM = re.compile(rb"/auth/confirm\?token=3D(\S+)|/auth/confirm\?token=(\S+)")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    # Port 9 discards, where anything listens there at all.
    return msgspec.structs.replace(settings, confirm_email=True, smtp_url="smtp://127.0.0.1:9")


@asynccontextmanager
async def mail_server(services: Services, speak: Speak) -> AsyncIterator[Services]:
    """Services whose letters go to it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await speak(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield msgspec.structs.replace(
            services, settings=msgspec.structs.replace(services.settings, smtp_url=url)
        )
    finally:
        server.close()


def says(letters: list[bytes] | None = None, **answers: str) -> Speak:
    """SMTP as far as one letter needs it, with other answers to some words; an empty one hangs up."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"{answers.get('HELLO', '220 mail.test')}\r\n".encode())
        while line := await reader.readline():
            word = line.decode("latin-1")[:4].strip().upper()
            answer = answers.get(word, {"DATA": "354 go on", "QUIT": "221 bye"}.get(word, "250 OK"))
            if not answer:
                return
            writer.write(f"{answer}\r\n".encode())
            await writer.drain()
            if word == "DATA" and answer.startswith("354"):
                content = await reader.readuntil(b"\r\n.\r\n")
                taken = answers.get("END", "250 OK")
                if letters is not None and taken.startswith("250"):
                    letters.append(content)
                writer.write(f"{taken}\r\n".encode() if taken else b"")
                await writer.drain()

    return speak


async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n\x00\xff<html>" + b"x" * 100_000)
    await reader.read()


FAULTS: dict[str, Speak] = {
    "silent": silent,
    "nonsense": nonsense,
    "busy": says(HELLO="421 too many connections"),
    "hangs up": says(MAIL=""),
    "refuses senders": says(MAIL="550 not you"),
    "refuses for now": says(RCPT="451 later"),
    "refuses content": says(END="554 looks like spam"),
    "forgets to answer": says(END=""),
}


async def sign_up(conn: Connection, client: httpx.AsyncClient) -> dict[str, str]:
    application = bearer(await make_token(conn, None, "read write", await make_application(conn)))
    asked = {"username": "dora", "email": "dora@mail.test", "password": PASSWORD}
    signed_up = ok(
        await client.post(
            "/api/v1/accounts", json={**asked, "agreement": "true", "locale": "en"}, headers=application
        )
    )
    return {"authorization": f"Bearer {signed_up['access_token']}"}


async def is_shut_out(conn: Connection, client: httpx.AsyncClient, theirs: dict[str, str]) -> None:
    for path in ("/api/v1/timelines/home", "/api/v1/notifications"):
        assert (await client.get(path, headers=theirs)).status_code == 403
    assert (await client.post("/api/v1/statuses", json={"status": "in"}, headers=theirs)).status_code == 403
    assert await conn.fetch_value("select count(*) from users where confirmed_at is not null") == 0


async def counts(conn: Connection) -> tuple[int, int, int]:
    """Letters not sent, letters sent, and jobs that will send one."""
    row = await conn.fetch_rows(
        """
        select (select count(*) from mails where sent_at is null), (select count(*) from mails where sent_at is not null),
            (select count(*) from jobs where lane = 'mail' and not dead)
        """
    )
    unsent, sent, jobs = row[0]
    return unsent, sent, jobs


async def test_whatever_fails_nobody_gets_in_and_no_letter_is_lost(
    conn: Connection,
    services: Services,
    client: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(mail, "_SEND_TIMEOUT_SECONDS", 0.3)
    theirs = await sign_up(conn, client)
    later = timedelta(0)
    await settle(services)
    for name, speak in FAULTS.items():
        later += timedelta(hours=2)
        async with mail_server(services, speak) as faulty:
            with clock.shifted(later):
                await settle(faulty)
        assert await counts(conn) == (1, 0, 1), name
        await is_shut_out(conn, client, theirs)
    # As each failure told, in the log and beside the job, without saying whom it was for.
    assert caplog.text.count("job send_mail failed") > len(FAULTS)
    assert "dora@" not in caplog.text + str(await conn.fetch_column("select last_error from jobs"))

    letters: list[bytes] = []
    async with mail_server(services, says(letters)) as well:
        with clock.shifted(later + timedelta(hours=2)):
            await settle(well)
    assert (len(letters), await counts(conn)) == (1, (0, 1, 0))
    await is_shut_out(conn, client, theirs)
    token = _CONFIRM.search(letters[0].replace(b"=\r\n", b""))
    assert token is not None, letters


async def test_one_that_says_ok_and_delivers_nothing_lets_nobody_in(
    conn: Connection, services: Services, client: httpx.AsyncClient
) -> None:
    """Sent is not confirmed; another letter can be asked for, once somebody honest brings it."""
    theirs = await sign_up(conn, client)
    async with mail_server(services, says()) as lying:
        await settle(lying)
        assert await counts(conn) == (0, 1, 0)
        await is_shut_out(conn, client, theirs)
        ok(await client.post("/api/v1/emails/confirmations", json={}, headers=theirs))
        await settle(lying)
    assert await counts(conn) == (0, 2, 0)
    await is_shut_out(conn, client, theirs)
    letters: list[bytes] = []
    async with mail_server(services, says(letters)) as honest:
        ok(await client.post("/api/v1/emails/confirmations", json={}, headers=theirs))
        await settle(honest)
    assert len(letters) == 1
    assert b"dora@mail.test" in letters[0]
    await is_shut_out(conn, client, theirs)
