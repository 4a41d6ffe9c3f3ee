"""What a pushed notification says: one line of what happened, and the beginning of what it is about."""

from typing import Any

import msgspec

from parley.identity.addresses import avatar_url
from parley.identity.models import Account
from parley.kit.html import plain_excerpt
from parley.kit.ids import NotificationId
from parley.kit.text import excerpt
from parley.kit.web_push import PLAIN_BYTES_MAX
from parley.publishing.models import Status

_BODY_LENGTH = 140
_TITLES = {
    "mention": "{name} mentioned you",
    "status": "{name} posted",
    "reblog": "{name} boosted your post",
    "follow": "{name} follows you",
    "follow_request": "{name} would like to follow you",
    "favourite": "{name} liked your post",
    "update": "{name} edited a post",
    "quote": "{name} quoted your post",
    "quoted_update": "{name} edited a post that you quoted",
    "admin.sign_up": "{name} signed up",
    "admin.report": "{name} sent a report",
}


class PushPayload(msgspec.Struct, frozen=True):
    """The plain text of a message, as apps parse it: the notification's id is a number there."""

    access_token: str
    preferred_locale: str
    notification_id: int
    notification_type: str
    icon: str
    title: str
    body: str


def title_of(type: str, sender: Account, *, own: bool) -> str:
    if type == "poll":
        return "Your poll has ended" if own else "A poll that you voted in has ended"
    return _TITLES[type].format(name=sender.display_name or sender.username)


def body_of(sender: Account, status: Status | None) -> str:
    """A warning stands for the words that it hides; of people, what they say of themselves."""
    if status is None:
        return plain_excerpt(sender.note_html, _BODY_LENGTH)
    if status.spoiler_text:
        return excerpt(status.spoiler_text, _BODY_LENGTH)
    return plain_excerpt(status.content, _BODY_LENGTH)


def payload_of(
    notification_id: NotificationId,
    type: str,
    base_url: str,
    sender: Account,
    status: Status | None,
    *,
    own: bool,
    bearer: str,
    locale: str,
) -> bytes:
    whole = PushPayload(
        access_token=bearer,
        preferred_locale=locale,
        notification_id=notification_id,
        notification_type=type,
        icon=avatar_url(base_url, sender),
        title=title_of(type, sender, own=own),
        body=body_of(sender, status),
    )
    return _fitting(whole)


def _fitting(whole: PushPayload) -> bytes:
    """A character may take many bytes: then the words are left to the app, which asks for them."""
    changes: tuple[dict[str, Any], ...] = ({}, {"body": ""}, {"body": "", "title": ""})
    encoded = (msgspec.json.encode(msgspec.structs.replace(whole, **each)) for each in changes)
    return next(each for each in encoded if len(each) <= PLAIN_BYTES_MAX)
