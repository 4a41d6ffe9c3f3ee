"""Every statement prepares, fits what its rows become, writes its slice's own tables, and stays in one bucket."""

import json
import os
import re
import types
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime
from typing import Any, Union, get_args, get_origin, get_type_hints

import asyncpg
import msgspec
import pytest

from parley.kit import clock
from parley.kit.partitions import partition_of
from parley.kit.postgres import create_database, database_beside, drop_database
from parley.kit.schema_text import FILE
from parley.kit.sql_text import split_statements
from tests.statements import Statement, all_copies, all_statements, namespace_of, query_files

# Questions about the whole site: answered from one index on one machine, kept for seconds or asked in jobs on many.
ACROSS_BUCKETS = {
    "cli.audit_queries.newest_statuses": "the operator audits, now and then: one index, with a limit",
    "cli.audit_queries.status_ids_from": "the operator audits, now and then: one index, with a limit",
    "cli.audit_queries.newest_status_ids": "the operator audits, now and then: one index, with a limit",
    "cli.audit_queries.media_ids_from": "the operator audits, now and then: one index, with a limit",
    "cli.audit_queries.member_ids_from": "the operator audits, now and then: one index, with a limit",
    "cli.audit_queries.files_from": "the operator audits, now and then: one index, with a limit",
    "cli.audit_queries.count_media": "the operator audits, now and then: with a limit",
    "cli.audit_queries.things_of_members": "the operator audits, now and then: some of each kind",
    "cli.audit_queries.count_left_over": "the operator audits, now and then: with a limit",
    "cli.audit_queries.count_in_open": "the operator audits, now and then: with a limit",
    "cli.audit_queries.key_owner_ids_from": "the operator audits, now and then: one index, with a limit",
    "cli.audit_queries.wrapped_things": "the operator audits, now and then: with a limit",
    "cli.doctor_queries.count_unsent_mails": "the operator asks, now and then",
    "cli.doctor_queries.count_administrators": "the operator asks, now and then",
    "discovery.account_queries.account_ids_by_beginning": "search by how a name begins, with a limit",
    "discovery.account_queries.account_ids_by_spellings": "search by a name with a slip, with a limit",
    "discovery.account_queries.tags_by_beginning": "search by how a tag begins, with a limit",
    "discovery.index_queries.account_ids_above": "a slice of all accounts, in a job",
    "discovery.index_queries.status_ids_below": "a slice of all statuses, in a job",
    "discovery.tag_queries.tags_after": "a slice of all tags, in a job",
    "discovery.search_queries.newest_searchable": "search without a word to begin at: one index, with a limit",
    "discovery.search_queries.newest_with_words": "search by words: a part of one index each, with a limit",
    "discovery.search_queries.words_beginning": "search by how a word begins: some steps of one index",
    "identity.login_queries.delete_old_email_tokens": "upkeep, by a schedule",
    "identity.login_queries.pending_users": "the operator's list of who waits to be let in",
    "identity.login_queries.unsealed_users": "upkeep: one index, empty once all is sealed",
    "identity.admission_queries.any_login_address": "upkeep: a table that is empty once all is sealed",
    "identity.admission_queries.delete_old_sign_in_addresses": "upkeep, by a schedule",
    "identity.admission_queries.take_login_addresses": "upkeep: a table that is empty once all is sealed",
    "graph.private_queries.older_notes": "upkeep: one index, empty once all is sealed",
    "graph.private_queries.older_titles": "upkeep: one index each, empty once all is sealed",
    "graph.private_queries.older_keywords": "upkeep: one index, empty once all is sealed",
    "identity.login_queries.unconfirmed_account_ids": "upkeep, by a schedule",
    "discovery.people_queries.directory_ids": "the directory: one index, with a limit",
    "discovery.tag_queries.delete_old_days": "upkeep, by a schedule",
    "discovery.tag_queries.delete_old_usages": "upkeep, by a schedule",
    "discovery.trend_queries.newest_marks": "what is ranked, in a job: two indexes, with a limit",
    "discovery.trend_queries.newest_usages": "what is ranked, in a job: one index, with a limit",
    "identity.queries.list_members": "upkeep, by a schedule",
    "identity.statistics_queries.any_account": "asked once by the demo, before it fills an empty server",
    "identity.statistics_queries.site_counts": "figures of the instance document, kept for minutes",
    "identity.statistics_queries.week_totals": "weekly figures, noted down by a schedule",
    "identity.token_queries.delete_dead_tokens": "upkeep, by a schedule",
    "identity.token_queries.delete_old_codes": "upkeep, by a schedule",
    "kit.mail.delete_old_mails": "upkeep, by a schedule",
    "identity.member_queries.account_ids_after": "the operator puts a backup back, in slices",
    "kit.ledger.deletions_after": "the operator writes the ledger into a file, in slices",
    "media.queries.media_ids_after": "the operator puts a backup back, in slices",
    "publishing.erase_queries.status_ids_after": "the operator puts a backup back, in slices",
    "kit.mail.forget_mails_of": "once, when an account is erased",
    "kit.mail.forget_mails_to": "once, when an account is erased",
    "kit.mail.list_outbox": "the operator's list of unsent mails",
    "notifications.policy_queries.delete_old_requests": "upkeep, by a schedule",
    "notifications.push_queries.delete_of_dead_tokens": "upkeep, by a schedule",
    "publishing.card_queries.cards_with_old_pictures": "upkeep, by a schedule: one index",
    "publishing.card_queries.empty_cards": "upkeep, by a schedule: one index",
    "kit.owners_keys.count_by_master_key": "the operator asks, now and then",
    "kit.owners_keys.keys_after": "the operator changes the master key, in slices",
    "publishing.sealing_queries.older_statuses": "upkeep: one index, empty once all is sealed",
    "media.queries.open_descriptions": "upkeep: one index, empty once all is sealed",
    "publishing.sealing_queries.older_draft_ids": "upkeep: one index, empty once all is sealed",
    "publishing.queries.delete_old_idempotency_keys": "upkeep, by a schedule",
    "publishing.scheduled_queries.old_failures": "upkeep, by a schedule",
    "timelines.queries.public_status_ids": "the local timeline: one index, with a limit",
    "identity.admission_queries.delete_old_login_addresses": "upkeep, by a schedule",
    "identity.member_queries.account_ids_in_standing": "staff's list of members, from an index, with a limit",
    "identity.member_queries.account_ids_of_staff": "whom to tell of what waits, from an index of staff alone",
    "identity.statistics_queries.domains_known": "figures of the instance document, kept for minutes",
    "media.queries.doomed_files": "what a job takes out of the store, oldest first, with a limit",
    "media.queries.media_above": "the check of the store, in slices by id",
    "media.queries.unused_before": "upkeep, by a schedule",
    "timelines.queries.public_media_status_ids": "the local timeline's pictures: one index, with a limit",
    "moderation.figure_queries.count_active": "figures of a day, noted down by a schedule",
    "moderation.figure_queries.count_new_users": "figures of a day, noted down by a schedule",
    "moderation.figure_queries.count_posts": "figures of a day, noted down by a schedule",
    "moderation.figure_queries.count_favourites": "figures of a day, noted down by a schedule",
    "moderation.figure_queries.cohorts_by_day": "figures of a day, noted down by a schedule",
    "moderation.figure_queries.cohorts_by_month": "figures of a month, noted down by a schedule",
    "moderation.figure_queries.locales_of_members": "figures for staff, of a limited number of members",
    "moderation.figure_queries.sources_of_members": "figures for staff, of a limited number of members",
    "moderation.figure_queries.reports_opened": "figures for staff, reports of some days",
    "moderation.figure_queries.reports_resolved": "figures for staff, reports of some days",
    "moderation.figure_queries.remote_accounts_by_day": "figures for staff, of one other server",
    "moderation.figure_queries.remote_statuses_by_day": "figures for staff, of one other server",
    "moderation.figure_queries.remote_bytes_by_day": "figures for staff, of one other server",
    "moderation.figure_queries.remote_reports_by_day": "figures for staff, of one other server",
    "moderation.figure_queries.remote_relations": "figures for staff, of one other server",
    "moderation.figure_queries.remote_accounts_by_followers": "figures for staff, of one other server",
    "moderation.figure_queries.remote_languages": "figures for staff, of one other server",
    "moderation.figure_queries.servers_by_statuses": "figures for staff, of other servers",
    "moderation.queries.reports_page": "staff's list of reports, from an index, with a limit",
    "moderation.queries.count_open_reports": "staff's count of reports that wait, a hundred at most",
    "moderation.queries.count_open_reports_of": "how many a member has filed today, from the index of reporters",
    "moderation.queries.audit_page": "the audit log, from an index, with a limit",
}
# Many ids in one statement, each joined with rows of its own bucket only: hydration, and work in slices by jobs.
SEVERAL_BUCKETS = {
    "cli.audit_queries.visibilities_among": "the operator audits, now and then",
    "discovery.account_queries.account_ids_among": "search among those whom the searcher follows",
    "discovery.account_queries.words_among": "the names of those a search has found",
    "discovery.index_queries.hold_documents": "a slice of statuses, in a job",
    "discovery.search_queries.documents_that_match": "the words of those a search came by, as hydration",
    "publishing.word_queries.media_of_statuses": "a slice of statuses, in a job",
    "discovery.tag_queries.days_of_use": "hydration",
    "discovery.tag_queries.tags_by_ids": "hydration",
    "discovery.trend_queries.decisions_on": "what is ranked, in a job",
    "discovery.trend_queries.people_a_day": "what is ranked, in a job",
    "discovery.trend_queries.trusted_among": "whose voices count, in a job",
    "graph.tag_queries.followed_among": "hydration for the viewers of open streams",
    "graph.tag_queries.tags_with_followers": "the tags of one post, in a job",
    "graph.domain_block_queries.domains_blocked_by": "hydration, several viewers at once for open streams",
    "graph.filter_queries.filters_of_members": "hydration, several viewers at once for open streams",
    "graph.filter_queries.keywords_of_members": "as filters_of_members",
    "graph.filter_queries.statuses_of_members": "as filters_of_members",
    "conversations.queries.owners_knowing": "whom a message is for, in a job",
    "conversations.queries.shown_by_ids": "whose open streams get a message",
    "graph.list_queries.lists_with_policy": "open streams of lists, several owners at once",
    "identity.queries.accounts_by_ids": "hydration",
    "identity.queries.counts_by_ids": "hydration",
    "identity.queries.open_counts_by_ids": "hydration",
    "identity.token_queries.good_token_ids": "whose open streams may go on, now and then",
    "kit.ledger.deleted_among": "a slice of ids, when a backup is put back",
    "notifications.announcement_queries.dismissed_among": "hydration: a few announcements at once",
    "notifications.announcement_queries.reaction_counts": "hydration: a few announcements at once",
    "notifications.announcement_queries.reactions_by": "hydration: a few announcements at once",
    "notifications.queries.authors_mentioning": "who of a slice of recipients spoke first, in a job",
    "notifications.queries.willing_recipients": "a slice of recipients, in a job",
    "notifications.push_queries.listeners_of": "a slice of recipients, in a job",
    "notifications.push_queries.standing_notifications": "a slice of recipients, in a job",
    "notifications.push_queries.subscribed_among": "a slice of recipients, in a job",
    "publishing.card_queries.cards_by_ids": "hydration",
    "publishing.poll_queries.polls_with_votes": "hydration",
    "publishing.poll_queries.votes_of_members": "hydration for the viewers of open streams",
    "kit.owners_keys.keys_by_owners": "hydration",
    "notifications.policy_queries.who_welcomes": "whom a message is for, in a job",
    "publishing.queries.facts_for_anyone": "hydration",
    "publishing.queries.facts_for_member": "hydration",
    "publishing.queries.marks_of_members": "hydration for the viewers of open streams",
    "publishing.queries.status_facts_for_member": "hydration",
    "publishing.queries.statuses_by_ids": "hydration",
    "timelines.queries.active_owners": "a slice of followers, in a job",
    "timelines.queries.newest_of_accounts": "backfill in a job; celebrities' outboxes, kept for seconds",
    "timelines.queries.tagged_among": "tags that somebody still follows, in a job",
    "timelines.queries.owners_holding": "whose open streams get a new status",
    "identity.admission_queries.sign_in_addresses_of": "hydration of what staff see",
    "identity.member_queries.users_by_ids": "hydration of what staff see",
    "media.queries.delete_doomed": "a slice of what is gone from the store, in a job",
    "media.queries.media_by_ids": "hydration",
    "moderation.figure_queries.names_of_applications": "hydration of figures",
    "moderation.figure_queries.languages_of_statuses": "figures of one tag, of a limited number of uses",
    "moderation.figure_queries.domains_of_accounts": "figures of one tag, of a limited number of uses",
    "moderation.queries.reports_by_ids": "hydration",
    "moderation.queries.warnings_by_ids": "hydration",
}
# Not a slice: what its modules write.
KIT_TABLES = {"jobs", "schedules", "mails", "rate_windows", "server_secrets", "deletions", "sealing_keys"} | {
    "readings",
    "reading_groups",
}
WRITES = re.compile(
    r"(?:insert\s+into|delete\s+from|(?<!for )(?<!do )update(?!\s+(?:of|skip|nowait|set)\b))\s+(\w+)"
)
PARTITIONS = 4
SEVERAL = re.compile(r"bucket\s*=\s*any|unnest\(\$\d+::smallint")
# Arrays side by side as rows: with one element each, a row of constants.
UNNESTED = re.compile(r"unnest\(((?:\$\d+::\w+\[\](?:, )?)+)\) as (\w+) (\([\w, ]+\))")
BUCKET_PARAMETER = re.compile(
    r"(?:bucket\s*=\s*(?:any\s*\(\s*)?|insert\s+into\s+[\w\s]+\(\s*bucket\s*,[^)]*\)\s*values\s*\(\s*)\$(\d+)"
    r"|\$(\d+)::smallint\[\]"
)
READS = re.compile(r"\b(?:from|join|(?<!do )update)\s+(\w+)")

SQL_TYPES: dict[Any, set[str]] = {
    bool: {"bool"},
    int: {"int2", "int4", "int8"},
    str: {"text", "varchar", "name"},
    bytes: {"bytea"},
    float: {"float4", "float8"},
    msgspec.Struct: {"jsonb"},
    datetime: {"timestamptz"},
    date: {"date"},
}
SAMPLES = {
    "bool": "true", "bytea": "\\x01", "float8": "1", "jsonb": "{}",
    "inet": "192.0.2.1", "timestamptz": "2026-01-01", "interval": "1 day",
}  # fmt: skip


def wrong_of(found: Iterator[str]) -> str:
    return "".join(f"\n{each}" for each in dict.fromkeys(found))


def bucket_parameters(sql: str) -> set[int]:
    return {int(one or other) for one, other in BUCKET_PARAMETER.findall(sql)}


async def prepared(conn: Any, statement: Statement) -> Any:
    try:
        return await conn._raw.prepare(statement.sql)
    except asyncpg.PostgresError as error:
        pytest.fail(f"{statement.at} {statement.function}: {error}")


async def test_every_statement_prepares_and_fits_its_struct(conn):
    wrong: list[str] = []
    for statement in all_statements():
        ready = await prepared(conn, statement)
        columns = [(each.name, each.type.name) for each in ready.get_attributes()]
        faults = [
            *_parameter_faults(statement, len(ready.get_parameters())),
            *_column_faults(statement, columns),
        ]
        wrong += [f"{statement.at} {statement.function}: {fault}" for fault in faults]
    assert not wrong, wrong_of(iter(wrong))


def _parameter_faults(statement: Statement, parameters: int) -> Iterator[str]:
    if statement.values is None:
        return
    if len(statement.values) != parameters:
        yield f"{parameters} parameters, {len(statement.values)} values"
        return
    for number in bucket_parameters(statement.sql):
        if "bucket" not in statement.values[number - 1]:
            yield f"{statement.values[number - 1]} is sent as a bucket"


def _column_faults(statement: Statement, columns: list[tuple[str, str]]) -> Iterator[str]:
    if statement.call in {"fetch_column", "fetch_value"} and len(columns) != 1:
        yield f"{len(columns)} columns for one value"
    struct = _struct_of(statement.into)
    if struct is None:
        return
    fields = list(_fields_of(struct, {name for name, kind in columns if kind == "jsonb"}))
    required = sum(each.required for _, each in fields)
    if not required <= len(columns) <= len(fields):
        yield f"{len(columns)} columns for {len(fields)} fields of {struct.__name__}"
        return
    names = {each.name for _, each in fields}
    for (hint, field), (name, kind) in zip(fields, columns, strict=False):
        if name != field.name and name in names:
            yield f"column {name} comes where {struct.__name__} has {field.name}"
        if not _fits(hint, kind):
            yield f"column {name} is {kind}, {struct.__name__}.{field.name} is {hint}"


def _fields_of(struct: type[msgspec.Struct], whole: set[str]) -> Iterator[tuple[Any, Any]]:
    """Types and fields, in order; those of a struct within a struct in its place, unless one column holds it whole."""
    hints = get_type_hints(struct)
    for field in msgspec.structs.fields(struct):
        hint = hints[field.name]
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct) and field.name not in whole:
            yield from _fields_of(hint, whole)
        else:
            yield hint, field


def _struct_of(into: Any) -> type[msgspec.Struct] | None:
    """What rows become: a struct, or what a function makes of them says it returns."""
    if into is None or (isinstance(into, type) and issubclass(into, msgspec.Struct)):
        return into
    made = get_type_hints(into).get("return")
    return made if isinstance(made, type) and issubclass(made, msgspec.Struct) else None


def _fits(hint: Any, kind: str) -> bool:
    if get_origin(hint) in {Union, types.UnionType}:
        return any(_fits(each, kind) for each in get_args(hint) if each is not type(None))
    if get_origin(hint) in {tuple, list}:
        return kind == "jsonb" or (kind.endswith("[]") and _fits(get_args(hint)[0], kind.removesuffix("[]")))
    plain = getattr(hint, "__supertype__", hint)
    if isinstance(plain, type):
        return any(kind in kinds for known, kinds in SQL_TYPES.items() if issubclass(plain, known))
    return True


# Held ---------------------------------------------------------------------------------------------------


async def test_what_is_held_with_a_limit_reads_one_index_in_its_order(conn):
    """Its one plan must do for all values: one that sorts would read all there is between two bounds, for one page."""
    held = [each for each in all_statements() if each.held]
    assert held
    await conn.execute("set local plan_cache_mode = force_generic_plan")
    for way in ("seqscan", "bitmapscan"):
        await conn.execute(f"set local enable_{way} = off")
    for statement in held:
        assert "limit" in statement.sql, f"{statement.at} is held in any case"
        # Where a function names a partition, its parent stands in these statements.
        sql = re.sub(r"from (home_entries|notifications)\b", _partition_now, statement.sql)
        await conn._raw.execute(f"prepare held as {sql}")
        count = len((await prepared(conn, statement)).get_parameters())
        plan = await conn._raw.fetchval(f"explain (format json) execute held{_call(['null'] * count)}")
        await conn._raw.execute("deallocate held")
        assert "Sort" not in plan, f"{statement.at} {statement.function}: {plan}"


def _partition_now(found: re.Match[str]) -> str:
    return f"from {partition_of(found[1], clock.now())[0]}"


# Who writes what ----------------------------------------------------------------------------------------


def owned_tables() -> dict[str, set[str]]:
    owned: dict[str, set[str]] = {"kit": KIT_TABLES}
    for file in query_files():
        if file.slice != "kit":
            owned.setdefault(file.slice, set()).update(namespace_of(file).get("OWNED_TABLES", ()))
    return owned


async def test_a_slice_writes_its_own_tables_alone(conn):
    owned = owned_tables()
    wrong = [
        f"{each.at} {each.function} writes {table}"
        for each in all_statements()
        for table in WRITES.findall(each.sql.lower())
        if table not in owned[each.slice]
    ]
    wrong += [
        f"{each.function} copies into {each.table}"
        for each in all_copies()
        if each.table not in owned[each.slice]
    ]
    assert not wrong, wrong_of(iter(wrong))
    tables = await conn.fetch_column(
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace "
        "and relkind in ('r', 'p') and not relispartition and relname <> 'migrations'"
    )
    owners = [table for tables in owned.values() for table in tables]
    assert sorted(owners) == sorted(tables), "each table has one owner"


async def test_every_copy_fills_what_must_be_filled(conn):
    for each in all_copies():
        rows = await conn.fetch_rows(
            "select attname::text, attnotnull and not atthasdef from pg_attribute "
            "where attrelid = to_regclass($1) and attnum > 0",
            each.table,
        )
        required = {name for name, is_required in rows if is_required}
        assert required <= set(each.columns) <= {name for name, _ in rows}, each.function


async def test_words_of_statuses_are_selected_in_publishing_alone(conn):
    """Whoever reads them elsewhere has not asked who may see them."""
    wrong = []
    for statement in all_statements():
        if statement.slice != "publishing" and re.search(r"\bstatus(es|_edits)\b", statement.sql):
            columns = [each.name for each in (await prepared(conn, statement)).get_attributes()]
            if {"text", "content", "spoiler_text"} & set(columns):
                wrong.append(f"{statement.at} {statement.function}")
    assert wrong == []


# One bucket ---------------------------------------------------------------------------------------------


@pytest.fixture
async def twin(server_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """The schema with every table of buckets in parts, as if each part stood on another machine."""
    name = f"parley_twin_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    await drop_database(server_dsn, name)
    await create_database(server_dsn, name)
    twin = await asyncpg.connect(database_beside(server_dsn, name), statement_cache_size=0)
    for statement in split_statements(FILE.read_text()):
        await twin.execute(";".join(_in_parts(statement)))
    await twin.execute("set plan_cache_mode = force_custom_plan; set enable_partitionwise_join = on")
    yield twin
    await twin.close()
    await drop_database(server_dsn, name)


def _in_parts(statement: str) -> list[str]:
    table = re.match(r"create (?:unlogged )?table (\w+) \((.*\n\))", statement, re.DOTALL)
    if table is None or not re.search(r"^\s+bucket ", table[2], re.MULTILINE):
        return [statement]
    made = f"create table {table[1]} ({table[2]} partition by hash (bucket)"
    parts = [
        f"create table {table[1]}__{part} partition of {table[1]} "
        f"for values with (modulus {PARTITIONS}, remainder {part})"
        for part in range(PARTITIONS)
    ]
    return [made, *parts]


async def test_every_statement_stays_in_one_bucket(twin):
    """Parameters that are compared with a bucket all hold the same one: then no table may show a second part."""
    names = {row[0] for row in await twin.fetch("select relname::text from pg_class where relkind = 'p'")}
    wrong: list[str] = []
    spread: set[str] = set()
    for statement in all_statements():
        touched = await _parts_touched(twin, statement.sql)
        unseen = (set(READS.findall(statement.sql)) & names) - touched.keys()
        across = {table for table, count in touched.items() if count > 1}
        if across and statement.function in ACROSS_BUCKETS:
            spread.add(statement.function)
            across = set()
        wrong += [f"{statement.at} {statement.function}: all of {table}" for table in sorted(across)]
        wrong += [
            f"{statement.at} {statement.function}: the plan leaves out {table}" for table in sorted(unseen)
        ]
    assert not wrong, wrong_of(iter(wrong))
    assert set(ACROSS_BUCKETS) == spread, "an exception that is none"


async def test_who_asks_several_buckets_at_once_is_known_by_name():
    found = {each.function for each in all_statements() if SEVERAL.search(each.sql)}
    assert found == set(SEVERAL_BUCKETS)


async def _parts_touched(twin: asyncpg.Connection, sql: str) -> Counter[str]:
    """Of how many parts of each table the plan reads."""
    sql = UNNESTED.sub(_as_one_row, sql)
    kinds = (await twin.prepare(sql)).get_parameters()
    buckets = bucket_parameters(sql)
    values = [_sample(each.name, number, number in buckets) for number, each in enumerate(kinds, 1)]
    await twin.execute(f"prepare asked as {sql}")
    plan = await twin.fetchval(f"explain (format json) execute asked{_call(values)}")
    await twin.execute("deallocate asked")
    parts = {each for each in _relations(json.loads(plan)) if "__" in each}
    return Counter(part.partition("__")[0] for part in parts)


def _as_one_row(found: re.Match[str]) -> str:
    elements = ", ".join(f"({each})[1]" for each in found[1].split(", "))
    return f"(select {elements}) as {found[2]} {found[3]}"


def _call(values: list[str]) -> str:
    return f" ({', '.join(values)})" if values else ""


def _sample(kind: str, number: int, is_bucket: bool) -> str:
    """Numbers and days fall from parameter to parameter, so that `id < $3 and id > $4` can be true; texts differ."""
    single = kind.removesuffix("[]")
    numeral = str(7 if is_bucket else 1000 - number)
    counted = {"text": f"x{number}", "date": f"{2100 - number}-01-01"}
    text = SAMPLES.get(single) or counted.get(single, numeral)
    return f"'{{{text}}}'" if kind.endswith("[]") else f"'{text}'"


def _relations(plan: Any) -> Iterator[str]:
    if isinstance(plan, list):
        for each in plan:
            yield from _relations(each)
    elif isinstance(plan, dict):
        if "Relation Name" in plan:
            yield plan["Relation Name"]
        for each in plan.values():
            yield from _relations(each)
