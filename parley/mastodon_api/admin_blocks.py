"""/api/v1/admin: blocks of e-mail domains, of addresses and of networks; domains blocked and allowed.

https://docs.joinmastodon.org/methods/admin/domain_blocks/ and those beside it
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from parley.identity import admission_blocks
from parley.identity.admission_blocks import IpBlockChanges
from parley.identity.models import EmailDomainBlock
from parley.identity.staff import Permission
from parley.kit import clock
from parley.kit.client_address import client_address
from parley.kit.db import Connection
from parley.kit.errors import Invalid
from parley.kit.paging import Page
from parley.mastodon_api.call import Answer, Call, Handler, Method, Nothing, Route, json_answer
from parley.mastodon_api.entities.admin import (
    AdminCanonicalEmailBlock,
    AdminDomainAllow,
    AdminDomainBlock,
    AdminEmailDomainBlock,
    AdminIpBlock,
    to_canonical_email_block,
    to_domain_allow,
    to_domain_block,
    to_email_domain_block,
    to_ip_block,
)
from parley.mastodon_api.paging import PageParams
from parley.moderation import domains, gates
from parley.moderation.domains import DomainBlockChanges

_DEFAULT, _MAXIMUM = 100, 200
_EXPIRES_IN_SECONDS_MAX = 10 * 365 * 86_400


class DomainBlockParams(msgspec.Struct, frozen=True, kw_only=True):
    domain: str = ""
    severity: str | None = None
    reject_media: bool | None = None
    reject_reports: bool | None = None
    private_comment: str | None = None
    public_comment: str | None = None
    obfuscate: bool | None = None


class DomainParams(msgspec.Struct, frozen=True, kw_only=True):
    domain: str = ""


class EmailDomainBlockParams(msgspec.Struct, frozen=True, kw_only=True):
    domain: str = ""
    allow_with_approval: bool = False


class CanonicalEmailBlockParams(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two; the address wins."""

    email: str = ""
    canonical_email_hash: str = ""


class TestEmailParams(msgspec.Struct, frozen=True, kw_only=True):
    email: str = ""


class IpBlockParams(msgspec.Struct, frozen=True, kw_only=True):
    ip: str | None = None
    severity: str | None = None
    comment: str | None = None
    expires_in: int | None = None


async def _list(
    call: Call, read: Callable[[Connection, Page], Awaitable[Sequence[Any]]], shape: Callable[[Any], Any]
) -> Answer:
    page = call.page(_DEFAULT, _MAXIMUM)
    async with call.database.reading() as conn:
        found = await read(conn, page)
    ids = [each.id for each in found]
    return json_answer(
        [shape(each) for each in found],
        headers=call.link_header(
            ids[-1] if ids else None, ids[0] if ids else None, full=len(ids) == page.limit
        ),
    )


# Domains blocked


async def list_domain_blocks(call: Call) -> Answer:
    async def read(conn: Connection, page: Page) -> Sequence[Any]:
        return await domains.domain_blocks(conn, call.viewer, page)

    return await _list(call, read, to_domain_block)


async def show_domain_block(call: Call) -> Answer:
    async with call.database.reading() as conn:
        block = await domains.require_domain_block(conn, call.viewer, call.path_id())
    return json_answer(to_domain_block(block))


class ExistingDomainBlock(msgspec.Struct, frozen=True):
    """The documented refusal of a second block."""

    error: str
    existing_domain_block: AdminDomainBlock


async def create_domain_block(call: Call) -> Answer:
    params = await call.params(DomainBlockParams)
    async with call.database.transaction() as conn:
        existing = await domains.find_domain_block(conn, call.viewer, params.domain)
        if existing is None:
            block = await domains.block_domain(conn, call.viewer, params.domain, _changes(params))
            return json_answer(to_domain_block(block))
    sentence = f"Validation failed: {existing.domain} is blocked already"
    return json_answer(ExistingDomainBlock(sentence, to_domain_block(existing)), status=422)


async def update_domain_block(call: Call) -> Answer:
    block_id = call.path_id()
    params = await call.params(DomainBlockParams)
    async with call.database.transaction() as conn:
        block = await domains.change_domain_block(conn, call.viewer, block_id, _changes(params))
    return json_answer(to_domain_block(block))


async def delete_domain_block(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        await domains.unblock_domain(conn, call.viewer, call.path_id())
    return json_answer(Nothing())


def _changes(params: DomainBlockParams) -> DomainBlockChanges:
    given = msgspec.structs.asdict(params)
    return DomainBlockChanges(**{name: given[name] for name in DomainBlockChanges.__struct_fields__})


# Domains allowed


async def list_domain_allows(call: Call) -> Answer:
    async def read(conn: Connection, page: Page) -> Sequence[Any]:
        return await domains.domain_allows(conn, call.viewer, page)

    return await _list(call, read, to_domain_allow)


async def show_domain_allow(call: Call) -> Answer:
    async with call.database.reading() as conn:
        allowed = await domains.require_domain_allow(conn, call.viewer, call.path_id())
    return json_answer(to_domain_allow(allowed))


async def create_domain_allow(call: Call) -> Answer:
    params = await call.params(DomainParams)
    async with call.database.transaction() as conn:
        allowed = await domains.allow_domain(conn, call.viewer, params.domain)
    return json_answer(to_domain_allow(allowed))


async def delete_domain_allow(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        await domains.disallow_domain(conn, call.viewer, call.path_id())
    return json_answer(Nothing())


# E-mail domains


async def list_email_domain_blocks(call: Call) -> Answer:
    page = call.page(_DEFAULT, _MAXIMUM)
    async with call.database.reading() as conn:
        found = await admission_blocks.email_domain_blocks(conn, page)
        attempts = await admission_blocks.attempts_of(conn, found)
    ids = [each.id for each in found]
    return json_answer(
        [to_email_domain_block(each, attempts[each.domain]) for each in found],
        headers=call.link_header(
            ids[-1] if ids else None, ids[0] if ids else None, full=len(ids) == page.limit
        ),
    )


async def show_email_domain_block(call: Call) -> Answer:
    async with call.database.reading() as conn:
        block = await admission_blocks.require_email_domain_block(conn, call.path_id())
        return await _email_domain_block(conn, block)


async def create_email_domain_block(call: Call) -> Answer:
    params = await call.params(EmailDomainBlockParams)
    async with call.database.transaction() as conn:
        block = await gates.block_email_domain(
            conn, call.viewer, params.domain, allow_with_approval=params.allow_with_approval
        )
        return await _email_domain_block(conn, block)


async def delete_email_domain_block(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        await gates.unblock_email_domain(conn, call.viewer, call.path_id())
    return json_answer(Nothing())


async def _email_domain_block(conn: Connection, block: EmailDomainBlock) -> Answer:
    attempts = await admission_blocks.attempts_of(conn, [block])
    return json_answer(to_email_domain_block(block, attempts[block.domain]))


# E-mail addresses


async def list_canonical_email_blocks(call: Call) -> Answer:
    return await _list(call, admission_blocks.canonical_email_blocks, to_canonical_email_block)


async def show_canonical_email_block(call: Call) -> Answer:
    async with call.database.reading() as conn:
        block = await admission_blocks.require_canonical_email_block(conn, call.path_id())
    return json_answer(to_canonical_email_block(block))


async def test_canonical_email(call: Call) -> Answer:
    params = await call.params(TestEmailParams)
    async with call.database.reading() as conn:
        found = await admission_blocks.test_canonical_email(conn, params.email)
    return json_answer([to_canonical_email_block(each) for each in found])


async def create_canonical_email_block(call: Call) -> Answer:
    params = await call.params(CanonicalEmailBlockParams)
    async with call.database.transaction() as conn:
        block = await gates.block_canonical_email(
            conn, call.viewer, params.email, params.canonical_email_hash
        )
    return json_answer(to_canonical_email_block(block))


async def delete_canonical_email_block(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        block = await gates.unblock_canonical_email(conn, call.viewer, call.path_id())
    return json_answer(to_canonical_email_block(block))


# Networks


async def list_ip_blocks(call: Call) -> Answer:
    return await _list(call, admission_blocks.ip_blocks, to_ip_block)


async def show_ip_block(call: Call) -> Answer:
    async with call.database.reading() as conn:
        block = await admission_blocks.require_ip_block(conn, call.path_id())
    return json_answer(to_ip_block(block))


async def create_ip_block(call: Call) -> Answer:
    params = await call.params(IpBlockParams)
    async with call.database.transaction() as conn:
        block = await gates.block_ip(
            conn,
            call.viewer,
            client_address(call.scope, call.settings.trusted_proxies),
            params.ip or "",
            params.severity or "",
            params.comment or "",
            _expiry(params.expires_in),
        )
    return json_answer(to_ip_block(block))


async def update_ip_block(call: Call) -> Answer:
    block_id = call.path_id()
    params = await call.params(IpBlockParams)
    changes = IpBlockChanges(params.ip, params.severity, params.comment, _expiry(params.expires_in))
    async with call.database.transaction() as conn:
        own_address = client_address(call.scope, call.settings.trusted_proxies)
        block = await gates.change_ip_block(conn, call.viewer, own_address, block_id, changes)
    return json_answer(to_ip_block(block))


async def delete_ip_block(call: Call) -> Answer:
    async with call.database.transaction() as conn:
        await gates.unblock_ip(conn, call.viewer, call.path_id())
    return json_answer(Nothing())


def _expiry(expires_in_seconds: int | None) -> datetime | None:
    if expires_in_seconds is None:
        return None
    if not 0 < expires_in_seconds <= _EXPIRES_IN_SECONDS_MAX:
        raise Invalid("Validation failed: Expires in is out of range")
    return clock.now() + timedelta(seconds=expires_in_seconds)


def _route(method: Method, path: str, handler: Handler, gives: Any, takes: Any = ()) -> Route:
    """The first part of the path names the scope."""
    resource = path.partition("/")[0]
    reads = method == "GET" or path.endswith("/test")
    federation = resource in {"domain_blocks", "domain_allows"}
    return Route(
        method,
        f"/api/v1/admin/{path}",
        handler,
        scope=f"admin:{'read' if reads else 'write'}:{resource}",
        needs=Permission.MANAGE_FEDERATION if federation else Permission.MANAGE_BLOCKS,
        also=("PATCH",) if method == "PUT" else (),
        takes=takes,
        gives=gives,
    )


def _resource(
    name: str,
    entity: Any,
    params: Any,
    show_all: Handler,
    show_one: Handler,
    create: Handler,
    delete: Handler,
    deleted: Any = Nothing,
) -> tuple[Route, ...]:
    return (
        _route("GET", name, show_all, list[entity], PageParams),
        _route("GET", f"{name}/{{id:str}}", show_one, entity),
        _route("POST", name, create, entity, params),
        _route("DELETE", f"{name}/{{id:str}}", delete, deleted),
    )


ROUTES: tuple[Route, ...] = (
    *_resource(
        "domain_blocks",
        AdminDomainBlock,
        DomainBlockParams,
        list_domain_blocks,
        show_domain_block,
        create_domain_block,
        delete_domain_block,
    ),
    _route("PUT", "domain_blocks/{id:str}", update_domain_block, AdminDomainBlock, DomainBlockParams),
    *_resource(
        "domain_allows",
        AdminDomainAllow,
        DomainParams,
        list_domain_allows,
        show_domain_allow,
        create_domain_allow,
        delete_domain_allow,
    ),
    *_resource(
        "email_domain_blocks",
        AdminEmailDomainBlock,
        EmailDomainBlockParams,
        list_email_domain_blocks,
        show_email_domain_block,
        create_email_domain_block,
        delete_email_domain_block,
    ),
    *_resource(
        "canonical_email_blocks",
        AdminCanonicalEmailBlock,
        CanonicalEmailBlockParams,
        list_canonical_email_blocks,
        show_canonical_email_block,
        create_canonical_email_block,
        delete_canonical_email_block,
        AdminCanonicalEmailBlock,
    ),
    _route(
        "POST",
        "canonical_email_blocks/test",
        test_canonical_email,
        list[AdminCanonicalEmailBlock],
        TestEmailParams,
    ),
    *_resource(
        "ip_blocks",
        AdminIpBlock,
        IpBlockParams,
        list_ip_blocks,
        show_ip_block,
        create_ip_block,
        delete_ip_block,
    ),
    _route("PUT", "ip_blocks/{id:str}", update_ip_block, AdminIpBlock, IpBlockParams),
)
