"""Editing a profile: what a member says of themselves, marked up, and how they want to be found."""

import secrets
from collections.abc import Iterable
from functools import partial
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from parley.identity import queries
from parley.identity.accounts import accounts_by_handles
from parley.identity.addresses import account_url, tag_url
from parley.identity.events import ProfileEdited
from parley.identity.models import Account, Field, Picture
from parley.identity.viewer import Viewer, require_account
from parley.kit.changes import given, with_changes
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound
from parley.kit.events import emit
from parley.kit.ids import AccountId
from parley.kit.markup import Mentions, MentionTarget, render_field_value, render_note
from parley.kit.spans import find_mentions, read_domain
from parley.kit.text import clean_line, clean_text, count_characters
from parley.media.attach import delete_media
from parley.media.models import Product
from parley.media.upload import accept_made

DISPLAY_NAME_LENGTH_MAX = 30
NOTE_LENGTH_MAX = 500
FIELDS_MAX = 4
DESCRIPTION_LENGTH_MAX = 1500
FIELD_LENGTH_MAX = 255
_MENTIONS_MAX = 50
ATTRIBUTION_DOMAINS_MAX = 100


class ProfileChanges(msgspec.Struct, frozen=True, kw_only=True):
    """UNSET stays as it is. `fields` are pairs of name and value, and replace all there were."""

    display_name: str | UnsetType = UNSET
    note: str | UnsetType = UNSET
    fields: tuple[tuple[str, str], ...] | UnsetType = UNSET
    locked: bool | UnsetType = UNSET
    bot: bool | UnsetType = UNSET
    discoverable: bool | UnsetType = UNSET
    indexable: bool | UnsetType = UNSET
    hide_collections: bool | UnsetType = UNSET
    avatar: Picture | UnsetType | None = UNSET
    header: Picture | UnsetType | None = UNSET
    avatar_description: str | UnsetType = UNSET
    header_description: str | UnsetType = UNSET
    show_media: bool | UnsetType = UNSET
    show_media_replies: bool | UnsetType = UNSET
    show_featured: bool | UnsetType = UNSET
    attribution_domains: tuple[str, ...] | UnsetType = UNSET


async def edit_profile(conn: Connection, settings: Settings, viewer: Viewer, changes: ProfileChanges) -> None:
    account_id = require_account(viewer)
    checked = _checked(changes)
    if not given(checked):
        return
    # Before the version rises: whoever mentions themselves would else be kept as they are now under the new version.
    mentions = await _mention_targets(conn, settings, _texts_of(checked))
    # The version first: it locks the row, so that edits of one account happen one after another. The step is
    # random, so that an edit rolled back and a later one hardly ever bear the same number in a process's cache.
    await queries.update_version(conn, account_id, 1 + secrets.randbelow(1000))
    before = await queries.find_account(conn, account_id)
    if before is None:
        raise NotFound
    after = _edited(settings, before, checked, mentions)
    await queries.update_profile(conn, after)
    await _let_go_of_pictures(conn, before, after)
    await emit(conn, ProfileEdited(account_id))


async def accept_picture_of(
    conn: Connection, account_id: AccountId, purpose: Literal["avatar", "header"], product: Product
) -> Picture:
    """To be named in the changes of the same transaction."""
    media_id = await accept_made(conn, account_id, purpose, product, guarded=False)
    files = {each.name: each.file for each in product.variants}
    return Picture(media_id, files["original"], files.get("static", files["original"]))


async def _let_go_of_pictures(conn: Connection, before: Account, after: Account) -> None:
    pairs = ((before.avatar, after.avatar), (before.header, after.header))
    await delete_media(conn, [old.media_id for old, new in pairs if old is not None and old != new])


def _checked(changes: ProfileChanges) -> ProfileChanges:
    """The texts cleaned. Raises Invalid for what is too long or too much."""
    cleaned: dict[str, object] = {}
    if changes.display_name is not UNSET:
        cleaned["display_name"] = _measured(
            clean_line(changes.display_name, "Display name"), DISPLAY_NAME_LENGTH_MAX, "Display name"
        )
    if changes.note is not UNSET:
        cleaned["note"] = _measured(clean_text(changes.note, "Note").strip(), NOTE_LENGTH_MAX, "Note")
    if changes.fields is not UNSET:
        cleaned["fields"] = _checked_fields(changes.fields)
    for name in ("avatar_description", "header_description"):
        text = getattr(changes, name)
        if text is not UNSET:
            cleaned[name] = _measured(
                clean_text(text, "Description").strip(), DESCRIPTION_LENGTH_MAX, "Description"
            )
    if changes.attribution_domains is not UNSET:
        cleaned["attribution_domains"] = _checked_domains(changes.attribution_domains)
    return msgspec.structs.replace(changes, **cleaned)


def _checked_domains(domains: Iterable[str]) -> tuple[str, ...]:
    """Each once, in normal form."""
    found: dict[str, None] = {}
    for text in domains:
        domain = read_domain(text)
        if domain is None:
            raise Invalid("Validation failed: Attribution domains hold what is not a valid domain name")
        found[domain] = None
    if len(found) > ATTRIBUTION_DOMAINS_MAX:
        raise Invalid(
            f"Validation failed: Attribution domains are too many (maximum is {ATTRIBUTION_DOMAINS_MAX})"
        )
    return tuple(found)


def _checked_fields(fields: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    cleaned = [(clean_line(name, "Field name"), clean_line(value, "Field value")) for name, value in fields]
    kept = [(name, value) for name, value in cleaned if name or value]
    if len(kept) > FIELDS_MAX:
        raise Invalid(f"Validation failed: Fields are too many (maximum is {FIELDS_MAX})")
    for name, value in kept:
        if not name:
            raise Invalid("Validation failed: Field name can't be blank")
        _measured(name, FIELD_LENGTH_MAX, "Field name")
        _measured(value, FIELD_LENGTH_MAX, "Field value")
    return tuple(kept)


def _measured(text: str, limit: int, name: str) -> str:
    if count_characters(text) > limit:
        raise Invalid(f"Validation failed: {name} is too long (maximum is {limit} characters)")
    return text


def _texts_of(changes: ProfileChanges) -> list[str]:
    note = "" if changes.note is UNSET else changes.note
    pairs = () if changes.fields is UNSET else changes.fields
    return [note, *(value for _, value in pairs)]


def _edited(settings: Settings, before: Account, changes: ProfileChanges, mentions: Mentions) -> Account:
    """`changes` are checked; texts that don't change keep the markup they have."""
    after = with_changes(before, msgspec.structs.replace(changes, fields=UNSET))
    if changes.note is not UNSET:
        html = render_note(changes.note, mentions, partial(tag_url, settings.base_url), settings.domain)
        after = msgspec.structs.replace(after, note_html=html)
    if changes.fields is not UNSET:
        after = msgspec.structs.replace(after, fields=_fields(settings, before, changes.fields, mentions))
    return after


def _fields(
    settings: Settings, before: Account, pairs: tuple[tuple[str, str], ...], mentions: Mentions
) -> tuple[Field, ...]:
    """A field that stays the same stays verified."""
    link = partial(tag_url, settings.base_url)
    verified = {(each.name, each.value): each.verified_at for each in before.fields}
    return tuple(
        Field(
            name,
            value,
            render_field_value(value, mentions, link, settings.domain),
            verified.get((name, value)),
        )
        for name, value in pairs
    )


async def _mention_targets(conn: Connection, settings: Settings, texts: Iterable[str]) -> Mentions:
    mentioned = find_mentions("\n".join(texts), settings.domain)[:_MENTIONS_MAX]
    keys = [(username.lower(), domain) for username, domain in mentioned]
    found = await accounts_by_handles(conn, keys)
    return {
        key: MentionTarget(account_url(settings.base_url, account), account.username, account.acct)
        for key, account in found.items()
    }
