"""THE one predicate: which statuses a viewer may see; the only way any door gets one.

    public, unlisted   anyone the author has not blocked
    private            the author, the author's followers, whom it mentions
    direct             the author, whom it mentions
    any                nobody, while its author is suspended
    a reblog           whoever may see both it and what it reblogs
    a quote            as any other; what it quotes is shown to whoever may see that, too

What a viewer *may* see is decided here; what they *wish* to see in a list (own blocks, mutes) is decided in
hydration/rules.py from the same facts.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from parley.identity.accounts import account_views, accounts_with_counts
from parley.identity.models import Account, AccountView
from parley.identity.staff import Permission, require_staff
from parley.identity.viewer import ANONYMOUS, Viewer
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import AccountId
from parley.publishing import cache
from parley.publishing.cache import StaticStatus
from parley.publishing.facts import Facts, facts_of, marks_of_each, with_blocked_domains
from parley.publishing.models import NO_FLAGS, QuoteState, Status, StatusCounts, StatusFlags, Visibility
from parley.publishing.sealed_words import read_statuses

_FAVOURITED, _REBLOGGED, _BOOKMARKED, _PINNED, _THREAD_MUTED = 1, 2, 4, 8, 16
# A quote in a quote is told of, but not shown; and chains of them may be long.
_QUOTES_DEEP = 2
_ACCEPTED = QuoteState.ACCEPTED.value


class Relation(msgspec.Struct, frozen=True):
    """The viewer's side towards an author, out of the bits that facts_for_member computes."""

    following: bool = False
    showing_reblogs: bool = False
    blocking: bool = False
    blocked_by: bool = False
    muting: bool = False
    muting_notifications: bool = False
    domain_blocking: bool = False


_RELATIONS = tuple(Relation(*(bool(bits & (1 << shift)) for shift in range(7))) for bits in range(128))
NO_RELATION = _RELATIONS[0]


class VisibleQuote(msgspec.Struct, frozen=True):
    """How a quote stands for one viewer. `quoted` is None unless they may see it."""

    state: QuoteState
    quoted: "VisibleStatus | None" = None


class VisibleStatus(msgspec.Struct, frozen=True):
    """A status that its viewer may see, with everything that changes about it. `reblog` is what it reblogs.

    Quotes are judged two deep: beyond that, `quote` is None.
    """

    status: Status
    mentions: tuple[Account, ...]
    counts: StatusCounts
    author: AccountView
    relation: Relation
    flags: StatusFlags
    reblog: "VisibleStatus | None" = None
    quote: VisibleQuote | None = None


class RelatedAccount(msgspec.Struct, frozen=True):
    """An account beside the viewer's side towards it."""

    view: AccountView
    relation: Relation


def may_see(status: Status, author: Account, relation: Relation, viewer_id: AccountId | None) -> bool:
    """The predicate for one status that is not a reblog. Own statuses are always one's own to see."""
    if author.suspended_at is not None:
        return False
    if viewer_id is not None and status.account_id == viewer_id:
        return True
    if relation.blocked_by:
        return False
    if status.visibility in (Visibility.PUBLIC, Visibility.UNLISTED):
        return True
    if viewer_id is None:
        return False
    if viewer_id in status.mention_ids:
        return True
    return status.visibility == Visibility.PRIVATE and relation.following


def quote_of_visible(quoted: VisibleStatus) -> VisibleQuote:
    """An accepted quote of what the viewer may see, though they may not wish to."""
    if quoted.relation.blocking:
        return VisibleQuote(QuoteState.BLOCKED_ACCOUNT, quoted)
    if quoted.relation.domain_blocking:
        return VisibleQuote(QuoteState.BLOCKED_DOMAIN, quoted)
    if quoted.relation.muting:
        return VisibleQuote(QuoteState.MUTED_ACCOUNT, quoted)
    return VisibleQuote(QuoteState.ACCEPTED, quoted)


async def require_visible(conn: Connection, viewer: Viewer, status_id: int) -> VisibleStatus:
    """Raises NotFound, in the same words, for what is missing and for what is hidden."""
    found = (await visible_statuses(conn, viewer, [status_id])).get(status_id)
    if found is None:
        raise NotFound
    return found


async def visible_statuses(
    conn: Connection, viewer: Viewer, status_ids: Sequence[int], reblogged_ids: Sequence[int] = ()
) -> dict[int, VisibleStatus]:
    """Hot path: those of `status_ids` that the viewer may see, by id, each with what it reblogs.

    No statement for what this process has just read, at most five when it knows nothing, whatever the number of
    ids, and two more for each depth of quotes; callers that know which statuses are reblogged pass them along.
    """
    if not status_ids:
        return {}
    return (await _look(conn, viewer, status_ids, reblogged_ids, ()))[0]


async def visible_with_accounts(
    conn: Connection, viewer: Viewer, status_ids: Sequence[int], account_ids: Sequence[AccountId]
) -> tuple[dict[int, VisibleStatus], dict[AccountId, RelatedAccount]]:
    """Hot path: as visible_statuses and, out of the same statement, these accounts (without those that are gone)."""
    return await _look(conn, viewer, status_ids, (), account_ids)


class Seen(msgspec.Struct, frozen=True):
    """What one viewer may see of what was asked for, by id."""

    statuses: dict[int, VisibleStatus]
    accounts: dict[AccountId, RelatedAccount]


async def visible_to_each(
    conn: Connection,
    viewer_ids: Sequence[AccountId],
    status_ids: Sequence[int],
    account_ids: Sequence[AccountId] = (),
) -> dict[AccountId, Seen]:
    """As visible_with_accounts, for many members at once: the same few statements, however many they are.

    What does not depend on the viewer is the very same object for all of them.
    """
    if not viewer_ids:
        return {}
    static = await _static_parts(conn, status_ids)
    shared = await facts_of(conn, ANONYMOUS, static, account_ids)
    static = await _refreshed(conn, static, shared)
    authors = await accounts_with_counts(conn, shared.accounts)
    own_marks = await marks_of_each(conn, viewer_ids, static, shared.accounts)
    marks = await with_blocked_domains(conn, own_marks, authors)
    seen = {}
    for viewer_id in viewer_ids:
        facts = Facts(shared.counts, shared.accounts, marks[viewer_id])
        seen[viewer_id] = _seen(viewer_id, static, facts, authors, status_ids, account_ids)
    return seen


async def reported_statuses(
    conn: Connection, viewer: Viewer, status_ids: Sequence[int]
) -> dict[int, VisibleStatus]:
    """For staff: posts that somebody who could see them has reported, whoever else may see them.

    Callers take the ids out of reports and warnings, and from nowhere else. Nobody's marks come with them. What they
    quote comes along where everybody may see it.
    """
    require_staff(viewer, Permission.MANAGE_REPORTS)
    if not status_ids:
        return {}
    static = await _static_parts(conn, status_ids)
    facts = await facts_of(conn, ANONYMOUS, static, ())
    static = await _refreshed(conn, static, facts)
    authors = await accounts_with_counts(conn, facts.accounts)
    return {
        each: VisibleStatus(
            status.status,
            status.mentions,
            facts.counts[each],
            authors[status.status.account_id],
            NO_RELATION,
            NO_FLAGS,
            quote=_quote_for_all(status.status, static, facts, authors),
        )
        for each in status_ids
        if (status := static.get(each)) is not None and status.status.account_id in authors
    }


def _quote_for_all(
    status: Status, static: dict[int, StaticStatus], facts: Facts, authors: dict[AccountId, AccountView]
) -> VisibleQuote | None:
    if status.quote_state is None:
        return None
    return _judge_quote(status, static, facts, authors, viewer_id=None, quotes_deep=0)


async def _look(
    conn: Connection,
    viewer: Viewer,
    status_ids: Sequence[int],
    reblogged_ids: Sequence[int],
    account_ids: Sequence[AccountId],
) -> tuple[dict[int, VisibleStatus], dict[AccountId, RelatedAccount]]:
    static = await _static_parts(conn, [*status_ids, *reblogged_ids])
    facts = await facts_of(conn, viewer, static, account_ids)
    static = await _refreshed(conn, static, facts)
    authors = await accounts_with_counts(conn, facts.accounts)
    if viewer.account_id is not None:
        marks = {viewer.account_id: facts.marks}
        facts.marks = (await with_blocked_domains(conn, marks, authors))[viewer.account_id]
    seen = _seen(viewer.account_id, static, facts, authors, status_ids, account_ids)
    return seen.statuses, seen.accounts


def _seen(
    viewer_id: AccountId | None,
    static: dict[int, StaticStatus],
    facts: Facts,
    authors: dict[AccountId, AccountView],
    status_ids: Sequence[int],
    account_ids: Sequence[AccountId],
) -> Seen:
    visible: dict[int, VisibleStatus] = {}
    for status_id in status_ids:
        if status_id not in visible:
            _judge(status_id, static, facts, authors, viewer_id, visible)
    wanted = set(status_ids)
    related = {
        each: RelatedAccount(authors[each], _RELATIONS[facts.marks.relations.get(each, 0)])
        for each in account_ids
        if each in authors
    }
    return Seen({each: found for each, found in visible.items() if each in wanted}, related)


async def _static_parts(conn: Connection, status_ids: Sequence[int]) -> dict[int, StaticStatus]:
    """Static parts by id, targets of reblogs and of quotes included."""
    static = await _load(conn, status_ids)
    fresh = static
    # Boosts first, as what they boost may quote something.
    for _ in range(1 + _QUOTES_DEEP):
        targets = _targets(fresh.values(), static)
        if not targets:
            break
        fresh = await _load(conn, targets)
        static = static | fresh
    return static


def _targets(fresh: Iterable[StaticStatus], known: dict[int, StaticStatus]) -> list[int]:
    targets: list[int] = []
    for each in fresh:
        status = each.status
        if status.reblog_of_id is not None and status.reblog_of_id not in known:
            targets.append(status.reblog_of_id)
        quoted_id = status.quote_of_id
        if quoted_id is not None and status.quote_state == _ACCEPTED and quoted_id not in known:
            targets.append(quoted_id)
    return targets


async def _load(conn: Connection, status_ids: Iterable[int]) -> dict[int, StaticStatus]:
    found: dict[int, StaticStatus] = {}
    missing: list[int] = []
    for status_id in status_ids:
        entry = cache.find(status_id)
        if entry is None:
            missing.append(status_id)
        else:
            found[status_id] = entry
    if missing:
        found.update(await _read(conn, missing))
    return found


async def _read(conn: Connection, status_ids: Sequence[int]) -> dict[int, StaticStatus]:
    """From the database, with the accounts mentioned; what is read is kept."""
    statuses = await read_statuses(conn, status_ids)
    mentioned = {account_id for status in statuses for account_id in status.mention_ids}
    accounts = await account_views(conn, mentioned)
    read: dict[int, StaticStatus] = {}
    for status in statuses:
        mentions = tuple(accounts[each].account for each in status.mention_ids if each in accounts)
        read[status.id] = StaticStatus(status, mentions)
        cache.keep(read[status.id])
    return read


async def _refreshed(
    conn: Connection, static: dict[int, StaticStatus], facts: Facts
) -> dict[int, StaticStatus]:
    """Drops what is deleted and reads anew what was edited since it was cached."""
    outdated: list[int] = []
    for status_id, each in list(static.items()):
        counts = facts.counts.get(status_id)
        if counts is None:
            cache.forget(status_id)
            del static[status_id]
        elif counts.version != each.status.version:
            outdated.append(status_id)
    if outdated:
        for status_id in outdated:
            del static[status_id]
        static.update(await _read(conn, outdated))
    return static


def _judge(
    status_id: int,
    static: dict[int, StaticStatus],
    facts: Facts,
    authors: dict[AccountId, AccountView],
    viewer_id: AccountId | None,
    visible: dict[int, VisibleStatus],
    quotes_deep: int = _QUOTES_DEEP,
) -> None:
    """Puts the status into `visible` if the viewer may see it; what it reblogs or quotes first."""
    each = static.get(status_id)
    author = None if each is None else authors.get(each.status.account_id)
    if each is None or author is None:
        return
    status = each.status
    relation = _RELATIONS[facts.marks.relations.get(status.account_id, 0)]
    if not may_see(status, author.account, relation, viewer_id):
        return
    reblog = None
    if status.reblog_of_id is not None:
        if status.reblog_of_id not in visible:
            _judge(status.reblog_of_id, static, facts, authors, viewer_id, visible)
        reblog = visible.get(status.reblog_of_id)
        if reblog is None:
            return
    quote = None
    if status.quote_state is not None and quotes_deep:
        quote = _judge_quote(status, static, facts, authors, viewer_id, quotes_deep - 1)
    flags = reblog.flags if reblog else _flags(status, facts)
    visible[status_id] = VisibleStatus(
        status, each.mentions, facts.counts[status_id], author, relation, flags, reblog, quote
    )


def _judge_quote(
    status: Status,
    static: dict[int, StaticStatus],
    facts: Facts,
    authors: dict[AccountId, AccountView],
    viewer_id: AccountId | None,
    quotes_deep: int,
) -> VisibleQuote:
    state = QuoteState(status.quote_state or QuoteState.PENDING)
    quoted_id = status.quote_of_id
    if state != QuoteState.ACCEPTED or quoted_id is None:
        return VisibleQuote(state)
    if quoted_id not in static:
        return VisibleQuote(QuoteState.DELETED)
    visible: dict[int, VisibleStatus] = {}
    _judge(quoted_id, static, facts, authors, viewer_id, visible, quotes_deep)
    quoted = visible.get(quoted_id)
    return VisibleQuote(QuoteState.UNAUTHORIZED) if quoted is None else quote_of_visible(quoted)


def _flags(status: Status, facts: Facts) -> StatusFlags:
    bits = facts.marks.flags.get(status.id, 0)
    muted = bool((facts.marks.flags.get(status.thread_id, 0)) & _THREAD_MUTED)
    if not bits and not muted:
        return NO_FLAGS
    return StatusFlags(
        favourited=bool(bits & _FAVOURITED),
        reblogged=bool(bits & _REBLOGGED),
        bookmarked=bool(bits & _BOOKMARKED),
        pinned=bool(bits & _PINNED),
        muted=muted,
    )


def shown_in(outer: VisibleStatus) -> Iterator[VisibleStatus]:
    """The status itself, what it boosts, and what either quotes."""
    for each in (outer, outer.reblog):
        if each is not None:
            yield each
            if each.quote is not None and each.quote.quoted is not None:
                yield each.quote.quoted
