"""All SQL on which member follows which tag: once in the member's bucket, once in the tag's."""

from collections.abc import Collection
from typing import Any

from parley.graph.models import FollowedTag, TagFollower
from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of, bucket_of_text
from parley.kit.paging import Page

OWNED_TABLES = ("followed_tags", "tag_followers")

_PAGES = {
    direction: f"""
        select tag, id from followed_tags
        where bucket = $1 and account_id = $2 and id < $3 and id > $4 order by id {direction} limit $5
        """
    for direction in ("asc", "desc")
}


# In the member's bucket ---------------------------------------------------------------------------------


async def insert_followed_tag(conn: Connection, account_id: AccountId, tag: str, act_id: int) -> bool:
    """False when it is followed already."""
    inserted = await conn.execute(
        """
        insert into followed_tags (bucket, account_id, tag, id) values ($1, $2, $3, $4)
        on conflict (bucket, account_id, tag) do nothing
        """,
        bucket_of(account_id),
        account_id,
        tag,
        act_id,
    )
    return inserted == 1


async def delete_followed_tag(conn: Connection, account_id: AccountId, tag: str) -> bool:
    deleted = await conn.execute(
        "delete from followed_tags where bucket = $1 and account_id = $2 and tag = $3",
        bucket_of(account_id),
        account_id,
        tag,
    )
    return deleted == 1


async def followed_tags(conn: Connection, account_id: AccountId) -> list[str]:
    """All of them: there is a limit to their number."""
    return await conn.fetch_column(
        "select tag from followed_tags where bucket = $1 and account_id = $2",
        bucket_of(account_id),
        account_id,
    )


async def followed_tags_page(conn: Connection, account_id: AccountId, page: Page) -> list[FollowedTag]:
    """Last followed first."""
    rows = await conn.fetch_all(
        FollowedTag,
        _PAGES["asc" if page.ascending else "desc"],
        bucket_of(account_id),
        account_id,
        page.below,
        page.above,
        page.limit,
    )
    return rows[::-1] if page.ascending else rows


async def followed_among(
    conn: Connection, account_ids: Collection[AccountId], tags: Collection[str]
) -> list[Any]:
    """(account_id, tag) of these members and tags: several owners at once, for open streams."""
    return await conn.fetch_rows(
        """
        select f.account_id, f.tag from unnest($1::smallint[], $2::bigint[]) as o (bucket, account_id)
        join followed_tags f on f.bucket = o.bucket and f.account_id = o.account_id
        where f.tag = any($3)
        """,
        [bucket_of(each) for each in account_ids],
        list(account_ids),
        list(tags),
    )


# In the tag's bucket ------------------------------------------------------------------------------------


async def insert_tag_follower(conn: Connection, tag: str, account_id: AccountId, act_id: int) -> None:
    await conn.execute(
        """
        insert into tag_followers (bucket, tag, account_id, id) values ($1, $2, $3, $4)
        on conflict (bucket, tag, account_id) do nothing
        """,
        bucket_of_text(tag),
        tag,
        account_id,
        act_id,
    )


async def delete_tag_follower(conn: Connection, tag: str, account_id: AccountId) -> None:
    await conn.execute(
        "delete from tag_followers where bucket = $1 and tag = $2 and account_id = $3",
        bucket_of_text(tag),
        tag,
        account_id,
    )


async def tags_with_followers(conn: Connection, tags: Collection[str]) -> list[str]:
    """Those of `tags` that anybody follows: several tags at once, in a job."""
    return await conn.fetch_column(
        """
        select o.tag from unnest($1::smallint[], $2::text[]) as o (bucket, tag)
        where exists (select from tag_followers f where f.bucket = o.bucket and f.tag = o.tag)
        """,
        [bucket_of_text(each) for each in tags],
        list(tags),
    )


async def tag_followers_after(conn: Connection, tag: str, after_id: int, limit: int) -> list[TagFollower]:
    """Oldest first, so that who comes while somebody walks the list stands at its end."""
    return await conn.fetch_all(
        TagFollower,
        """
        select account_id, id from tag_followers
        where bucket = $1 and tag = $2 and id > $3 order by id limit $4
        """,
        bucket_of_text(tag),
        tag,
        after_id,
        limit,
    )
