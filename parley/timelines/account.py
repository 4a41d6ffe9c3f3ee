"""The ids of an account's own statuses, with the API's filters."""

import msgspec

from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.paging import Page
from parley.publishing.models import Visibility
from parley.timelines import queries


class AccountFilter(msgspec.Struct, frozen=True):
    """`tag` in normal form. `visibility_max` and `mentioning`: see seen_by."""

    replies: bool = True
    reblogs: bool = True
    tag: str | None = None
    only_media: bool = False
    visibility_max: Visibility = Visibility.UNLISTED
    mentioning: AccountId | None = None


def seen_by(
    wanted: AccountFilter, viewer: Viewer, account_id: AccountId, *, following: bool
) -> AccountFilter:
    """Narrowed to what this viewer may see by the relation to its author, so that pages come out full: up to the
    least public kind, and whatever mentions them. Each status is judged by the predicate all the same.
    """
    visibility_max = Visibility.UNLISTED
    if viewer.account_id == account_id:
        visibility_max = Visibility.DIRECT
    elif following:
        visibility_max = Visibility.PRIVATE
    return msgspec.structs.replace(wanted, visibility_max=visibility_max, mentioning=viewer.account_id)


async def account_page(
    conn: Connection, account_id: AccountId, wanted: AccountFilter, page: Page
) -> list[tuple[int, int | None]]:
    """(id, id of what it reblogs), newest first. Asked for media alone, `replies` and `tag` don't matter."""
    if wanted.only_media:
        rows = await queries.account_media_status_ids(
            conn,
            account_id,
            page.below,
            page.above,
            page.limit,
            ascending=page.ascending,
            visibility_max=wanted.visibility_max,
            mentioning=wanted.mentioning,
        )
        bare: list[tuple[int, int | None]] = [(row[0], None) for row in rows]
        return bare[::-1] if page.ascending else bare
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
        mentioning=wanted.mentioning,
        tag=wanted.tag,
    )
    found = [(row[0], row[1]) for row in rows]
    return found[::-1] if page.ascending else found
