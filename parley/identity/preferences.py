"""What a member prefers for new statuses: visibility, sensitivity, language."""

import re

import msgspec
from msgspec import UNSET, UnsetType

from parley.identity import queries
from parley.identity.models import Preferences
from parley.identity.viewer import Viewer, require_account
from parley.kit.changes import given, with_changes
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound
from parley.kit.ids import AccountId

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")


class PreferenceChanges(msgspec.Struct, frozen=True, kw_only=True):
    """UNSET stays as it is. A language of None means the one each client is set to."""

    default_visibility: int | UnsetType = UNSET
    default_sensitive: bool | UnsetType = UNSET
    default_language: str | UnsetType | None = UNSET


async def require_preferences(conn: Connection, account_id: AccountId) -> Preferences:
    found = await queries.find_preferences(conn, account_id)
    if found is None:
        raise NotFound
    return found


async def edit_preferences(conn: Connection, viewer: Viewer, changes: PreferenceChanges) -> None:
    account_id = require_account(viewer)
    language = changes.default_language
    if isinstance(language, str) and not _LANGUAGE.fullmatch(language):
        raise Invalid("Validation failed: Language is not a language code such as en or pt-BR")
    if given(changes):
        before = await require_preferences(conn, account_id)
        await queries.update_preferences(conn, account_id, with_changes(before, changes))
