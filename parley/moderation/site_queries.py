"""All SQL on rules, texts of the site, and domains blocked and allowed: few rows, which every machine holds."""

from collections.abc import Mapping
from datetime import date, datetime

import msgspec

from parley.kit.db import Connection
from parley.kit.paging import Page
from parley.moderation.models import AllowedDomain, BlockedDomain, Rule, RuleTranslation, SiteText

_RULES = "select id, place, text, hint, translations, created_at, removed_at from rules"
_TEXTS = "select kind, effective_on, text, html, created_at from site_texts"
_BLOCKED = """
    select id, domain, severity, reject_media, reject_reports, private_comment, public_comment, obfuscate,
        created_at
    from blocked_domains
"""
_ALLOWED = "select id, domain, created_at from allowed_domains"
_PAGE = {
    "desc": " where id < $1 and id > $2 order by id desc limit $3",
    "asc": " where id < $1 and id > $2 order by id limit $3",
}
RULES_MAX = 100
DOMAINS_MAX = 10_000


def _rule(
    id: int,
    place: int,
    text: str,
    hint: str,
    translations: Mapping[str, object],
    created_at: datetime,
    removed_at: datetime | None,
) -> Rule:
    read = msgspec.convert(translations, dict[str, RuleTranslation])
    return Rule(id, place, text, hint, read, created_at, removed_at)


# Rules


async def rules(conn: Connection) -> list[Rule]:
    """Those in force, in their order."""
    return await conn.fetch_all(
        _rule, _RULES + " where removed_at is null order by place, id limit $1", RULES_MAX
    )


async def rules_by_ids(conn: Connection, ids: list[int]) -> list[Rule]:
    """Also those that were removed since."""
    return await conn.fetch_all(_rule, _RULES + " where id = any($1) order by place, id", ids)


async def find_rule(conn: Connection, rule_id: int) -> Rule | None:
    return await conn.fetch_one(_rule, _RULES + " where id = $1 and removed_at is null", rule_id)


async def put_rule(conn: Connection, rule: Rule) -> None:
    await conn.execute(
        """
        insert into rules (id, place, text, hint, translations, created_at, removed_at)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (id) do update set place = $2, text = $3, hint = $4, translations = $5, removed_at = $7
        """,
        rule.id,
        rule.place,
        rule.text,
        rule.hint,
        msgspec.to_builtins(rule.translations),
        rule.created_at,
        rule.removed_at,
    )


# Texts


async def put_text(conn: Connection, text: SiteText) -> None:
    await conn.execute(
        """
        insert into site_texts (kind, effective_on, text, html, created_at) values ($1, $2, $3, $4, $5)
        on conflict (kind, effective_on) do update set text = $3, html = $4, created_at = $5
        """,
        *msgspec.structs.astuple(text),
    )


async def delete_text(conn: Connection, kind: str, effective_on: date) -> bool:
    touched = await conn.execute(
        "delete from site_texts where kind = $1 and effective_on = $2", kind, effective_on
    )
    return touched == 1


async def versions_of_text(conn: Connection, kind: str, limit: int) -> list[SiteText]:
    """Newest first, those to come among them."""
    return await conn.fetch_all(
        SiteText, _TEXTS + " where kind = $1 order by effective_on desc limit $2", kind, limit
    )


async def find_text(conn: Connection, kind: str, on: date) -> SiteText | None:
    """The version in force on a day."""
    return await conn.fetch_one(
        SiteText,
        _TEXTS + " where kind = $1 and effective_on <= $2 order by effective_on desc limit 1",
        kind,
        on,
    )


async def find_text_of_day(conn: Connection, kind: str, effective_on: date) -> SiteText | None:
    return await conn.fetch_one(
        SiteText, _TEXTS + " where kind = $1 and effective_on = $2", kind, effective_on
    )


async def find_text_after(conn: Connection, kind: str, effective_on: date) -> SiteText | None:
    """The version that takes its place."""
    return await conn.fetch_one(
        SiteText,
        _TEXTS + " where kind = $1 and effective_on > $2 order by effective_on limit 1",
        kind,
        effective_on,
    )


# Domains blocked


async def put_blocked_domain(conn: Connection, block: BlockedDomain) -> bool:
    """Whether the domain had no block until now."""
    touched = await conn.execute(
        """
        insert into blocked_domains (id, domain, severity, reject_media, reject_reports, private_comment,
            public_comment, obfuscate, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (domain) do nothing
        """,
        *msgspec.structs.astuple(block),
    )
    return touched == 1


async def update_blocked_domain(conn: Connection, block: BlockedDomain) -> None:
    await conn.execute(
        """
        update blocked_domains set severity = $2, reject_media = $3, reject_reports = $4, private_comment = $5,
            public_comment = $6, obfuscate = $7
        where id = $1
        """,
        block.id,
        block.severity,
        block.reject_media,
        block.reject_reports,
        block.private_comment,
        block.public_comment,
        block.obfuscate,
    )


async def find_blocked_domain(conn: Connection, block_id: int) -> BlockedDomain | None:
    return await conn.fetch_one(BlockedDomain, _BLOCKED + " where id = $1", block_id)


async def find_blocked_domain_by_name(conn: Connection, domain: str) -> BlockedDomain | None:
    return await conn.fetch_one(BlockedDomain, _BLOCKED + " where domain = $1", domain)


async def blocked_domains_page(conn: Connection, page: Page) -> list[BlockedDomain]:
    rows = await conn.fetch_all(
        BlockedDomain,
        _BLOCKED + _PAGE["asc" if page.ascending else "desc"],
        page.below,
        page.above,
        page.limit,
    )
    return rows[::-1] if page.ascending else rows


async def blocked_domains_by_gravity(conn: Connection) -> list[BlockedDomain]:
    """For everybody to read: those that are suspended first."""
    return await conn.fetch_all(
        BlockedDomain,
        _BLOCKED + " where severity <> 'noop' order by severity desc, domain limit $1",
        DOMAINS_MAX,
    )


async def delete_blocked_domain(conn: Connection, block_id: int) -> None:
    await conn.execute("delete from blocked_domains where id = $1", block_id)


# Domains allowed


async def put_allowed_domain(conn: Connection, allowed: AllowedDomain) -> bool:
    touched = await conn.execute(
        """
        insert into allowed_domains (id, domain, created_at) values ($1, $2, $3) on conflict (domain) do nothing
        """,
        *msgspec.structs.astuple(allowed),
    )
    return touched == 1


async def find_allowed_domain(conn: Connection, allowed_id: int) -> AllowedDomain | None:
    return await conn.fetch_one(AllowedDomain, _ALLOWED + " where id = $1", allowed_id)


async def find_allowed_domain_by_name(conn: Connection, domain: str) -> AllowedDomain | None:
    return await conn.fetch_one(AllowedDomain, _ALLOWED + " where domain = $1", domain)


async def allowed_domains_page(conn: Connection, page: Page) -> list[AllowedDomain]:
    rows = await conn.fetch_all(
        AllowedDomain,
        _ALLOWED + _PAGE["asc" if page.ascending else "desc"],
        page.below,
        page.above,
        page.limit,
    )
    return rows[::-1] if page.ascending else rows


async def delete_allowed_domain(conn: Connection, allowed_id: int) -> None:
    await conn.execute("delete from allowed_domains where id = $1", allowed_id)
