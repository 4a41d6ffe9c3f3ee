"""All that changes about statuses: counters, their authors' counts, what the viewer has to do with both.

Read in one statement for whatever this process has not read in the last seconds (kit/recent.py). Each is forgotten at
once when it changes: by the functions in queries.py that write counts and marks, by graph for relations, by identity
for accounts.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, cast

import msgspec

from parley.graph.domain_blocks import blocked_domains_of_each
from parley.graph.marks import ViewerMarks, recent_marks
from parley.identity.cache import recent_account_counts
from parley.identity.models import AccountCounts, AccountView
from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.publishing import queries
from parley.publishing.cache import StaticStatus, recent_counts
from parley.publishing.models import StatusCounts

_EPOCH = date(1970, 1, 1)
# Later than any entry: nothing kept is found.
_NEVER = float("inf")
_MARKS_PER_VIEWER = 10_000
# The bit of a relation above those that the statements compute.
BLOCKED_DOMAIN = 64


class Facts(msgspec.Struct):
    counts: dict[int, StatusCounts]
    accounts: dict[AccountId, AccountCounts]
    marks: ViewerMarks


class _Missing(msgspec.Struct):
    """What must be asked for, by kind."""

    statuses: list[int]
    accounts: list[AccountId]
    flags: list[int]
    relations: list[int]

    @property
    def any(self) -> bool:
        return bool(self.statuses or self.accounts or self.flags or self.relations)


async def facts_of(
    conn: Connection,
    viewer: Viewer,
    static: Mapping[int, StaticStatus],
    more_account_ids: Sequence[AccountId] = (),
) -> Facts:
    """Hot path: no statement when all is known, one otherwise.

    Inside a transaction the database alone is asked, and nothing kept: what the transaction wrote must be seen by
    it, and by nobody else before it has committed.
    """
    now = _NEVER if conn.in_transaction else clock.now_seconds()
    marks = (recent_counts.mark(), recent_account_counts.mark(), recent_marks.mark())
    authors = {each.status.account_id for each in static.values()}.union(more_account_ids)
    facts, missing = _known(viewer, static, authors, now)
    if missing.any:
        await _ask(conn, viewer, facts, missing)
        if now != _NEVER:
            _keep(viewer, facts, missing, marks, now)
    return facts


async def marks_of_each(
    conn: Connection,
    viewer_ids: Sequence[AccountId],
    static: Mapping[int, StaticStatus],
    account_ids: Collection[AccountId],
) -> dict[AccountId, ViewerMarks]:
    """What each of many viewers has to do with these: one statement, and never what was kept from earlier."""
    marks = {viewer_id: ViewerMarks() for viewer_id in viewer_ids}
    flag_ids = {each.status.thread_id for each in static.values()}.union(static)
    rows = await queries.marks_of_members(conn, viewer_ids, list(flag_ids), list(account_ids), clock.now())
    for kind, viewer_id, row_id, bits in rows:
        of_viewer = marks[viewer_id]
        (of_viewer.flags if kind == 3 else of_viewer.relations)[row_id] = bits
    return marks


async def with_blocked_domains(
    conn: Connection, marks: Mapping[AccountId, ViewerMarks], authors: Mapping[AccountId, AccountView]
) -> Mapping[AccountId, ViewerMarks]:
    """The marks of each viewer, in which authors bear BLOCKED_DOMAIN whose whole domain the viewer blocks.

    Nothing is asked, and all stays as it is, while every author is of this server.
    """
    domains = {
        author_id: view.account.domain
        for author_id, view in authors.items()
        if view.account.domain is not None
    }
    if not domains or not marks:
        return marks
    blocked = await blocked_domains_of_each(conn, list(marks))
    return {
        viewer_id: _with_domains(of_viewer, domains, blocked[viewer_id])
        for viewer_id, of_viewer in marks.items()
    }


def _with_domains(
    marks: ViewerMarks, domains: Mapping[AccountId, str], blocked: frozenset[str]
) -> ViewerMarks:
    shut_out = [author_id for author_id, domain in domains.items() if domain in blocked]
    if not shut_out:
        return marks
    # What is kept of the viewer's relations stays as it is: a domain is none of them.
    changed = marks.copied()
    for author_id in shut_out:
        changed.relations[author_id] = changed.relations.get(author_id, 0) | BLOCKED_DOMAIN
    return changed


def _known(
    viewer: Viewer, static: Mapping[int, StaticStatus], authors: Collection[AccountId], now: float
) -> tuple[Facts, _Missing]:
    counts, status_ids = recent_counts.find_all(static, now)
    accounts, account_ids = recent_account_counts.find_all(authors, now)
    facts = Facts(counts, cast("dict[AccountId, AccountCounts]", accounts), ViewerMarks())
    missing = _Missing(status_ids, cast("list[AccountId]", account_ids), [], [])
    if viewer.account_id is not None:
        facts.marks = _known_marks(viewer.account_id, now)
        flag_ids = {each.status.thread_id for each in static.values()}.union(static)
        missing.flags = [each for each in flag_ids if each not in facts.marks.flags]
        missing.relations = [each for each in authors if each not in facts.marks.relations]
    return facts, missing


def _known_marks(viewer_id: AccountId, now: float) -> ViewerMarks:
    known = recent_marks.find(viewer_id, now)
    if known is None or len(known.flags) + len(known.relations) > _MARKS_PER_VIEWER:
        return ViewerMarks()
    return known


async def _rows(conn: Connection, viewer: Viewer, missing: _Missing) -> list[Any]:
    if viewer.account_id is None:
        return await queries.facts_for_anyone(conn, missing.statuses, missing.accounts)
    if not missing.accounts and not missing.relations:
        # Most often: new statuses of authors who are known.
        return await queries.status_facts_for_member(conn, viewer.account_id, missing.statuses, missing.flags)
    return await queries.facts_for_member(
        conn,
        viewer.account_id,
        missing.statuses,
        missing.accounts,
        missing.flags,
        missing.relations,
        clock.now(),
    )


async def _ask(conn: Connection, viewer: Viewer, facts: Facts, missing: _Missing) -> None:
    turn = facts.marks.turn
    rows = await _rows(conn, viewer, missing)
    if facts.marks.turn != turn:
        # Something of this was taken out meanwhile: what was read may be older, and is for this request alone.
        facts.marks = facts.marks.copied()
    flags, relations = dict.fromkeys(missing.flags, 0), dict.fromkeys(missing.relations, 0)
    for kind, row_id, a, b, c, d, e in rows:
        if kind == 1:
            facts.counts[row_id] = StatusCounts(a, b, c, d, e)
        elif kind == 2:
            day = None if e < 0 else _EPOCH + timedelta(days=e)
            facts.accounts[row_id] = AccountCounts(row_id, a, b, c, d, day)
        elif kind == 3:
            flags[row_id] = a
        else:
            relations[row_id] = a
    # Others may hold the same marks: they only ever grow, and are left to themselves once anything in them changes.
    facts.marks.flags.update(flags)
    facts.marks.relations.update(relations)


def _keep(viewer: Viewer, facts: Facts, missing: _Missing, marks: tuple[int, int, int], now: float) -> None:
    for status_id in missing.statuses:
        if status_id in facts.counts:
            recent_counts.keep(marks[0], status_id, facts.counts[status_id], now)
    for account_id in missing.accounts:
        if account_id in facts.accounts:
            recent_account_counts.keep(marks[1], account_id, facts.accounts[account_id], now)
    if viewer.account_id is None or recent_marks.find(viewer.account_id, now) is facts.marks:
        return
    recent_marks.keep(marks[2], viewer.account_id, facts.marks, now)
