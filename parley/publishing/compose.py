"""What create and edit share: a draft's text cleaned, measured, its mentions looked up, its HTML made."""

import re

import msgspec

from parley.identity.accounts import accounts_by_handles
from parley.identity.addresses import Handle, account_url
from parley.identity.models import Account
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.publishing.addresses import tag_url
from parley.publishing.errors import EmptyStatus, TooLong, UnknownLanguage
from parley.publishing.text import (
    MentionTarget,
    clean_line,
    clean_text,
    count_length,
    find_hashtags,
    find_mentions,
    normal_tag,
    render_status,
)

MENTIONS_MAX = 100
TAGS_MAX = 100
_LANGUAGE = re.compile(r"[a-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,2}", re.IGNORECASE)


class Composed(msgspec.Struct, frozen=True):
    """A text ready to be stored: `tags` in normal form, `mentioned` in order of appearance."""

    text: str
    content: str
    spoiler_text: str
    tags: tuple[str, ...]
    mentioned: tuple[Account, ...]


async def compose(
    conn: Connection, settings: Settings, text: str, spoiler_text: str, *, may_be_empty: bool
) -> Composed:
    """Refuses what is empty or too long; mentions of nobody stay plain text."""
    text = clean_text(text)
    spoiler_text = clean_line(spoiler_text)
    if not text.strip() and not may_be_empty:
        raise EmptyStatus
    if count_length(text, spoiler_text) > settings.status_length_max:
        raise TooLong(settings.status_length_max)
    found = find_mentions(text, settings.domain)[:MENTIONS_MAX]
    handles = {(username.lower(), domain): Handle(username, domain) for username, domain in found}
    accounts = await accounts_by_handles(conn, list(handles.values()))
    known = {key: accounts[handle] for key, handle in handles.items() if handle in accounts}
    targets = {
        key: MentionTarget(account_url(settings.base_url, account), account.username, account.acct)
        for key, account in known.items()
    }
    content = render_status(text, targets, lambda tag: tag_url(settings.base_url, tag), settings.domain)
    tags = tuple(dict.fromkeys(normal_tag(tag) for tag in find_hashtags(text)[:TAGS_MAX]))
    return Composed(text, content, spoiler_text, tags, tuple(known.values()))


def checked_language(language: str | None) -> str | None:
    """A language tag in lower case; empty means none. Raises UnknownLanguage."""
    if not language:
        return None
    if not _LANGUAGE.fullmatch(language):
        raise UnknownLanguage
    return language.replace("_", "-").lower() if "-" not in language else language
