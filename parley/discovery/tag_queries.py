"""All SQL on tags, on how much things are used a day, and on tags that members feature."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from parley.discovery.models import FeaturedTag, Kind, Use
from parley.kit.db import Connection
from parley.kit.ids import AccountId, StatusId, TagId, bucket_of, bucket_of_text

OWNED_TABLES = ("tags", "usages", "usage_days", "featured_tags")

_FEATURED_COLUMNS = "tag, id, display_name, statuses_count, last_status_on"


# Tags ---------------------------------------------------------------------------------------------------


async def insert_tag(conn: Connection, tag_id: TagId, name: str, display_name: str, now: datetime) -> None:
    """The first spelling stays."""
    await conn.execute(
        """
        insert into tags (bucket, id, name, display_name, created_at) values ($1, $2, $3, $4, $5)
        on conflict (bucket, id) do nothing
        """,
        bucket_of(tag_id),
        tag_id,
        name,
        display_name,
        now,
    )


async def tags_by_ids(conn: Connection, tag_ids: Collection[TagId]) -> list[Any]:
    """(id, name, display_name); for hydration, without those that nobody has used yet."""
    return await conn.fetch_rows(
        """
        select t.id, t.name, t.display_name from unnest($1::smallint[], $2::bigint[]) as o (bucket, id)
        join tags t on t.bucket = o.bucket and t.id = o.id
        """,
        [bucket_of(each) for each in tag_ids],
        list(tag_ids),
    )


async def is_borne(conn: Connection, name: str) -> bool:
    """Whether a public post has this tag."""
    found: bool = await conn.fetch_value(
        "select exists (select from tag_entries where bucket = $1 and tag = $2)", bucket_of_text(name), name
    )
    return found


async def delete_tag(conn: Connection, tag_id: TagId) -> None:
    """With how much it was used, and by whom."""
    await conn.execute(
        """
        with uses as (delete from usages where bucket = $1 and kind = $3 and subject_id = $2),
            days as (delete from usage_days where bucket = $1 and kind = $3 and subject_id = $2)
        delete from tags where bucket = $1 and id = $2
        """,
        bucket_of(tag_id),
        tag_id,
        int(Kind.TAG),
    )


async def tags_after(conn: Connection, bucket: int, tag_id: int, limit: int) -> list[Any]:
    """(id, name): of the whole site, in the order of the table."""
    return await conn.fetch_rows(
        "select id, name from tags where (bucket, id) > ($1, $2) order by bucket, id limit $3",
        bucket,
        tag_id,
        limit,
    )


# Use ----------------------------------------------------------------------------------------------------


async def add_usages(conn: Connection, kind: Kind, used: Sequence[Use]) -> None:
    """Who used what: their own row of the day, and the day's counts, each with one more person at most."""
    await conn.execute_many(
        """
        with used as (
            insert into usages (bucket, kind, subject_id, day, account_id, times, language, first_at)
            values ($1, $2, $3, $4, $5, 1, $6, $7)
            on conflict (bucket, kind, subject_id, day, account_id) do update set times = usages.times + 1
            returning (times = 1)::integer as first
        )
        insert into usage_days (bucket, kind, subject_id, day, shard, times, accounts)
        select $1, $2, $3, $4, $8, 1, first from used
        on conflict (bucket, kind, subject_id, day, shard) do update set times = usage_days.times + 1,
            accounts = usage_days.accounts + excluded.accounts
        """,
        [
            (
                bucket_of(each.subject_id),
                int(kind),
                each.subject_id,
                each.at.date(),
                each.account_id,
                each.language,
                each.at,
                each.shard,
            )
            for each in used
        ],
    )


async def days_of_use(conn: Connection, kind: Kind, subject_ids: Collection[int], since: date) -> list[Any]:
    """(subject_id, day, times, accounts) of several things at once: some rows a day each, for hydration."""
    return await conn.fetch_rows(
        """
        select d.subject_id, d.day, sum(d.times)::integer, sum(d.accounts)::integer
        from unnest($1::smallint[], $2::bigint[]) as o (bucket, subject_id)
        join usage_days d on d.bucket = o.bucket and d.kind = $3 and d.subject_id = o.subject_id
        where d.day >= $4 group by d.subject_id, d.day
        """,
        [bucket_of(each) for each in subject_ids],
        list(subject_ids),
        int(kind),
        since,
    )


async def delete_old_usages(conn: Connection, before: datetime, limit: int) -> int:
    return await conn.execute(
        """
        delete from usages where (bucket, kind, subject_id, day, account_id) in (
            select bucket, kind, subject_id, day, account_id from usages
            where kind = any(array[1, 2, 3]::smallint[]) and first_at < $1 limit $2)
        """,
        before,
        limit,
    )


async def delete_old_days(conn: Connection, before: date, limit: int) -> int:
    return await conn.execute(
        """
        delete from usage_days where (bucket, kind, subject_id, day, shard) in (
            select bucket, kind, subject_id, day, shard from usage_days where day < $1 limit $2)
        """,
        before,
        limit,
    )


# Featured tags ------------------------------------------------------------------------------------------


async def featured_tags(conn: Connection, account_id: AccountId) -> list[FeaturedTag]:
    """Those used most first; there is a limit to their number."""
    return await conn.fetch_all(
        FeaturedTag,
        "select "
        + _FEATURED_COLUMNS
        + " from featured_tags where bucket = $1 and account_id = $2 order by statuses_count desc, id",
        bucket_of(account_id),
        account_id,
    )


async def insert_featured_tag(conn: Connection, account_id: AccountId, row: FeaturedTag) -> None:
    await conn.execute(
        """
        insert into featured_tags (bucket, account_id, tag, id, display_name, statuses_count, last_status_on)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict (bucket, account_id, tag) do nothing
        """,
        bucket_of(account_id),
        account_id,
        row.tag,
        row.id,
        row.display_name,
        row.statuses_count,
        row.last_status_on,
    )


async def delete_featured_tag(conn: Connection, account_id: AccountId, tag: str) -> bool:
    deleted = await conn.execute(
        "delete from featured_tags where bucket = $1 and account_id = $2 and tag = $3",
        bucket_of(account_id),
        account_id,
        tag,
    )
    return deleted == 1


async def count_featured_status(
    conn: Connection, account_id: AccountId, tags: Sequence[str], status_id: StatusId, day: date
) -> None:
    """One more post with those of `tags` that its author features; older ones were counted when they began to."""
    await conn.execute(
        """
        update featured_tags set statuses_count = statuses_count + 1, last_status_on = greatest(last_status_on, $5)
        where bucket = $1 and account_id = $2 and tag = any($3) and id < $4
        """,
        bucket_of(account_id),
        account_id,
        list(tags),
        status_id,
        day,
    )


async def set_featured_counts(
    conn: Connection, account_id: AccountId, tag: str, statuses_count: int, last_status_on: date | None
) -> None:
    await conn.execute(
        """
        update featured_tags set statuses_count = $4, last_status_on = $5
        where bucket = $1 and account_id = $2 and tag = $3
        """,
        bucket_of(account_id),
        account_id,
        tag,
        statuses_count,
        last_status_on,
    )


async def newest_tags_of(conn: Connection, account_id: AccountId, limit: int) -> list[Any]:
    """(tags, created_at) of an account's public posts with tags, among its newest `limit` posts."""
    return await conn.fetch_rows(
        """
        select tags, created_at from (
            select tags, created_at, visibility from statuses
            where bucket = $1 and account_id = $2 order by id desc limit $3) as newest
        where visibility = 0 and tags <> '{}'
        """,
        bucket_of(account_id),
        account_id,
        limit,
    )
