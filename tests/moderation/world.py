"""Staff with apps: members of each role, whose tokens hold what staff may ask for."""

import httpx

from parley.kit.db import Connection
from tests.identity.world import bearer, make_member, make_token, viewer_of
from tests.world import Member

STAFF_SCOPES = "read write follow push profile admin:read admin:write"


async def join_as(conn: Connection, client: httpx.AsyncClient, name: str, role: str) -> Member:
    """Of any role, with a token for all that staff may do."""
    account_id = await make_member(conn, name, role=role)
    issued = await make_token(conn, account_id, STAFF_SCOPES)
    return Member(name, account_id, viewer_of(issued), bearer(issued), client)
