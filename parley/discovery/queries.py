"""All SQL of searching accounts."""

from collections.abc import Collection

from parley.kit.db import Connection
from parley.kit.ids import AccountId, bucket_of

OWNED_TABLES: tuple[str, ...] = ()

# Behind every continuation of a prefix, in the order of bytes.
_LAST_CHARACTER = "\U0010ffff"


async def account_ids_by_prefix(
    conn: Connection, prefix: str, candidates: int, limit: int
) -> list[AccountId]:
    """Who has a user name or a display name that begins so, most followed first.

    Site-wide, so it names no bucket: two ranges of two indexes, of which at most `candidates` rows each are
    looked at. Limited and suspended accounts, and those that nobody has taken up yet, are not found.
    """
    return await conn.fetch_column(
        """
        with named as (
            (select bucket, id from accounts
            where lower(username) ~>=~ lower($1) and lower(username) ~<~ (lower($1) || $2)
                and suspended_at is null and limited_at is null
            order by lower(username) using ~<~ limit $3)
            union
            (select bucket, id from accounts
            where display_name <> '' and lower(display_name) ~>=~ lower($1)
                and lower(display_name) ~<~ (lower($1) || $2)
                and suspended_at is null and limited_at is null
            order by lower(display_name) using ~<~ limit $3)
        )
        select n.id from named n
        join account_counts c on c.bucket = n.bucket and c.account_id = n.id
        left join users u on u.bucket = n.bucket and u.account_id = n.id
        where u.account_id is null or (u.confirmed_at is not null and u.approved_at is not null)
        order by c.followers_count desc, n.id limit $4
        """,
        prefix,
        _LAST_CHARACTER,
        candidates,
        limit,
    )


async def account_ids_among(
    conn: Connection, ids: Collection[AccountId], text: str, limit: int
) -> list[AccountId]:
    """Those of `ids` whose user name begins with the text, or whose display name holds it anywhere."""
    return await conn.fetch_column(
        """
        select id from accounts
        where bucket = any($1) and id = any($2) and suspended_at is null
            and (starts_with(lower(username), lower($3)) or strpos(lower(display_name), lower($3)) > 0)
        order by lower(username), id limit $4
        """,
        list({bucket_of(each) for each in ids}),
        list(ids),
        text,
        limit,
    )
