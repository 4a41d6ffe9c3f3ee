"""The mails that tell members what staff decided."""

from typing import Any

from parley.identity.staff_view import MemberDetails
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.mail import queue_template
from parley.moderation.models import AccountWarning

WARNING_SENTENCES = {
    "none": "Staff have sent you a warning.",
    "sensitive": "From now on, pictures and videos that you post are hidden until readers ask to see them.",
    "disable": "Your login is disabled. Your profile and your posts stay where they are.",
    "silence": "Your account is limited: only those who follow you see your posts in their timelines.",
    "suspend": "Your account is suspended. Nobody sees your profile or your posts, and you can't sign in.",
    "delete_statuses": "Posts of yours were removed.",
}
_LIFTED_SENTENCES = {
    "suspended": "Your account is no longer suspended.",
    "limited": "Your account is no longer limited.",
    "sensitized": "What you post is no longer hidden from readers.",
    "disabled": "Your login works again.",
}


async def send_warning(
    conn: Connection, settings: Settings, target: MemberDetails, warning: AccountWarning
) -> None:
    sentence = WARNING_SENTENCES[warning.action]
    await _send(conn, settings, target, "account_warning", sentence=sentence, reason=warning.text)


async def send_lifted(
    conn: Connection, settings: Settings, target: MemberDetails, lifted: str, reason: str
) -> None:
    await _send(conn, settings, target, "account_restored", sentence=_LIFTED_SENTENCES[lifted], reason=reason)


async def _send(
    conn: Connection, settings: Settings, target: MemberDetails, template: str, **values: Any
) -> None:
    """To an address that was confirmed to be theirs; accounts without a login here can't be written to."""
    user = target.user
    if user is None or not user.email or user.confirmed_at is None:
        return
    await queue_template(
        conn,
        user.email,
        template,
        title=settings.title,
        base_url=settings.base_url,
        username=target.view.account.username,
        contact=settings.contact_email,
        **values,
    )
