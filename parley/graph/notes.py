"""A member's private note about another account; nobody else reads it."""

from msgspec.structs import replace

from parley.graph import queries
from parley.graph.errors import NoteTooLong, Oneself
from parley.graph.models import Relationship
from parley.graph.private_words import with_note
from parley.identity.accounts import require_account_by_id
from parley.identity.viewer import Viewer, require_account
from parley.kit.db import Connection
from parley.kit.ids import AccountId

NOTE_LENGTH_MAX = 2000


async def set_note(conn: Connection, viewer: Viewer, target_id: AccountId, note: str) -> Relationship:
    """An empty note removes it."""
    account_id = require_account(viewer)
    if account_id == target_id:
        raise Oneself
    if len(note) > NOTE_LENGTH_MAX:
        raise NoteTooLong
    await require_account_by_id(conn, target_id)
    before = await queries.open_relationship(conn, account_id, target_id)
    await queries.update_relationship(conn, account_id, await with_note(conn, account_id, before, note))
    return replace(before, note=note, sealed_note=None)
