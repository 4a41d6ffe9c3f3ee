"""The mails that identity sends, and the links into pages that they carry."""

from typing import Any
from urllib.parse import quote

from parley.identity import queries
from parley.identity.models import User
from parley.identity.private_words import email_of
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.mail import queue_template
from parley.kit.owners_keys import OwnersKey, lasting_key

CONFIRM_PATH = "/auth/confirm"
RESET_REQUEST_PATH = "/auth/forgot"
RESET_PATH = "/auth/reset"
CHANGE_PATH = "/auth/change_email"


async def send_confirmation(
    conn: Connection, settings: Settings, key: OwnersKey, email: str, secret: str
) -> None:
    """`key`: the new account's."""
    link = _link(settings, CONFIRM_PATH, secret)
    await _send_to(conn, settings, AccountId(key.owner_ids[0]), key, email, "confirm", link=link)


async def send_address_in_use(conn: Connection, settings: Settings, holder: User) -> None:
    """To the member who has the address, when somebody signs up with it once more."""
    link = f"{settings.base_url}{RESET_REQUEST_PATH}"
    await _send(conn, settings, holder, "address_in_use", link=link)


async def send_reset_link(conn: Connection, settings: Settings, user: User, secret: str) -> None:
    await _send(conn, settings, user, "reset_password", link=_link(settings, RESET_PATH, secret))


async def send_password_changed(conn: Connection, settings: Settings, user: User) -> None:
    link = f"{settings.base_url}{RESET_REQUEST_PATH}"
    await _send(conn, settings, user, "password_changed", link=link)


async def send_second_factor_changed(conn: Connection, settings: Settings, user: User, change: str) -> None:
    """`change`: on, off or codes."""
    link = f"{settings.base_url}{RESET_REQUEST_PATH}"
    await _send(conn, settings, user, "second_factor", change=change, link=link)


async def send_change_link(conn: Connection, settings: Settings, user: User, email: str, secret: str) -> None:
    """To the new address."""
    key = await lasting_key(conn, user.account_id)
    link = _link(settings, CHANGE_PATH, secret)
    await _send_to(conn, settings, user.account_id, key, email, "change_email", link=link)


async def send_change_asked(conn: Connection, settings: Settings, user: User) -> None:
    """To the old address, while it still is the member's."""
    link = f"{settings.base_url}{RESET_REQUEST_PATH}"
    await _send(conn, settings, user, "email_change_asked", link=link)


async def send_email_changed(conn: Connection, settings: Settings, user: User, email: str) -> None:
    """To the old address, which is the member's no longer."""
    key = await lasting_key(conn, user.account_id)
    contact = settings.contact_email
    await _send_to(conn, settings, user.account_id, key, email, "email_changed", contact=contact)


async def send_approved(conn: Connection, settings: Settings, user: User) -> None:
    await _send(conn, settings, user, "approved")


async def send_rejected(conn: Connection, settings: Settings, user: User) -> None:
    await _send(conn, settings, user, "rejected")


async def send_account_closed(conn: Connection, settings: Settings, user: User, email: str) -> None:
    """The last one, to an address that nothing else here holds any longer: a letter of nobody's."""
    await _send_to(conn, settings, user.account_id, None, email, "account_closed")


async def _send(conn: Connection, settings: Settings, user: User, template: str, **values: Any) -> None:
    key = await lasting_key(conn, user.account_id)
    await _send_to(conn, settings, user.account_id, key, await email_of(conn, user), template, **values)


async def _send_to(
    conn: Connection,
    settings: Settings,
    account_id: AccountId,
    key: OwnersKey | None,
    email: str,
    template: str,
    **values: Any,
) -> None:
    account = await queries.find_account(conn, account_id)
    # Members whom the operator made may have no address.
    if account is None or not email:
        return
    await queue_template(
        conn,
        email,
        template,
        key,
        title=settings.title,
        base_url=settings.base_url,
        username=account.username,
        **values,
    )


def _link(settings: Settings, path: str, secret: str) -> str:
    return f"{settings.base_url}{path}?token={quote(secret)}"
