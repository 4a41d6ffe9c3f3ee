"""What a member's new statuses begin with: visibility, sensitivity, language, who may quote them."""

import re

import msgspec
from msgspec import UNSET, UnsetType

from parley.identity import queries
from parley.identity.models import PostingDefaults
from parley.identity.viewer import Viewer, require_account
from parley.kit import clock
from parley.kit.changes import given, with_changes
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound
from parley.kit.ids import AccountId
from parley.kit.recent import Recent

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")


class PostingDefaultChanges(msgspec.Struct, frozen=True, kw_only=True):
    """UNSET stays as it is. A language of None means the one each client is set to."""

    visibility: int | UnsetType = UNSET
    sensitive: bool | UnsetType = UNSET
    language: str | UnsetType | None = UNSET
    quote_policy: int | UnsetType = UNSET


# By account id; every new status asks.
recent_defaults: Recent[PostingDefaults] = Recent("defaults_changed", entries_max=5_000)


async def posting_defaults(conn: Connection, account_id: AccountId) -> PostingDefaults:
    now = clock.now_seconds()
    known = recent_defaults.find(account_id, now)
    if known is not None:
        return known
    mark = recent_defaults.mark()
    found = await stored_posting_defaults(conn, account_id)
    recent_defaults.keep(mark, account_id, found, now)
    return found


async def stored_posting_defaults(conn: Connection, account_id: AccountId) -> PostingDefaults:
    """For whoever may have changed them in this very transaction."""
    found = await queries.find_posting_defaults(conn, account_id)
    if found is None:
        raise NotFound
    return found


async def edit_posting_defaults(conn: Connection, viewer: Viewer, changes: PostingDefaultChanges) -> None:
    account_id = require_account(viewer)
    if isinstance(changes.language, str) and not _LANGUAGE.fullmatch(changes.language):
        raise Invalid("Validation failed: Language is not a language code such as en or pt-BR")
    if given(changes):
        before = await stored_posting_defaults(conn, account_id)
        recent_defaults.changed(conn, account_id)
        await queries.update_posting_defaults(conn, account_id, with_changes(before, changes))
