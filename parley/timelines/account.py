"""The ids of an account's own statuses, with the API's filters."""

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.paging import Page
from parley.publishing.models import Visibility
from parley.timelines import queries


class AccountFilter(msgspec.Struct, frozen=True):
    """`tag` in normal form. `visibility_max`: the least public kind that this viewer could see any of."""

    replies: bool = True
    reblogs: bool = True
    tag: str | None = None
    visibility_max: Visibility = Visibility.UNLISTED


async def account_page(
    conn: Connection, account_id: AccountId, wanted: AccountFilter, page: Page
) -> list[tuple[int, int | None]]:
    """(id, id of what it reblogs), newest first."""
    rows = await queries.account_status_ids(
        conn,
        account_id,
        page.below,
        page.above,
        page.limit,
        ascending=page.ascending,
        replies=wanted.replies,
        reblogs=wanted.reblogs,
        visibility_max=wanted.visibility_max,
        tag=wanted.tag,
    )
    found = [(row[0], row[1]) for row in rows]
    return found[::-1] if page.ascending else found
