"""Parting from everybody of a domain, after a member has blocked it."""

import msgspec

from parley.graph.domain_blocks import PartFromDomain
from parley.graph.follow import part
from parley.graph.queries import related_after
from parley.identity.accounts import account_views
from parley.kit.db import Connection
from parley.kit.jobs import defer

_PARTED_AT_ONCE = 200


async def part_from_domain(conn: Connection, payload: PartFromDomain) -> None:
    """A slice of those to whom the member has a relation; the rest is deferred."""
    others = await related_after(conn, payload.account_id, payload.after_id, _PARTED_AT_ONCE)
    views = await account_views(conn, others)
    for other_id in others:
        view = views.get(other_id)
        if view is not None and view.account.domain == payload.domain:
            await part(conn, payload.account_id, other_id)
    if len(others) == _PARTED_AT_ONCE:
        await defer(conn, msgspec.structs.replace(payload, after_id=others[-1]))
