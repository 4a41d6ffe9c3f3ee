"""What a search of posts reads in a large index: figures for docs/performance.md, beside a GIN index of the same posts.

Run by `python -m bench.search_index [posts]`; the posts are made up, of words as unevenly used as in languages.
"""

import asyncio
import bisect
import itertools
import random
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from parley.discovery.blind_words import blind, index_secret
from parley.discovery.index_statuses import document_of
from parley.discovery.search_models import Document, quoted
from parley.discovery.search_statuses import find_statuses, make_search
from parley.identity.viewer import Viewer
from parley.kit import clock, ids
from parley.kit.config import Settings
from parley.kit.db import Connection, connect
from parley.kit.ids import AccountId, StatusId, bucket_of
from parley.kit.migrate import migrate
from parley.kit.paging import Page
from parley.kit.partitions import keep_partitions
from parley.kit.postgres import EmbeddedPostgres
from parley.kit.sealing import KeyRing
from parley.publishing.models import Status
from parley.publishing.words import StatusWords

_DAYS = 90
_AUTHORS = 2_000
_VOCABULARY = 60_000
_AT_ONCE = 5_000
# By rank: the second most common word of all, one in the middle, one that some dozens of posts hold.
QUESTIONS = {
    "common word": "word2",
    "word of one post in a hundred": "word150",
    "rare word": "word20000",
    "word that nobody wrote": "zebra",
    "common and rare word": "word2 word20000 ",
    "two common words": "word2 word3 ",
    "two words that hardly ever meet": "word400 word500 ",
    "phrase of common words": '"word2 word3"',
    "common word, without another": "word2 -word1",
    "beginning of many words": "word1",
    "common word by one author": "from:me word2",
    "no word at all": "language:xx -word1",
}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    folder = Path("data/bench-search")
    shutil.rmtree(folder, ignore_errors=True)
    postgres = EmbeddedPostgres(folder.absolute())
    postgres.start()
    try:
        asyncio.run(_measure(postgres.dsn(), count))
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(dsn: str, count: int) -> None:
    await migrate(dsn)
    conn = await connect(dsn, keys=KeyRing(lambda: (b"for the bench alone, nothing else"[:32],)))
    await keep_partitions(conn)
    secret = await index_secret(conn)
    draw = random.Random(20261121)
    authors = [AccountId(draw.getrandbits(62) | (1 << 62)) for _ in range(_AUTHORS)]
    started = time.perf_counter()
    for documents in _in_batches(_documents(draw, secret, authors, count)):
        await _write(conn, documents)
    print(f"{count:,} posts in {time.perf_counter() - started:.0f} s")
    await conn.execute("vacuum analyze")
    await _print_sizes(conn, count)
    viewer = Viewer(account_id=authors[0])
    for name, text in QUESTIONS.items():
        await _print_search(conn, viewer, name, text)
    await _compare_with_gin(conn)
    await conn.close()


def _documents(
    draw: random.Random, secret: bytes, authors: list[AccountId], count: int
) -> Iterator[Document]:
    """Oldest first. Word n is used about 1/n times as often as the first."""
    weights = list(itertools.accumulate(1 / rank for rank in range(1, _VOCABULARY)))
    begin = clock.now_milliseconds() - _DAYS * 86_400_000
    for number in range(count):
        author = draw.choice(authors)
        status_id = StatusId(
            ids.id_at(begin + number * _DAYS * 86_400_000 // count, bucket_of(author), number % 256)
        )
        ranks = (
            bisect.bisect(weights, draw.random() * weights[-1]) + 1 for _ in range(draw.randrange(5, 60))
        )
        said = StatusWords(_status(status_id, author), ("", " ".join(f"word{rank}" for rank in ranks)))
        yield document_of(said, secret, searchable=True)


def _status(status_id: StatusId, author: AccountId) -> Status:
    return Status(
        id=status_id, account_id=author, visibility=0, content="", spoiler_text="", sensitive=False, language="en",
        in_reply_to_id=None, in_reply_to_account_id=None, thread_id=status_id, reblog_of_id=None, mention_ids=(),
        tags=(), poll_id=None, application_name=None, application_website=None, uri=None, url=None,
        created_at=clock.now(), edited_at=None, version=1,
    )  # fmt: skip


def _in_batches(documents: Iterator[Document]) -> Iterator[list[Document]]:
    while batch := list(itertools.islice(documents, _AT_ONCE)):
        yield batch


async def _write(conn: Connection, documents: list[Document]) -> None:
    await conn.execute_many(
        "insert into search_documents (bucket, status_id, account_id, searchable, mention_ids, words) "
        "values ($1, $2, $3, true, '{}', $4::tsvector)",
        [(bucket_of(each.status_id), each.status_id, each.account_id, each.vector) for each in documents],
    )
    rows = [(bucket_of(each.status_id), word, each.status_id) for each in documents for word in each.listed]
    await conn.copy_in("search_words", ("bucket", "word", "status_id"), rows)


async def _print_sizes(conn: Connection, count: int) -> None:
    for table in ("search_documents", "search_words"):
        size = await conn.fetch_value(
            "select sum(pg_total_relation_size(inhrelid))::bigint from pg_inherits where inhparent = to_regclass($1)",
            table,
        )
        print(f"{table}: {size / count:.0f} bytes a post, {size / 2**20:.0f} MB")
    words = await conn.fetch_value("select count(*) from search_words")
    print(f"{words / count:.1f} words a post")


async def _print_search(conn: Connection, viewer: Viewer, name: str, text: str) -> None:
    search = await make_search(conn, Settings(url="https://bench.test"), viewer, text)
    assert search is not None
    best, found = float("inf"), 0
    for _ in range(7):
        started = time.perf_counter()
        answer = await find_statuses(conn, viewer, search, Page(limit=20))
        best = min(best, time.perf_counter() - started)
        found = len(answer.ids)
    back = "" if answer.reached is None or found == 20 else ", not to the end"
    print(f"| {name} | {best * 1000:.1f} ms | {found}{back} |")


async def _compare_with_gin(conn: Connection) -> None:
    started = time.perf_counter()
    await conn.execute("create index search_gin on search_documents using gin (words)")
    size = await conn.fetch_value(
        "select sum(pg_relation_size(i.inhrelid))::bigint from pg_inherits i where i.inhparent = to_regclass('search_gin')"
    )
    print(f"GIN: {size / 2**20:.0f} MB, made in {time.perf_counter() - started:.0f} s")
    for word in ("word2", "word150", "word20000"):
        print(await _explained(conn, quoted(blind(await index_secret(conn), word))))


async def _explained(conn: Connection, condition: str) -> str:
    best: list[Any] = []
    for scan in ("on", "off"):
        await conn.execute(f"set enable_indexscan = {scan}")
        conn.forget_statements()
        lines = await conn.fetch_column(
            "explain (analyze, buffers, costs off) select status_id from search_documents "
            f"where searchable and words @@ $${condition}$$::tsquery order by status_id desc limit 20"
        )
        wanted = [each.strip() for each in lines if "Execution Time" in each or "Buffers" in each]
        best.append(f"{'as planned' if scan == 'on' else 'by GIN'}: {wanted[0]}; {wanted[-1]}")
    return f"GIN {condition}: " + " | ".join(best)


if __name__ == "__main__":
    main()
