"""All SQL on what is much talked about: the newest voices, who may raise one, the rankings, what staff decided."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from parley.discovery.models import Decided, Kind, Trend, Voice
from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of

OWNED_TABLES = ("trends", "trend_decisions")


# Voices. The first two are site-wide questions, in a job: the newest entries of one index each, with a limit.


async def newest_usages(conn: Connection, kind: Kind, since: datetime, limit: int) -> list[Voice]:
    return await conn.fetch_all(
        Voice,
        """
        select subject_id, account_id, language, first_at from usages
        where kind = $1 and first_at > $2 order by first_at desc limit $3
        """,
        int(kind),
        since,
        limit,
    )


async def newest_marks(conn: Connection, since_id: int, limit: int) -> list[Any]:
    """(status_id, account_id, id) of the newest likes and boosts."""
    return await conn.fetch_rows(
        """
        (select status_id, account_id, id from status_favourites where id > $1 order by id desc limit $2)
        union all
        (select status_id, account_id, id from status_reblogs where id > $1 order by id desc limit $2)
        """,
        since_id,
        limit,
    )


async def trusted_among(
    conn: Connection, account_ids: Collection[AccountId], joined_before: datetime, *, discoverable: bool
) -> list[AccountId]:
    """Those whose voices count: in good standing, here since then, and findable if that is asked.

    Several buckets at once, in a job.
    """
    return await conn.fetch_column(
        """
        select a.id from unnest($1::smallint[], $2::bigint[]) as o (bucket, id)
        join accounts a on a.bucket = o.bucket and a.id = o.id
        left join users u on u.bucket = a.bucket and u.account_id = a.id
        where a.suspended_at is null and a.limited_at is null and a.created_at < $3 and (a.discoverable or not $4)
            and (u.account_id is null
                or (u.confirmed_at is not null and u.approved_at is not null and u.disabled_at is null))
        """,
        [bucket_of(each) for each in account_ids],
        list(account_ids),
        joined_before,
        discoverable,
    )


async def people_a_day(
    conn: Connection, kind: Kind, subject_ids: Collection[int], since: date, before: date
) -> list[Any]:
    """(subject_id, people on all these days together); several buckets at once, in a job."""
    return await conn.fetch_rows(
        """
        select d.subject_id, sum(d.accounts)::integer
        from unnest($1::smallint[], $2::bigint[]) as o (bucket, subject_id)
        join usage_days d on d.bucket = o.bucket and d.kind = $3 and d.subject_id = o.subject_id
        where d.day < $4 and d.day >= $5 group by d.subject_id
        """,
        [bucket_of(each) for each in subject_ids],
        list(subject_ids),
        int(kind),
        before,
        since,
    )


# Rankings: a small table that every machine holds -------------------------------------------------------


async def trends(conn: Connection, kind: Kind) -> list[Trend]:
    """All that is ranked, first place first."""
    return await conn.fetch_all(
        Trend,
        """
        select subject_id, score, language, group_id, allowed from trends
        where kind = $1 order by position
        """,
        int(kind),
    )


async def delete_trends(conn: Connection, kind: Kind) -> None:
    await conn.execute("delete from trends where kind = $1", int(kind))


async def insert_trends(conn: Connection, kind: Kind, ranked: Sequence[Trend]) -> None:
    await conn.execute_many(
        """
        insert into trends (kind, subject_id, position, score, language, group_id, allowed)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict (kind, subject_id) do nothing
        """,
        [
            (int(kind), each.subject_id, position, each.score, each.language, each.group_id, each.allowed)
            for position, each in enumerate(ranked)
        ],
    )


async def set_allowed(conn: Connection, kind: Kind, subject_id: int, *, allowed: bool | None) -> None:
    await conn.execute(
        "update trends set allowed = $3 where kind = $1 and subject_id = $2", int(kind), subject_id, allowed
    )


# Decisions ----------------------------------------------------------------------------------------------


async def decisions_on(conn: Connection, kind: Decided, subject_ids: Collection[int]) -> list[Any]:
    """(subject_id, allowed) of those that staff decided upon; several buckets at once, in a job or by staff."""
    return await conn.fetch_rows(
        """
        select d.subject_id, d.allowed from unnest($1::smallint[], $2::bigint[]) as o (bucket, subject_id)
        join trend_decisions d on d.bucket = o.bucket and d.kind = $3 and d.subject_id = o.subject_id
        """,
        [bucket_of(each) for each in subject_ids],
        list(subject_ids),
        int(kind),
    )


async def upsert_decision(
    conn: Connection,
    kind: Decided,
    subject_id: int,
    *,
    allowed: bool,
    decided_by: AccountId | None,
    now: datetime,
) -> None:
    await conn.execute(
        """
        insert into trend_decisions (bucket, kind, subject_id, allowed, decided_by, decided_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (bucket, kind, subject_id) do update set allowed = $4, decided_by = $5, decided_at = $6
        """,
        bucket_of(subject_id),
        int(kind),
        subject_id,
        allowed,
        decided_by,
        now,
    )
