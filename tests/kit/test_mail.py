"""Mail: sent to a real SMTP server, kept where there is none; nothing typed becomes a header or a recipient."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import msgspec
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from hypothesis import given
from hypothesis import strategies as st

from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import Invalid
from parley.kit.jobs import run_all_due
from parley.kit.mail import (
    Mail,
    build_message,
    checked_recipient,
    clean_subject,
    delete_old_mails,
    list_outbox,
    queue_mail,
    queue_template,
)
from parley.kit.services import Services


class Postbox:
    """Keeps what arrives; refuses recipients by name."""

    def __init__(self) -> None:
        self.received: list[tuple[list[str], EmailMessage]] = []
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address.startswith("unknown@"):
            return "550 no such mailbox"
        if address.startswith("later@"):
            return "451 try again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.received.append((envelope.rcpt_tos, message))
        return "250 OK"

    def authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"p@ss:word")


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
async def smtp(services: Services, postbox: Postbox) -> AsyncIterator[Services]:
    """Services whose mails go to the postbox."""
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(postbox, authenticator=postbox.authenticate, auth_require_tls=False), "127.0.0.1", 0
    )
    url = f"smtp://parley:p%40ss%3Aword@127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield msgspec.structs.replace(services, settings=msgspec.structs.replace(services.settings, smtp_url=url))
    server.close()
    await server.wait_closed()


async def rows(conn: Connection) -> list[Any]:
    return await conn.fetch_rows("select recipient, text_body, html_body, sent_at, last_error from mails")


async def test_mail_is_sent_and_its_row_emptied(conn: Connection, smtp: Services, postbox: Postbox) -> None:
    await queue_mail(conn, "alice@mail.test", "Grüße,\r\nBcc: eve@mail.test", "Hällo\n", "<p>Hällo</p>")
    await run_all_due(smtp)
    [(recipients, message)] = postbox.received
    assert recipients == ["alice@mail.test"]
    assert message["To"] == "alice@mail.test"
    assert message["From"] == "parley@parley.test"
    assert message["Subject"] == "Grüße, Bcc: eve@mail.test"
    assert message["Bcc"] is None
    assert message.get_body(("plain",)).get_content().strip() == "Hällo"  # type: ignore[union-attr]
    assert message.get_body(("html",)).get_content().strip() == "<p>Hällo</p>"  # type: ignore[union-attr]
    assert postbox.logins == [(b"parley", b"p@ss:word")]
    [(_, text, html, sent_at, _)] = await rows(conn)
    assert (text, html) == ("", "")
    assert sent_at is not None
    assert await list_outbox(conn) == []
    await run_all_due(smtp)
    assert len(postbox.received) == 1


async def test_refused_for_good_stays_and_tells_why(
    conn: Connection, smtp: Services, postbox: Postbox
) -> None:
    await queue_mail(conn, "unknown@mail.test", "Hello", "text", "html")
    await run_all_due(smtp)
    assert postbox.received == []
    [mail] = await list_outbox(conn)
    assert mail.last_error == "550 no such mailbox"
    assert await conn.fetch_value("select count(*) from jobs where lane = 'mail'") == 0


async def test_refused_for_now_comes_again(conn: Connection, smtp: Services) -> None:
    await queue_mail(conn, "later@mail.test", "Hello", "text", "html")
    await run_all_due(smtp)
    assert await conn.fetch_value("select attempts from jobs where lane = 'mail' and not dead") == 1
    assert len(await list_outbox(conn)) == 1


async def test_server_that_is_away_loses_nothing(conn: Connection, services: Services) -> None:
    settings = msgspec.structs.replace(services.settings, smtp_url="smtp://127.0.0.1:1")
    await queue_mail(conn, "alice@mail.test", "Hello", "text", "html")
    await run_all_due(msgspec.structs.replace(services, settings=settings))
    assert await conn.fetch_value("select attempts from jobs where lane = 'mail' and not dead") == 1
    assert len(await list_outbox(conn)) == 1


async def test_without_a_server_mails_wait_to_be_read(conn: Connection, services: Services) -> None:
    await queue_mail(conn, "alice@mail.test", "Hello", "text", "html")
    await run_all_due(services)
    [mail] = await list_outbox(conn)
    assert (mail.recipient, mail.subject, mail.text_body) == ("alice@mail.test", "Hello", "text")


async def test_templates_escape_in_html_alone(conn: Connection) -> None:
    await queue_template(
        conn,
        "alice@mail.test",
        "confirm",
        title="Tom & Jerry's <b>",
        base_url="https://parley.test",
        username="alice",
        link="https://parley.test/confirm?token=1",
    )
    [mail] = await list_outbox(conn)
    assert mail.subject == "Confirm your address for Tom & Jerry's <b>"
    assert "Tom & Jerry's <b>" in mail.text_body
    assert "Tom &amp; Jerry&#39;s &lt;b&gt;" in mail.html_body


async def test_old_mails_go(conn: Connection, services: Services) -> None:
    await queue_mail(conn, "alice@mail.test", "Hello", "text", "html")
    for days, left in ((29, 1), (31, 0)):
        with clock.shifted(timedelta(days=days)):
            await delete_old_mails(conn, services)
        assert len(await rows(conn)) == left


@pytest.mark.parametrize(
    "recipient",
    [
        "", "alice", "@mail.test", "alice@", "a@x.test,b@x.test", "a@x.test b@x.test", "<a@x.test>", "a@x.test\n",
        "a@x.test\r\nBcc: b@x.test", "a\x00@x.test", "é@x.test", '"a b"@x.test', "x" * 250 + "@x.test",
    ],
)  # fmt: skip
async def test_recipients_that_are_no_single_address(conn: Connection, recipient: str) -> None:
    with pytest.raises(Invalid):
        await queue_mail(conn, recipient, "Hello", "text", "html")
    assert await rows(conn) == []


_ASCII = st.text(st.characters(codec="ascii"), min_size=1, max_size=20)


@given(recipient=st.builds("{}@{}".format, _ASCII, _ASCII), subject=st.text(max_size=300))
def test_nothing_typed_becomes_a_header(recipient: str, subject: str) -> None:
    try:
        checked = checked_recipient(recipient)
    except Invalid:
        checked = "alice@mail.test"
    mail = Mail(1, checked, clean_subject(subject), "text", "html", clock.now(), None, None)
    message = build_message(Settings(url="https://parley.test"), mail)
    sent = message_from_bytes(message.as_bytes(policy=policy.SMTP), policy=policy.default)
    assert sorted(sent.keys()) == [
        "Auto-Submitted", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject", "To",
    ]  # fmt: skip
    assert [each.addr_spec for each in sent["To"].addresses] == [checked]
