"""Searching posts: bounded walks through the index, newest first; which of the found a viewer may see is asked later.

Two walks are merged: through what everybody may search (public posts of authors who opted in), and through the viewer's
own library. Each goes in steps that grow, and ends when the page is full, the posts are at their end, or the last step
is done; whoever asks further back goes on there with `max_id`.
"""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from parley.discovery import search_queries as queries
from parley.discovery.blind_words import blind, index_secret
from parley.discovery.search_language import ME, Question, Range, Term, read_question
from parley.discovery.search_models import quoted
from parley.identity.accounts import accounts_by_handles
from parley.identity.addresses import Handle
from parley.identity.viewer import Viewer
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.ids import ID_MAX, AccountId
from parley.kit.paging import Page

# How many entries each step of a walk looks at.
_PUBLIC_STEPS = (200, 1_000, 4_000)
_LIBRARY_STEPS = (500, 2_500, 10_000)
_BEGINNINGS_MAX = 24


class Search(msgspec.Struct, frozen=True):
    """A question whose handles are known. `condition` is for the words of a post, as PostgreSQL reads it.

    Words as the index holds them. `one_of`: words of which a post has to hold each; the walk goes along the one that comes seldom. `beginning`: of a
    word, where no whole one is asked.
    """

    condition: str
    one_of: tuple[str, ...]
    beginning: str
    author_ids: tuple[AccountId, ...]
    without_author_ids: tuple[AccountId, ...]
    bounds: Range
    without_ranges: tuple[Range, ...]
    public: bool
    library: bool


class Found(msgspec.Struct, frozen=True):
    """Newest first. `in_library`: what the viewer may search whoever else may.

    `reached`: further back posts may be missing, as a walk ended there; None when all were looked at.
    """

    ids: list[int]
    in_library: frozenset[int]
    reached: int | None


class _Walked(msgspec.Struct, frozen=True):
    """`reached` is None when there is nothing further back."""

    ids: list[int]
    reached: int | None


# Ids below a bound, and how far back they are complete: None for to the end.
_Source = Callable[[int, int], Awaitable[tuple[Sequence[int], int | None]]]


async def make_search(
    conn: Connection, settings: Settings, viewer: Viewer, text: str, author_id: AccountId | None = None
) -> Search | None:
    """None when nothing can be found: nothing is asked, by nobody, or of nobody."""
    question = read_question(text)
    if viewer.account_id is None or question.empty:
        return None
    known = await _accounts(conn, settings, viewer.account_id, question)
    authors = tuple(known[each] for each in question.authors if each in known)
    if author_id is not None:
        authors = (author_id,) if not question.authors or author_id in authors else ()
    if not authors and (question.authors or author_id is not None):
        return None
    return _search(question, await index_secret(conn), known, authors)


async def _accounts(
    conn: Connection, settings: Settings, viewer_id: AccountId, question: Question
) -> dict[Handle, AccountId]:
    asked = {
        each: Handle(each.username, None if each.domain == settings.domain else each.domain)
        for each in question.handles
    }
    found = await accounts_by_handles(conn, set(asked.values()))
    known = {each: found[handle].id for each, handle in asked.items() if handle in found}
    return {**known, ME: viewer_id}


def _search(
    question: Question, secret: bytes, known: dict[Handle, AccountId], authors: tuple[AccountId, ...]
) -> Search:
    facts = question.facts + [_mention(each, known) for each in question.mentioned]
    without = question.without_facts + [_mention(each, known) for each in question.without_mentioned]
    conditions = [_of_term(secret, each) for each in question.terms] + [quoted(each) for each in facts]
    conditions += [f"!({_of_term(secret, each)})" for each in question.without] + [
        f"!{quoted(each)}" for each in without
    ]
    if question.languages:
        conditions.append("(" + " | ".join(quoted(each) for each in question.languages) + ")")
    whole = [
        blind(secret, word.text)
        for term in question.terms
        for word in (term.words[:-1] if term.open else term.words)
    ]
    if len(question.languages) == 1:
        facts = facts + question.languages
    return Search(
        condition=" & ".join(conditions),
        one_of=tuple(dict.fromkeys(whole + facts)),
        beginning=next((blind(secret, each.words[-1].text) for each in question.terms if each.open), ""),
        author_ids=authors,
        without_author_ids=tuple(known[each] for each in question.without_authors if each in known),
        bounds=_narrowest(question.ranges),
        without_ranges=tuple(question.without_ranges),
        public=question.scope != "library",
        library=question.scope != "public",
    )


def _mention(handle: Handle, known: dict[Handle, AccountId]) -> str:
    """Nobody mentions whom nobody knows."""
    return f"@{known.get(handle, 0)}"


def _of_term(secret: bytes, term: Term) -> str:
    """Its words at their distances from each other."""
    pieces = [quoted(blind(secret, term.words[0].text))]
    for earlier, word in zip(term.words, term.words[1:], strict=False):
        pieces += [f"<{word.position - earlier.position}>", quoted(blind(secret, word.text))]
    return "(" + " ".join(pieces) + (":*" if term.open else "") + ")"


def _narrowest(ranges: Sequence[Range]) -> Range:
    return Range(
        above=max((each.above for each in ranges), default=0),
        below=min((each.below for each in ranges), default=ID_MAX),
    )


async def find_statuses(conn: Connection, viewer: Viewer, search: Search, page: Page) -> Found:
    """The next posts below the page's bound: as many as it asks for, or as the walks came by."""
    below = min(page.below, search.bounds.below)
    above = max(page.above, search.bounds.above)
    public, library = _Walked([], None), _Walked([], None)
    if search.public:
        public = await _walk(conn, search, _public_source(conn, search, above), below, page.limit)
    if search.library and viewer.account_id is not None:
        library = await _walk_library(conn, search, viewer.account_id, Range(above, below), page.limit)
    ends = [each.reached for each in (public, library) if each.reached is not None]
    reached = max(ends, default=None)
    merged = sorted({*public.ids, *library.ids}, reverse=True)
    return Found(merged[: page.limit], frozenset(library.ids), reached)


async def _walk_library(
    conn: Connection, search: Search, viewer_id: AccountId, bounds: Range, limit: int
) -> _Walked:
    async def source(below: int, size: int) -> tuple[Sequence[int], int | None]:
        ids = await queries.newest_in_library(conn, viewer_id, below, bounds.above, size)
        return ids, _end(ids, size)

    return await _walk(conn, search, source, bounds.below, limit, in_library=True)


def _public_source(conn: Connection, search: Search, above: int) -> _Source:
    """Along the posts of one author, or of one word that all must hold, or of words that begin so; else all posts."""
    words: list[str] = []
    together = False

    async def source(below: int, size: int) -> tuple[Sequence[int], int | None]:
        nonlocal words, together
        if len(search.author_ids) == 1:
            ids = await queries.newest_by_author(conn, search.author_ids[0], below, above, size)
            return ids, _end(ids, size)
        if search.one_of:
            rows = await queries.newest_with_words(conn, words or list(search.one_of), below, above, size)
            word, found = min(rows, key=lambda row: (len(row[1]), row[1][-1] if row[1] else 0))
            words = [word]
            return found, _end(found, size)
        if not words and not together:
            together = True
            words = await _beginnings(conn, search.beginning)
        if words:
            return _merged(await queries.newest_with_words(conn, words, below, above, size), size)
        ids = await queries.newest_searchable(conn, below, above, size)
        return ids, _end(ids, size)

    return source


async def _beginnings(conn: Connection, beginning: str) -> list[str]:
    """The words that begin so; none when they are too many to walk along."""
    if not beginning:
        return []
    found = await queries.words_beginning(conn, beginning, _BEGINNINGS_MAX + 1)
    if len(found) <= _BEGINNINGS_MAX:
        # At least the word itself, which nobody has used.
        return found or [beginning]
    return []


def _merged(rows: Sequence[tuple[str, Sequence[int]]], size: int) -> tuple[list[int], int | None]:
    """Further back than the list that was cut off first, the others are not complete either."""
    ends = [end for _, ids in rows if (end := _end(ids, size)) is not None]
    reached = max(ends, default=None)
    ids = sorted({each for _, found in rows for each in found}, reverse=True)
    return ([each for each in ids if reached is None or each >= reached], reached)


def _end(ids: Sequence[int], size: int) -> int | None:
    return ids[-1] if len(ids) >= size else None


async def _walk(
    conn: Connection, search: Search, source: _Source, below: int, limit: int, *, in_library: bool = False
) -> _Walked:
    found: list[int] = []
    reached: int | None = below
    for size in _LIBRARY_STEPS if in_library else _PUBLIC_STEPS:
        ids, reached = await source(below, size)
        asked = [
            each for each in ids if not any(out.above < each < out.below for out in search.without_ranges)
        ]
        if asked:
            found += await queries.documents_that_match(
                conn,
                asked,
                search.condition,
                search.author_ids,
                search.without_author_ids,
                limit - len(found),
                searchable=not in_library,
            )
        if reached is None or len(found) >= limit:
            break
        below = reached
    if len(found) >= limit:
        return _Walked(found, found[-1])
    return _Walked(found, reached)
