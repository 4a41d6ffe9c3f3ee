"""A repeatable small world, written by COPY: readers, authors with 50 and 1,000 followers, posts, notifications."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from parley.conversations.models import Message
from parley.conversations.place import place
from parley.discovery.index_accounts import index_more_accounts
from parley.discovery.index_statuses import index_older
from parley.discovery.models import Kind, Trend
from parley.discovery.tag_queries import insert_tag
from parley.discovery.tags import tag_id_of
from parley.discovery.trend_queries import insert_trends
from parley.discovery.uses import note_uses
from parley.identity.addresses import handle_key
from parley.kit import clock, crypto, ids
from parley.kit.db import Connection
from parley.kit.ids import AccountId, ScheduledStatusId, StatusId, bucket_of
from parley.kit.master_keys import parse_key
from parley.kit.owners_keys import lasting_key, seal
from parley.kit.sealing import KeyRing
from parley.publishing.create import StatusDraft
from parley.publishing.models import Status, Visibility
from parley.publishing.queries import insert_status
from parley.publishing.sealed_words import WordsOfStatus, draft_place, key_for_new, seal_status, seal_words

READERS = 50
FOLLOWEES_PER_READER = 100
MEMBERS = 1200
POSTS_PER_AUTHOR = 40
AUTHORS = 400
HOME_LENGTH = 400
NOTIFICATIONS = 200
SMALL_AUDIENCE = 50
LARGE_AUDIENCE = 1000
CONVERSATIONS = 20
REPORTS = 400
# Seals what nobody wrote.
MASTER_KEY = "cGFybGV5IGJlbmNoLCBub3RoaW5nIHRvIGhpZGUuIC4="
# Every author lets search find their posts.
COMMON_WORD, RARE_WORD = "river", "zeppelin"


class World(msgspec.Struct, frozen=True):
    """Tokens and ids that the scenarios speak as and about."""

    reader_tokens: list[str]
    reader_ids: list[int]
    small_author_token: str
    large_author_token: str
    status_ids: list[int]
    author_ids: list[int]
    quoted_id: int


async def seed(conn: Connection) -> World:
    draw = random.Random(20260701)
    now = clock.now()
    members = [_account_id(draw) for _ in range(MEMBERS)]
    readers, authors = members[:READERS], members[READERS : READERS + AUTHORS]
    small, large = members[-1], members[-2]
    tokens = {each: crypto.new_secret() for each in (*readers, small, large)}
    token_ids = {each: ids.new_id(each) for each in tokens}
    follows = {
        (reader, author) for reader in readers for author in draw.sample(authors, FOLLOWEES_PER_READER)
    }
    follows |= {(each, small) for each in members[:SMALL_AUDIENCE]}
    follows |= {(each, large) for each in members[:LARGE_AUDIENCE]}
    posts = _posts(draw, authors, now)
    await write_accounts(conn, members, now, posts)
    await write_tokens(conn, tokens, token_ids, now)
    await write_follows(conn, follows)
    conn.keys = KeyRing(lambda: (parse_key(MASTER_KEY),))
    await write_posts(conn, posts)
    await _write_quotes(conn, posts)
    await _write_scheduled(conn, readers[0], now)
    await _write_homes(conn, readers, follows, posts)
    await _write_notifications(conn, draw, readers, posts)
    await _write_discovery(conn, readers[0], posts)
    await _write_messages(conn, readers, authors)
    await _write_reports(conn, large, readers, posts)
    await index_all(conn)
    await conn.execute("analyze")
    joined = {each: crypto.join_token(token_ids[each], tokens[each]) for each in tokens}
    return World(
        [joined[each] for each in readers],
        list(readers),
        joined[small],
        joined[large],
        [post[0] for post in posts[-500:]],
        list(authors),
        posts[0][0],
    )


def _account_id(draw: random.Random) -> int:
    return draw.getrandbits(62) | (1 << 62)


def _posts(draw: random.Random, authors: list[int], now: datetime) -> list[tuple[int, int, datetime, str]]:
    """(id, author, time, text), oldest first, over the last five days."""
    count = AUTHORS * POSTS_PER_AUTHOR
    step = timedelta(days=5) / count
    made = []
    for number in range(count):
        moment = now - timedelta(days=5) + step * number
        author = draw.choice(authors)
        status_id = ids.id_at(int(moment.timestamp() * 1000), bucket_of(author), number % 256)
        words = " ".join(draw.choice(_WORDS) for _ in range(draw.randrange(8, 60)))
        made.append((status_id, author, moment, f"{words} {RARE_WORD}" if number % 1000 == 0 else words))
    return made


_WORDS = "the quick river runs under old bridges while people talk of bread music weather and trains".split()  # noqa: SIM905 - prose


async def write_accounts(conn: Connection, members: list[int], now: datetime, posts: list[Any]) -> None:
    names = {account_id: f"member{number}" for number, account_id in enumerate(members)}
    written = dict.fromkeys(members, 0)
    for post in posts:
        written[post[1]] += 1
    await conn.copy_in(
        "handles", ("handle", "account_id"), [(handle_key(names[each]), each) for each in members]
    )
    await conn.copy_in(
        "accounts",
        ("bucket", "id", "username", "display_name", "note", "note_html", "fields", "locked", "bot",
         "discoverable", "indexable", "hide_collections", "created_at"),
        [(bucket_of(each), each, names[each], names[each].title(), "", "", [], False, False, True, written[each] > 0, False, now)
         for each in members],
    )  # fmt: skip
    await conn.copy_in(
        "account_counts",
        (
            "bucket",
            "account_id",
            "version",
            "statuses_count",
            "followers_count",
            "following_count",
            "last_status_on",
        ),
        [(bucket_of(each), each, 1, written[each], 0, 0, now.date()) for each in members],
    )
    await conn.copy_in(
        "users",
        ("bucket", "account_id", "email", "password_hash", "role", "locale", "sign_up_reason", "default_visibility",
         "default_sensitive", "default_language", "created_at", "confirmed_at", "approved_at", "last_active_on"),
        [(bucket_of(each), each, f"{names[each]}@bench.test", "", "user", "en", "", 0, False, "en", now, now, now, now.date())
         for each in members],
    )  # fmt: skip


async def write_tokens(
    conn: Connection, tokens: dict[int, str], token_ids: dict[int, int], now: datetime
) -> None:
    await conn.copy_in(
        "access_tokens",
        ("bucket", "id", "secret_hash", "account_id", "application_name", "scopes", "user_agent", "created_at", "last_used_at"),
        [(bucket_of(token_ids[each]), token_ids[each], crypto.hash_secret(tokens[each]), each, "bench",
          ["read", "write", "follow", "admin:read"], "", now, now) for each in tokens],
    )  # fmt: skip


async def write_follows(conn: Connection, follows: set[tuple[int, int]]) -> None:
    """Both sides' rows; two who follow each other share one row a side."""
    rows: dict[tuple[int, int], list[int | None]] = {}
    for follower, target in sorted(follows):
        act = ids.new_id(follower)
        rows.setdefault((follower, target), [None, None])[0] = act
        rows.setdefault((target, follower), [None, None])[1] = act
    await conn.copy_in(
        "relationships",
        ("bucket", "account_id", "other_id", "follow_id", "followed_by_id"),
        [(bucket_of(account), account, other, *acts) for (account, other), acts in rows.items()],
    )


async def write_posts(conn: Connection, posts: list[Any]) -> None:
    keys = {author: await lasting_key(conn, author) for author in dict.fromkeys(post[1] for post in posts)}
    await conn.copy_in(
        "statuses",
        ("bucket", "id", "account_id", "visibility", "text", "content", "spoiler_text", "sensitive", "language",
         "thread_id", "mention_ids", "tags", "application_name", "created_at", "sealed"),
        [(bucket_of(each), each, author, 0, "", "", "", False, "en", each, [], [], "Web", moment,
          seal_words(keys[author], StatusId(each), WordsOfStatus(words, f"<p>{words}</p>", "")))
         for each, author, moment, words in posts],
    )  # fmt: skip
    await conn.copy_in(
        "status_counts",
        ("bucket", "status_id", "version", "replies_count", "reblogs_count", "favourites_count"),
        [(bucket_of(each[0]), each[0], 1, 0, 0, 0) for each in posts],
    )


async def _write_quotes(conn: Connection, posts: list[Any]) -> None:
    """Old posts, so that no home's first page holds any."""
    quoted, author = posts[0][:2]
    for quoting, quoter, *_ in posts[100:140]:
        await conn.execute(
            "update statuses set quote_of_id = $2, quote_of_account_id = $3, quote_state = 1 where id = $1",
            quoting,
            quoted,
            author,
        )
        await conn.execute(
            "insert into status_quotes (bucket, status_id, quoting_id, account_id, state) values ($1, $2, $3, $4, 1)",
            bucket_of(quoted),
            quoted,
            quoting,
            quoter,
        )


async def _write_scheduled(conn: Connection, author: int, now: datetime) -> None:
    draft = StatusDraft(text="A post of ordinary length", visibility=Visibility.PUBLIC)
    key = await lasting_key(conn, author)
    made = [(ScheduledStatusId(ids.new_id(author)), now + timedelta(days=number)) for number in range(1, 41)]
    await conn.copy_in(
        "scheduled_statuses",
        ("bucket", "id", "account_id", "scheduled_at", "draft", "sealed"),
        [
            (bucket_of(author), each, author, moment, seal(key, draft_place(each), draft), True)
            for each, moment in made
        ],
    )


async def _write_reports(conn: Connection, staff: int, readers: list[int], posts: list[Any]) -> None:
    """Of posts, by readers, to somebody who is made an administrator."""
    await conn.execute(
        "update users set role = 'admin' where bucket = $1 and account_id = $2", bucket_of(staff), staff
    )
    now = clock.now()
    await conn.copy_in(
        "reports",
        ("bucket", "id", "account_id", "target_account_id", "status_ids", "rule_ids", "comment", "category",
         "forwarded", "created_at", "updated_at"),
        [(bucket_of(post[1]), ids.new_id(post[1]), readers[number % READERS], post[1], [post[0]], [], "Look", "spam",
          False, now, now) for number, post in enumerate(posts[-REPORTS:])],
    )  # fmt: skip


async def _write_messages(conn: Connection, readers: list[int], authors: list[int]) -> None:
    """A page of conversations for each reader."""
    for reader in readers:
        for author in authors[:CONVERSATIONS]:
            status_id = StatusId(ids.new_id(author))
            key = await key_for_new(conn, AccountId(author), Visibility.DIRECT, status_id)
            text = "A message of ordinary length, for nobody else's eyes."
            status = Status(
                id=status_id, account_id=AccountId(author), visibility=Visibility.DIRECT, content=f"<p>{text}</p>",
                spoiler_text="", sensitive=False, language="en", in_reply_to_id=None, in_reply_to_account_id=None,
                thread_id=status_id, reblog_of_id=None, mention_ids=(AccountId(reader),), tags=(), poll_id=None,
                application_name=None, application_website=None, uri=None, url=None, created_at=clock.now(),
                edited_at=None, version=1,
            )  # fmt: skip
            await insert_status(conn, seal_status(key, status, text), text)
            await place(
                conn, Message(status_id, AccountId(author), status_id, (AccountId(reader),)), older=True
            )


async def _write_homes(
    conn: Connection, readers: list[int], follows: set[tuple[int, int]], posts: list[Any]
) -> None:
    for reader in readers:
        followed = {target for follower, target in follows if follower == reader}
        newest = [post for post in posts if post[1] in followed][-HOME_LENGTH:]
        await conn.copy_in(
            "home_entries",
            ("bucket", "owner_id", "status_id", "account_id"),
            [(bucket_of(reader), reader, post[0], post[1]) for post in newest],
        )


async def _write_discovery(conn: Connection, reader: int, posts: list[Any]) -> None:
    """Tags that somebody follows, rankings that staff have allowed, a full directory."""
    names = [f"topic{number}" for number in range(40)]
    await conn.copy_in(
        "followed_tags",
        ("bucket", "account_id", "tag", "id"),
        [(bucket_of(reader), reader, name, ids.new_id(reader)) for name in names],
    )
    for name in names:
        await insert_tag(conn, tag_id_of(name), name, name.title(), clock.now())
        for status_id, account_id, *_ in posts[-50:]:
            await note_uses(conn, Kind.TAG, [tag_id_of(name)], AccountId(account_id), status_id)
    tags = [Trend(tag_id_of(name), 1.0, allowed=True) for name in names]
    await insert_trends(conn, Kind.TAG, tags)
    await insert_trends(conn, Kind.STATUS, [Trend(post[0], 1.0, allowed=True) for post in posts[-100:]])
    await conn.execute("update account_counts set listed = true")


async def index_all(conn: Connection) -> None:
    """What jobs would do for each post and account."""
    below: int | None = ids.ID_MAX
    while below is not None:
        below = await index_older(conn, below)
    above: int | None = 0
    while above is not None:
        above = await index_more_accounts(conn, above)


async def _write_notifications(
    conn: Connection, draw: random.Random, readers: list[int], posts: list[Any]
) -> None:
    """Mentions by authors whom everybody sees, over the last days."""
    moment = datetime.now(UTC) - timedelta(days=2)
    for reader in readers:
        rows = []
        for number in range(NOTIFICATIONS):
            at = int((moment + timedelta(minutes=number)).timestamp() * 1000)
            row_id = ids.id_at(at, bucket_of(reader), number % 256)
            post = draw.choice(posts)
            rows.append((bucket_of(reader), reader, row_id, "mention", post[1], post[0]))
        await conn.copy_in(
            "notifications", ("bucket", "account_id", "id", "type", "from_account_id", "status_id"), rows
        )
