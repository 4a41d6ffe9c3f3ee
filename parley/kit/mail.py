"""Mail: every one a row written in the act's transaction, sent by a job; without SMTP the rows are an outbox.

Where a mail goes, and what it says, lies under the key of whom it is for, and is emptied once it is sent.
"""

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib
import jinja2
import msgspec

from parley.kit import clock, ids
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import Invalid
from parley.kit.ids import bucket_of
from parley.kit.jobs import defer, job, scheduled
from parley.kit.owners_keys import OwnersKey, Piece, open_all, seal
from parley.kit.sealing import NoMasterKey
from parley.kit.services import Services

RECIPIENT_LENGTH_MAX = 254
SUBJECT_LENGTH_MAX = 200
BODY_LENGTH_MAX = 200_000
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_ANSWER_TIMEOUT_SECONDS = 20
# For all that is said to a mail server together: below what a transaction may stay idle (kit/postgres_options.py).
_SEND_TIMEOUT_SECONDS = 40
_KEEP_SENT = timedelta(days=7)
_KEEP_UNSENT = timedelta(days=30)
_DELETED_AT_ONCE_MAX = 10_000
_COLUMNS = """
    id, recipient, subject, text_body, html_body, created_at, sent_at, last_error, owner_id, sealed
"""
_TEMPLATES = Path(__file__).parent.parent / "templates" / "mail"
# Nothing with which an address list, a comment or a header could begin.
_RECIPIENT = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@[a-z0-9-]+(\.[a-z0-9-]+)*", re.ASCII | re.IGNORECASE
)


class Mail(msgspec.Struct, frozen=True):
    """The columns of `mails`."""

    id: int
    recipient: str
    subject: str
    text_body: str
    html_body: str
    created_at: datetime
    sent_at: datetime | None
    last_error: str | None
    # Whom it is for, if that is somebody who has a key here; and what then stands for address, subject and text.
    owner_id: int | None = None
    sealed: bytes | None = None


class _Words(msgspec.Struct, frozen=True, array_like=True):
    recipient: str
    subject: str
    text_body: str
    html_body: str


class MailDelayed(Exception):
    """The mail server doesn't take it now; the job comes again."""


class SendMail(msgspec.Struct, frozen=True):
    mail_id: int


async def queue_mail(
    conn: Connection, recipient: str, subject: str, text: str, html: str, key: OwnersKey | None = None
) -> None:
    """Goes out once the open transaction has committed. Raises Invalid for what is no single address.

    `key`: of whom it is for; with it erased, nobody reads the mail any longer.
    """
    if len(text) > BODY_LENGTH_MAX or len(html) > BODY_LENGTH_MAX:
        raise ValueError("a mail's body is too long")
    mail = Mail(
        id=ids.new_random_id(),
        recipient=checked_recipient(recipient),
        subject=clean_subject(subject),
        text_body=text,
        html_body=html,
        created_at=clock.now(),
        sent_at=None,
        last_error=None,
    )
    await _insert_mail(conn, mail if key is None else _sealed(key, mail))
    await defer(conn, SendMail(mail.id))


async def queue_template(
    conn: Connection, recipient: str, template: str, key: OwnersKey | None = None, **values: Any
) -> None:
    """Queues `mail/<template>.txt`, whose first line is the subject, with `mail/<template>.html` beside it."""
    subject, _, text = _environment().get_template(f"{template}.txt").render(values).partition("\n")
    html = _environment().get_template(f"{template}.html").render(values)
    await queue_mail(conn, recipient, subject, text.strip() + "\n", html, key)


def checked_recipient(recipient: str) -> str:
    """One plain address, so that no text can become a second recipient or another header. Raises Invalid."""
    if len(recipient) > RECIPIENT_LENGTH_MAX or not _RECIPIENT.fullmatch(recipient):
        raise Invalid("Validation failed: E-mail is invalid")
    return recipient


def clean_subject(subject: str) -> str:
    """One line without control characters, so that it stays one header."""
    line = " ".join(subject.split())[:SUBJECT_LENGTH_MAX]
    return "".join(character for character in line if character.isprintable())


async def list_outbox(conn: Connection, limit: int = 100) -> list[Mail]:
    """For the administrator: what has not been sent, newest first. Site-wide, so across all buckets."""
    rows = await conn.fetch_all(
        Mail,
        "select " + _COLUMNS + " from mails where sent_at is null order by created_at desc, id desc limit $1",
        limit,
    )
    return await _opened(conn, rows)


@job(SendMail, lane="mail")
async def send_mail(conn: Connection, services: Services, payload: SendMail) -> None:
    """Sends one mail and empties its row. What the server may take later raises, so that the job comes again."""
    found = await _find_mail(conn, payload.mail_id)
    if found is None or found.sent_at is not None or not services.settings.smtp_url:
        return
    opened = await _opened(conn, [found])
    if not opened:
        # Tried again, as the key may only be away.
        raise NoMasterKey(logged=f"mail {found.id} can't be opened")
    mail = opened[0]
    try:
        async with asyncio.timeout(_SEND_TIMEOUT_SECONDS):
            await _send(services.settings, mail)
    except aiosmtplib.SMTPRecipientsRefused as refusal:
        if not all(500 <= each.code < 600 for each in refusal.recipients):
            raise MailDelayed(f"the mail server says {refusal.recipients[0].code} to who it is for") from None
        await _update_refused(conn, mail.id, f"{refusal.recipients[0].code} {refusal.recipients[0].message}")
        return
    except aiosmtplib.SMTPException as failure:
        # What it says besides may name whom the letter is for, and this goes to the log.
        code = getattr(failure, "code", "")
        raise MailDelayed(f"{type(failure).__name__} {code}".strip()) from None
    except TimeoutError:
        raise MailDelayed("the mail server takes too long over it") from None
    await _update_sent(conn, mail.id, clock.now())


@scheduled(timedelta(days=1))
async def delete_old_mails(conn: Connection, _services: Services) -> None:
    """By age, so across all buckets; a bounded number a day."""
    now = clock.now()
    await conn.execute(
        """
        delete from mails where (bucket, id) in (
            select bucket, id from mails where sent_at < $1 or created_at < $2 limit $3)
        """,
        now - _KEEP_SENT,
        now - _KEEP_UNSENT,
        _DELETED_AT_ONCE_MAX,
    )


# The message and its way out


def build_message(settings: Settings, mail: Mail) -> EmailMessage:
    message = EmailMessage()
    sender = parseaddr(settings.mail_sender)[1]
    message["From"] = settings.mail_sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = make_msgid(idstring=str(mail.id), domain=sender.rpartition("@")[2])
    # Keeps holiday answers away (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text_body)
    message.add_alternative(mail.html_body, subtype="html")
    return message


async def _send(settings: Settings, mail: Mail) -> None:
    """smtp:// takes up STARTTLS when it is offered, and insists on it before it sends a password to another machine;
    smtps:// speaks TLS from the start; all check certificates.
    """
    server = urlsplit(settings.smtp_url)
    insists = bool(server.password) and server.hostname not in _LOCAL_HOSTS
    sender = parseaddr(settings.mail_sender)[1]
    await aiosmtplib.send(
        build_message(settings, mail),
        sender=sender,
        recipients=[mail.recipient],
        hostname=server.hostname,
        port=server.port,
        username=unquote(server.username) if server.username else None,
        password=unquote(server.password) if server.password else None,
        local_hostname=sender.rpartition("@")[2],
        timeout=_ANSWER_TIMEOUT_SECONDS,
        use_tls=server.scheme == "smtps",
        start_tls=False if server.scheme == "smtps" else insists or None,
    )


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


# The rows


def _sealed(key: OwnersKey, mail: Mail) -> Mail:
    """As it is to be stored; a letter of nobody's stays as it is."""
    words = _Words(mail.recipient, mail.subject, mail.text_body, mail.html_body)
    return msgspec.structs.replace(
        mail,
        recipient="",
        subject="",
        text_body="",
        html_body="",
        owner_id=key.owner_ids[0],
        sealed=seal(key, _place(mail.id), words),
    )


async def _opened(conn: Connection, mails: Sequence[Mail]) -> list[Mail]:
    """In order, without those that can't be opened."""
    pieces = [Piece(_place(each.id), each.sealed) for each in mails if each.sealed is not None]
    words = iter(await open_all(conn, pieces, _Words) if pieces else [])
    found = (each if each.sealed is None else _with_words(each, next(words)) for each in mails)
    return [each for each in found if each is not None]


def _with_words(mail: Mail, words: _Words | None) -> Mail | None:
    return (
        None if words is None else msgspec.structs.replace(mail, sealed=None, **msgspec.structs.asdict(words))
    )


def _place(mail_id: int) -> str:
    return f"mail {mail_id}"


async def _insert_mail(conn: Connection, mail: Mail) -> None:
    await conn.execute(
        """
        insert into mails (bucket, id, recipient, subject, text_body, html_body, created_at, sent_at, last_error,
            owner_id, sealed)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        bucket_of(mail.id),
        *msgspec.structs.astuple(mail),
    )


async def forget_mails_to(conn: Connection, recipient: str) -> None:
    """Whoever had the address is gone from here; in any bucket, and seldom."""
    await conn.execute("delete from mails where recipient = $1", recipient)


async def forget_mails_of(conn: Connection, owner_id: int) -> None:
    """Whatever address they went to."""
    await conn.execute("delete from mails where owner_id = $1", owner_id)


async def _find_mail(conn: Connection, mail_id: int) -> Mail | None:
    return await conn.fetch_one(
        Mail,
        "select " + _COLUMNS + " from mails where bucket = $1 and id = $2",
        bucket_of(mail_id),
        mail_id,
    )


async def _update_sent(conn: Connection, mail_id: int, sent_at: datetime) -> None:
    """The rest of the row is emptied: it may hold a secret, and has served."""
    await conn.execute(
        """
        update mails set sent_at = $3, recipient = '', subject = '', text_body = '', html_body = '', sealed = null,
            last_error = null
        where bucket = $1 and id = $2
        """,
        bucket_of(mail_id),
        mail_id,
        sent_at,
    )


async def _update_refused(conn: Connection, mail_id: int, error: str) -> None:
    await conn.execute(
        "update mails set last_error = $3 where bucket = $1 and id = $2",
        bucket_of(mail_id),
        mail_id,
        error[:500].replace("\x00", ""),
    )
