"""The mails that tell members what staff decided, and staff what happens."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from parley.identity.private_words import email_of
from parley.identity.staff_view import MemberDetails
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.mail import queue_template
from parley.kit.owners_keys import lasting_key
from parley.moderation.models import AccountWarning, CrawlAlarm

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


ALARM_SENTENCES = {
    "budget": "Somebody has read as much as one may in a day.",
    "guessing": "Somebody asks again and again for what isn't there, as if to guess what is.",
    "rush": "Much more than usual is being read at once.",
    "share": "A large part of all posts and profiles has been read today.",
}
READERS = {"anonymous": "strangers", "fresh": "new members", "member": "members"}
_STAFF_WRITTEN_TO_MAX = 50


async def send_crawl_alarm(
    conn: Connection, settings: Settings, emails: Mapping[AccountId, str], alarm: CrawlAlarm
) -> None:
    """Without names of members or addresses: these are on the page, for who may see it."""
    for account_id, email in islice(emails.items(), _STAFF_WRITTEN_TO_MAX):
        await queue_template(
            conn,
            email,
            "crawl_alarm",
            await lasting_key(conn, account_id),
            title=settings.title,
            base_url=settings.base_url,
            sentence=ALARM_SENTENCES[alarm.kind],
            readers=READERS[alarm.readers],
            figures=alarm.figures,
            wall=alarm.raises_wall and settings.sign_in_wall_on_alarm,
        )


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
    email = "" if user is None else await email_of(conn, user)
    if user is None or not email or user.confirmed_at is None:
        return
    await queue_template(
        conn,
        email,
        template,
        await lasting_key(conn, user.account_id),
        title=settings.title,
        base_url=settings.base_url,
        username=target.view.account.username,
        contact=settings.contact_email,
        **values,
    )
