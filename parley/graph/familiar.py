"""Familiar followers: whom of an account's followers the viewer follows.

The viewer's newest FOLLOWEES_MAX followees are read once, in the viewer's bucket; then, for each account asked,
one statement in its bucket finds those of them who follow it.
"""

from collections.abc import Collection, Sequence

from parley.graph import queries
from parley.graph.relationships import relationships_of
from parley.identity.accounts import account_views
from parley.identity.models import AccountView
from parley.identity.viewer import Viewer, require_account
from parley.kit.db import Connection
from parley.kit.ids import AccountId

ACCOUNTS_MAX = 10
FOLLOWEES_MAX = 5000
SHOWN_MAX = 40


async def familiar_followers(
    conn: Connection, viewer: Viewer, account_ids: Sequence[AccountId]
) -> dict[AccountId, list[AccountView]]:
    """For the first ACCOUNTS_MAX of the ids that exist. Nobody who hides their collections is given away."""
    account_id = require_account(viewer)
    asked = list(dict.fromkeys(account_ids))[:ACCOUNTS_MAX]
    targets = await account_views(conn, asked)
    relations = await relationships_of(conn, account_id, list(targets))
    open_ids = [
        each for each, view in targets.items() if _is_open(view) and relations[each].blocked_by_id is None
    ]
    found = await _followers_known(conn, account_id, open_ids)
    views = await account_views(conn, {each for ids in found.values() for each in ids})
    return {
        each: [views[one] for one in found.get(each, ()) if one in views and _is_open(views[one])]
        for each in asked
        if each in targets
    }


async def _followers_known(
    conn: Connection, account_id: AccountId, target_ids: Collection[AccountId]
) -> dict[AccountId, list[AccountId]]:
    if not target_ids:
        return {}
    followees = await queries.followee_ids(conn, account_id, FOLLOWEES_MAX)
    return {each: await queries.followers_among(conn, each, followees, SHOWN_MAX) for each in target_ids}


def _is_open(view: AccountView) -> bool:
    return view.account.suspended_at is None and not view.account.hide_collections
