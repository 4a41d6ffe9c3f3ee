"""What is always true of what stands in the database once all jobs are done; each statement finds what breaks it."""

from typing import Any

from parley.kit.db import Connection

# By what it means when one of these finds a row.
BROKEN = {
    "an account's count of statuses": """
        select account_id, statuses_count, counted from account_counts
        join lateral (
            select count(*) counted from statuses where statuses.account_id = account_counts.account_id
            and visibility < 3) really on true
        where statuses_count <> counted
    """,
    "an account's counts of follows": """
        select account_id, following_count, followers_count, following, followers from account_counts
        join lateral (
            select count(follow_id) following, count(followed_by_id) followers from relationships mine
            where mine.account_id = account_counts.account_id) really on true
        where (following_count, followers_count) <> (following, followers)
    """,
    "a status's count of replies": """
        select status_id, replies_count, counted from status_counts
        join lateral (
            select count(*) counted from statuses where in_reply_to_id = status_id and visibility < 2) really on true
        where replies_count <> counted
    """,
    "a status's count of quotes": """
        select status_id, quotes_count, counted from status_counts
        join lateral (
            select count(*) counted from statuses
            where quote_of_id = status_id and quote_state = 1 and visibility < 2) really on true
        where quotes_count <> counted
    """,
    "quotes on both sides": """
        select * from (
            select quote_of_id status_id, id quoting_id, account_id, quote_state state from statuses
            where quote_state in (1, 3)) mine
        full join status_quotes theirs using (status_id, quoting_id, account_id, state)
        where mine is null or theirs is null
    """,
    "a status's count of boosts": """
        select status_id, reblogs_count, counted from status_counts
        join lateral (
            select count(*) counted from statuses boosts join statuses on statuses.id = boosts.reblog_of_id
            where statuses.id = status_id and (boosts.visibility < 2 or boosts.visibility <= statuses.visibility)) really on true
        where reblogs_count <> counted
    """,
    "a status's count of likes": """
        select status_id, favourites_count, counted from status_counts
        join lateral (
            select count(*) counted from status_favourites marks where marks.status_id = status_counts.status_id) really on true
        where favourites_count <> counted
    """,
    "a poll's counts of votes": """
        select id, votes_counts, voters_count from polls
        join lateral (
            select count(distinct account_id) voters, count(choice) votes
            from poll_votes left join lateral unnest(choices) choice on true where poll_id = polls.id) really on true
        where voters_count <> voters or (select sum(each) from unnest(votes_counts) each) <> votes
    """,
    "likes on both sides": """
        select * from (select account_id, status_id, favourite_id id from interactions where favourite_id is not null) mine
        full join status_favourites theirs using (account_id, status_id, id) where mine is null or theirs is null
    """,
    "boosts on both sides": """
        select * from (select account_id, status_id, reblog_id id from interactions where reblog_id is not null) mine
        full join status_reblogs theirs using (account_id, status_id, id)
        full join (select account_id, reblog_of_id status_id, id from statuses where reblog_of_id is not null) wrappers
            using (account_id, status_id, id)
        where mine is null or theirs is null or wrappers is null
    """,
    "relations on both sides": """
        select * from relationships mine
        left join relationships theirs on theirs.account_id = mine.other_id and theirs.other_id = mine.account_id
        where (mine.follow_id, mine.requested_id, mine.block_id, mine.followed_by_id, mine.requested_by_id, mine.blocked_by_id)
            is distinct from (theirs.followed_by_id, theirs.requested_by_id, theirs.blocked_by_id,
                theirs.follow_id, theirs.requested_id, theirs.block_id)
    """,
    "no follow beside a block": """
        select * from relationships where (block_id is not null or blocked_by_id is not null)
        and coalesce(follow_id, requested_id, followed_by_id, requested_by_id) is not null
    """,
    "a status and its counts": """
        select * from statuses full join status_counts on status_id = id where status_id is null or id is null
    """,
    "nothing hangs on what is gone": """
        select * from (
            select 'edit', status_id from status_edits union all select 'thread', status_id from thread_entries
            union all select 'tag', status_id from tag_entries union all select 'like', status_id from status_favourites
            union all select 'boost', status_id from status_reblogs union all select 'poll', status_id from polls
            union all select 'quote', status_id from status_quotes
            union all select 'vote', status_id from poll_votes left join polls on polls.id = poll_id
            union all select 'notification', status_id from notifications where status_id is not null
        ) hanging (what, status_id)
        where status_id is null or not exists (select from statuses where id = hanging.status_id)
    """,
    "public posts stand under their hashtags": """
        select * from (select unnest(tags) tag, id status_id, account_id from statuses where visibility = 0) told
        full join tag_entries entry using (tag, status_id, account_id) where told is null or entry is null
    """,
    "a thread holds its replies": """
        select id, thread_id from statuses where in_reply_to_id is not null and not exists (
            select from thread_entries entry where entry.status_id = statuses.id and entry.thread_id = statuses.thread_id
            and entry.parent_id = statuses.in_reply_to_id)
    """,
    "no job is left or dead": "select kind, last_error from jobs where dead or attempts > 0",
}


async def broken_invariants(conn: Connection) -> list[tuple[str, list[Any]]]:
    """What is broken, with the rows that show it; nothing, once all that follows has been done."""
    found = [(what, await conn.fetch_rows(sql)) for what, sql in BROKEN.items()]
    return [(what, [tuple(row) for row in rows]) for what, rows in found if rows]


async def tables_holding(conn: Connection, word: str) -> list[str]:
    """Tables in which a text stands, in whatever column."""
    tables = await table_names(conn)
    parts = [
        f"select '{table}' where exists (select from {table} row where row::text like $1)" for table in tables
    ]
    return await conn.fetch_column(" union all ".join(parts), f"%{word}%")


async def table_names(conn: Connection) -> list[str]:
    """Our own, without partitions, which their table stands for."""
    return await conn.fetch_column(
        """
        select relname::text from pg_class where relnamespace = 'public'::regnamespace
        and relkind in ('r', 'p') and not relispartition and relname <> 'migrations' order by relname
        """
    )
