"""The schema as readable text from the catalogs: kept in parley/schema.sql, for people and for the test beside it."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import asyncpg

FILE = Path(__file__).parents[1] / "schema.sql"

_QUOTED_OR_CAPITALS = re.compile(r"""'(?:[^']|'')*'|"[^"]*"|\b[A-Z]+\b""")
_HEADER = "-- The schema as all migrations leave it. Written by `parley migrate --write-schema`; not edited by hand.\n"

# Leaf partitions come and go with time, and the table of migrations is the migrator's own.
_TABLES = """
    select c.oid, c.relname::text, c.relpersistence = 'u', c.relkind = 'p', c.reloptions,
           pg_get_partkeydef(c.oid), p.inhparent::regclass::text, pg_get_expr(c.relpartbound, c.oid)
    from pg_class c left join pg_inherits p on p.inhrelid = c.oid and c.relispartition
    where c.relnamespace = 'public'::regnamespace and c.relname <> 'migrations'
      and (c.relkind = 'p' or c.relkind = 'r' and not c.relispartition)
    order by c.relname
"""
_COLUMNS = """
    select a.attrelid, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull,
           pg_get_expr(d.adbin, d.adrelid), a.attgenerated::text, a.attidentity::text,
           case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end
    from pg_attribute a join pg_type t on t.oid = a.atttypid
         left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = any($1::oid[]) and a.attnum > 0 and not a.attisdropped
    order by a.attrelid, a.attnum
"""
# From PostgreSQL 18 on `not null` is a constraint too; the columns tell it already.
_CONSTRAINTS = """
    select conrelid, contype::text, conname::text, pg_get_constraintdef(oid, true) from pg_constraint
    where conrelid = any($1::oid[]) and contype <> 'n'
    order by conrelid, position(contype::text in 'puxfc'), conname
"""
_INDEXES = """
    select i.indrelid, pg_get_indexdef(i.indexrelid, 0, true), i.indisvalid
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = any($1::oid[])
      and not exists (select from pg_constraint where conindid = i.indexrelid and contype in ('p', 'u', 'x'))
    order by i.indrelid, c.relname
"""
# None of these is in use. Should one appear, it must not stay unseen.
_OTHERS = """
    select kind || ' ' || name from (
        select case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
               else 'foreign table' end as kind, relname::text as name
        from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm', 'S', 'f')
        union all select 'type', format_type(t.oid, null) from pg_type t left join pg_class c on c.oid = t.typrelid
        where t.typnamespace = 'public'::regnamespace and t.typelem = 0 and coalesce(c.relkind, 'c') = 'c'
              and t.typtype <> 'm'
        union all select 'function', p.oid::regprocedure::text from pg_proc p
        where p.pronamespace = 'public'::regnamespace
        union all select 'trigger', tgname || ' on ' || tgrelid::regclass from pg_trigger where not tgisinternal
        union all select 'rule', rulename || ' on ' || tablename from pg_rules where schemaname = 'public'
        union all select 'policy', policyname || ' on ' || tablename from pg_policies where schemaname = 'public'
        union all select 'statistics', stxname::text from pg_statistic_ext
        union all select 'extension', extname::text from pg_extension where extname <> 'plpgsql'
    ) others order by 1
"""


async def dump_schema(dsn: str) -> str:
    """The same text from every PostgreSQL since 15, whatever partitions exist."""
    conn = await asyncpg.connect(dsn, timeout=10)
    try:
        await conn.execute("set search_path = public")
        tables = await conn.fetch(_TABLES)
        oids = [table[0] for table in tables]
        columns = _by_table(await conn.fetch(_COLUMNS, oids))
        constraints = _by_table(await conn.fetch(_CONSTRAINTS, oids))
        indexes = _by_table(await conn.fetch(_INDEXES, oids))
        others = await conn.fetch(_OTHERS)
    finally:
        await conn.close()
    parts = [_HEADER]
    for oid, *table in tables:
        parts.append(_table_text(table, columns[oid], constraints[oid]) + _index_text(indexes[oid]))
    if others:
        parts.append("".join(f"-- also: {row[0]}\n" for row in others))
    return "\n".join(parts)


def _by_table(rows: list[Any]) -> dict[int, list[list[Any]]]:
    grouped: dict[int, list[list[Any]]] = defaultdict(list)
    for oid, *rest in rows:
        grouped[oid].append(rest)
    return grouped


def _table_text(table: list[Any], columns: list[list[Any]], constraints: list[list[Any]]) -> str:
    name, unlogged, partitioned, options, key, parent, bound = table
    lines = [_column_text(*column) for column in columns]
    for kind, constraint_name, definition in constraints:
        # A primary key bears the name that its table gives it.
        named = "" if kind == "p" and constraint_name == f"{name}_pkey" else f"constraint {constraint_name} "
        lines.append(named + _keywords_lowered(definition))
    text = f"create {'unlogged ' if unlogged else ''}table {name} (\n    " + ",\n    ".join(lines) + "\n)"
    if parent:
        text += f" partition of {parent} {_keywords_lowered(bound)}"
    if partitioned:
        text += f" partition by {_keywords_lowered(key)}"
    if options:
        text += f" with ({', '.join(sorted(options))})"
    return text + ";\n"


def _column_text(
    name: str,
    kind: str,
    not_null: bool,
    default: str | None,
    generated: str,
    identity: str,
    collation: str | None,
) -> str:
    text = f"{name} {kind}"
    if collation:
        text += f" collate {collation}"
    if not_null:
        text += " not null"
    if generated:
        text += f" generated always as ({default}) {'stored' if generated == 's' else 'virtual'}"
    elif default is not None:
        text += f" default {default}"
    if identity:
        text += f" generated {'always' if identity == 'a' else 'by default'} as identity"
    return text


def _index_text(indexes: list[list[Any]]) -> str:
    return "".join(
        f"{_keywords_lowered(definition)};{'' if valid else ' -- void'}\n" for definition, valid in indexes
    )


def _keywords_lowered(definition: str) -> str:
    """`CREATE INDEX x ON ONLY t USING btree (...) WHERE ...` as people write it; text in quotes stays."""
    lowered = _QUOTED_OR_CAPITALS.sub(
        lambda found: found[0] if found[0][0] in "'\"" else found[0].lower(), definition
    )
    return lowered.replace(" on only ", " on ").replace(" using btree", "")
