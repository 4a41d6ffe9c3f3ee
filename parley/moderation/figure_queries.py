"""All SQL on figures for staff: what is noted hour by hour, and what is counted when staff ask.

Site-wide questions, so most name no bucket. Each reads a bounded part: the rows of some days by their ids, which are
ordered in time, or a limited number of members.
"""

from datetime import date, datetime
from typing import Any

import msgspec

from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of_text
from parley.moderation.models import CohortFigure


class Portion(msgspec.Struct, frozen=True):
    """A part of a whole and how large it is, such as a language; the key is None where nobody named one."""

    key: str | None
    value: int


class DayFigure(msgspec.Struct, frozen=True):
    day: date
    value: int


# Noting -------------------------------------------------------------------------------------------------


async def count_active(conn: Connection, day: date) -> int:
    count: int = await conn.fetch_value("select count(*) from users where last_active_on = $1", day)
    return count


async def count_new_users(conn: Connection, start: datetime, end: datetime) -> int:
    count: int = await conn.fetch_value(
        "select count(*) from users where created_at >= $1 and created_at <= $2", start, end
    )
    return count


async def count_posts(conn: Connection, below: int, above: int) -> Any:
    """Posts, boosts and replies to somebody else, of a span of time given by the lowest ids of its ends."""
    return await conn.fetch_rows(
        """
        select count(*) filter (where reblog_of_id is null), count(*) filter (where reblog_of_id is not null),
            count(*) filter (where in_reply_to_account_id <> account_id)
        from statuses where id < $1 and id >= $2
        """,
        below,
        above,
    )


async def count_favourites(conn: Connection, below: int, above: int) -> int:
    count: int = await conn.fetch_value(
        "select count(*) from status_favourites where id < $1 and id >= $2", below, above
    )
    return count


async def put_figure(conn: Connection, day: date, name: str, value: int) -> None:
    """A figure of a day only grows: what is counted late in it, or after it, may miss who came earlier."""
    await conn.execute(
        """
        insert into daily_figures as f (day, name, value) values ($1, $2, $3)
        on conflict (day, name) do update set value = greatest(f.value, $3)
        """,
        day,
        name,
        value,
    )


async def cohorts_by_day(conn: Connection, since: datetime, active_on: date) -> list[CohortFigure]:
    """By the day on which they joined, how many joined and how many of them were there on a day."""
    return await conn.fetch_all(
        CohortFigure,
        """
        select (created_at at time zone 'UTC')::date, $2::date, count(*)::integer,
            (count(*) filter (where last_active_on = $2))::integer
        from users where created_at >= $1 group by 1
        """,
        since,
        active_on,
    )


async def cohorts_by_month(conn: Connection, since: datetime, month: date) -> list[CohortFigure]:
    """By the month in which they joined, how many joined and how many of them were there in this month."""
    return await conn.fetch_all(
        CohortFigure,
        """
        select date_trunc('month', created_at at time zone 'UTC')::date, $2::date, count(*)::integer,
            (count(*) filter (where last_active_on >= $2))::integer
        from users where created_at >= $1 group by 1
        """,
        since,
        month,
    )


async def put_cohort(conn: Connection, frequency: str, figure: CohortFigure) -> None:
    await conn.execute(
        """
        insert into retention_figures as r (frequency, cohort, period, registered, active)
        values ($1, $2, $3, $4, $5)
        on conflict (frequency, cohort, period)
        do update set registered = greatest(r.registered, $4), active = greatest(r.active, $5)
        """,
        frequency,
        figure.cohort,
        figure.period,
        figure.registered,
        figure.active,
    )


async def delete_old_cohorts(conn: Connection, frequency: str, before: date) -> None:
    await conn.execute(
        "delete from retention_figures where frequency = $1 and cohort < $2", frequency, before
    )


# Reading ------------------------------------------------------------------------------------------------


async def figures(conn: Connection, name: str, start: date, end: date) -> list[DayFigure]:
    return await conn.fetch_all(
        DayFigure,
        "select day, value from daily_figures where name = $1 and day >= $2 and day <= $3",
        name,
        start,
        end,
    )


async def cohorts(conn: Connection, frequency: str, start: date, end: date) -> list[CohortFigure]:
    return await conn.fetch_all(
        CohortFigure,
        """
        select cohort, period, registered, active from retention_figures
        where frequency = $1 and cohort >= $2 and cohort <= $3 and period <= $3 order by cohort, period
        """,
        frequency,
        start,
        end,
    )


async def reports_opened(conn: Connection, below: int, above: int) -> list[DayFigure]:
    return await conn.fetch_all(
        DayFigure,
        """
        select (created_at at time zone 'UTC')::date, count(*) from reports
        where id < $1 and id >= $2 group by 1
        """,
        below,
        above,
    )


async def reports_resolved(conn: Connection, start: datetime, end: datetime) -> list[DayFigure]:
    return await conn.fetch_all(
        DayFigure,
        """
        select (action_taken_at at time zone 'UTC')::date, count(*) from reports
        where action_taken_at >= $1 and action_taken_at <= $2 group by 1
        """,
        start,
        end,
    )


async def tag_use(conn: Connection, tag: str, below: int, above: int, limit: int) -> list[Any]:
    """The newest uses of a tag in a span: status and author, out of the tag's own bucket."""
    return await conn.fetch_rows(
        """
        select status_id, account_id from tag_entries
        where bucket = $1 and tag = $2 and status_id < $3 and status_id >= $4 order by status_id desc limit $5
        """,
        bucket_of_text(tag),
        tag,
        below,
        above,
        limit,
    )


async def languages_of_statuses(conn: Connection, buckets: list[int], ids: list[int]) -> list[Portion]:
    return await conn.fetch_all(
        Portion,
        """
        select language, count(*) from statuses where bucket = any($1) and id = any($2)
        group by 1 order by 2 desc
        """,
        buckets,
        ids,
    )


async def domains_of_accounts(conn: Connection, buckets: list[int], ids: list[AccountId]) -> list[Any]:
    return await conn.fetch_rows(
        "select id, domain from accounts where bucket = any($1) and id = any($2)", buckets, ids
    )


async def locales_of_members(
    conn: Connection, start: date, end: date, members: int, limit: int
) -> list[Portion]:
    """Of those who were last there within these days; of so many members at most."""
    return await conn.fetch_all(
        Portion,
        """
        select locale, count(*) from (
            select locale from users where last_active_on <= $1 and last_active_on >= $2 limit $3) members
        group by 1 order by 2 desc, 1 limit $4
        """,
        end,
        start,
        members,
        limit,
    )


async def sources_of_members(
    conn: Connection, start: datetime, end: datetime, members: int, limit: int
) -> list[Any]:
    """Through which applications those of these days joined."""
    return await conn.fetch_rows(
        """
        select application_id, count(*) from (
            select application_id from users where created_at >= $1 and created_at <= $2 limit $3) members
        group by 1 order by 2 desc, 1 limit $4
        """,
        start,
        end,
        members,
        limit,
    )


async def names_of_applications(conn: Connection, buckets: list[int], ids: list[int]) -> list[Any]:
    return await conn.fetch_rows(
        "select id, name from applications where bucket = any($1) and id = any($2)", buckets, ids
    )


async def database_size_bytes(conn: Connection) -> int:
    size: int = await conn.fetch_value("select pg_database_size(current_database())")
    return size


async def database_version(conn: Connection) -> str:
    version: str = await conn.fetch_value("select current_setting('server_version')")
    return version


# Of one other server: out of the index of accounts that have a domain ------------------------------------


async def remote_accounts_by_day(
    conn: Connection, domain: str, start: datetime, end: datetime
) -> list[DayFigure]:
    return await conn.fetch_all(
        DayFigure,
        """
        select (created_at at time zone 'UTC')::date, count(*) from accounts
        where domain = $1 and created_at >= $2 and created_at <= $3 group by 1
        """,
        domain,
        start,
        end,
    )


async def remote_statuses_by_day(conn: Connection, domain: str, below: int, above: int) -> list[DayFigure]:
    return await conn.fetch_all(
        DayFigure,
        """
        select (s.created_at at time zone 'UTC')::date, count(*)
        from accounts a join statuses s on s.bucket = a.bucket and s.account_id = a.id
        where a.domain = $1 and s.id < $2 and s.id >= $3 group by 1
        """,
        domain,
        below,
        above,
    )


async def remote_bytes_by_day(conn: Connection, domain: str, below: int, above: int) -> list[DayFigure]:
    """What the files take that came from there."""
    return await conn.fetch_all(
        DayFigure,
        """
        select (m.created_at at time zone 'UTC')::date, coalesce(sum((variant ->> 'size_bytes')::bigint), 0)::bigint
        from accounts a join media_files m on m.bucket = a.bucket and m.account_id = a.id
            cross join jsonb_array_elements(m.variants) variant
        where a.domain = $1 and m.id < $2 and m.id >= $3 group by 1
        """,
        domain,
        below,
        above,
    )


async def remote_reports_by_day(conn: Connection, domain: str, below: int, above: int) -> list[DayFigure]:
    return await conn.fetch_all(
        DayFigure,
        """
        select (r.created_at at time zone 'UTC')::date, count(*)
        from accounts a join reports r on r.bucket = a.bucket and r.target_account_id = a.id
        where a.domain = $1 and r.id < $2 and r.id >= $3 group by 1
        """,
        domain,
        below,
        above,
    )


async def remote_relations(conn: Connection, domain: str, below: int, above: int) -> list[Any]:
    """The ids of follows of accounts there by members, and of members by accounts there."""
    return await conn.fetch_rows(
        """
        select r.followed_by_id, r.follow_id
        from accounts a join relationships r on r.bucket = a.bucket and r.account_id = a.id
        where a.domain = $1 and ((r.followed_by_id < $2 and r.followed_by_id >= $3)
            or (r.follow_id < $2 and r.follow_id >= $3))
        """,
        domain,
        below,
        above,
    )


async def remote_accounts_by_followers(conn: Connection, domain: str, limit: int) -> list[Any]:
    """Id, name, followers."""
    return await conn.fetch_rows(
        """
        select a.username, c.followers_count::bigint
        from accounts a join account_counts c on c.bucket = a.bucket and c.account_id = a.id
        where a.domain = $1 order by 2 desc, 1 limit $2
        """,
        domain,
        limit,
    )


async def remote_languages(
    conn: Connection, domain: str, below: int, above: int, limit: int
) -> list[Portion]:
    return await conn.fetch_all(
        Portion,
        """
        select s.language, count(*)
        from accounts a join statuses s on s.bucket = a.bucket and s.account_id = a.id
        where a.domain = $1 and s.id < $2 and s.id >= $3 group by 1 order by 2 desc, 1 limit $4
        """,
        domain,
        below,
        above,
        limit,
    )


async def servers_by_statuses(conn: Connection, below: int, above: int, limit: int) -> list[Portion]:
    """Other servers by how much came from them."""
    return await conn.fetch_all(
        Portion,
        """
        select a.domain, count(*)
        from accounts a join statuses s on s.bucket = a.bucket and s.account_id = a.id
        where a.domain is not null and s.id < $1 and s.id >= $2 group by 1 order by 2 desc, 1 limit $3
        """,
        below,
        above,
        limit,
    )
