"""Staff keep people out: networks, e-mail addresses and their domains, other servers."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from litestar import Response

from parley.identity import admission_blocks
from parley.identity.admission import SEVERITIES
from parley.identity.staff import Permission, may
from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound
from parley.kit.paging import Page
from parley.moderation import domains, gates
from parley.moderation.domains import DomainBlockChanges
from parley.moderation.models import DOMAIN_SEVERITIES
from parley.web.render import page
from parley.web.session import PageCall
from parley.web.wording import sentence_of

# The newest of each kind; whoever keeps more uses the API.
_SHOWN = Page(limit=200)
_DAYS_MAX = 3650
SEVERITY_NAMES = {
    "sign_up_requires_approval": "sign-ups wait for approval",
    "sign_up_block": "no sign-ups",
    "no_access": "no access at all",
    "noop": "nothing, only noted",
    "silence": "limited",
    "suspend": "nothing comes in",
}


async def show_blocks(call: PageCall) -> Response[bytes]:
    return await _blocks_page(call)


async def _blocks_page(call: PageCall, refused: str = "", complaint: str = "") -> Response[bytes]:
    """`refused`: the kind of block whose form was sent, and stands there again as it was filled in."""
    async with call.database.reading() as conn:
        email_domains = await admission_blocks.email_domain_blocks(conn, _SHOWN)
        values = {
            "networks": await admission_blocks.ip_blocks(conn, _SHOWN),
            "emails": await admission_blocks.canonical_email_blocks(conn, _SHOWN),
            "email_domains": email_domains,
            "attempts": await admission_blocks.attempts_of(conn, email_domains),
            "domains": await domains.domain_blocks(conn, call.viewer, _SHOWN)
            if may(call.viewer, Permission.MANAGE_FEDERATION)
            else [],
        }
    return await page(
        call,
        "admin_blocks",
        status=422 if complaint else 200,
        refused=refused,
        typed=dict(call.form.pairs()),
        complaint=complaint,
        severities=[(each, SEVERITY_NAMES[each]) for each in SEVERITIES],
        domain_severities=[(each, SEVERITY_NAMES[each]) for each in DOMAIN_SEVERITIES],
        severity_names=SEVERITY_NAMES,
        **values,
    )


async def add_block(call: PageCall) -> Response[bytes]:
    kind = call.path_text("kind")
    add = _ADDING.get(kind)
    if add is None:
        raise NotFound
    try:
        async with call.database.transaction() as conn:
            await add(call, conn)
    except Invalid as refusal:
        return await _blocks_page(call, kind, sentence_of(refusal))
    return call.redirect("/admin/blocks", "block_made")


async def remove_block(call: PageCall) -> Response[bytes]:
    remove = _REMOVING.get(call.path_text("kind"))
    if remove is None:
        raise NotFound
    async with call.database.transaction() as conn:
        await remove(conn, call.viewer, call.path_id())
    return call.redirect("/admin/blocks", "block_gone")


async def _add_network(call: PageCall, conn: Connection) -> None:
    expires_at = _end_of(call)
    ip, severity = call.form.text("ip"), call.form.text("severity")
    reason = call.form.text("reason")
    await gates.block_ip(conn, call.viewer, call.address, ip, severity, reason, expires_at)


def _end_of(call: PageCall) -> datetime | None:
    """None for good: whoever mistypes a number of days doesn't mean that. Raises Invalid."""
    if not call.form.text("days").strip():
        return None
    days = call.form.number("days") or 0
    if not 1 <= days <= _DAYS_MAX:
        raise Invalid(f"Days are a number from 1 to {_DAYS_MAX}, or empty for good")
    return clock.now() + timedelta(days=days)


async def _add_email(call: PageCall, conn: Connection) -> None:
    await gates.block_canonical_email(conn, call.viewer, call.form.text("email"), "")


async def _add_email_domain(call: PageCall, conn: Connection) -> None:
    await gates.block_email_domain(
        conn,
        call.viewer,
        call.form.text("domain"),
        allow_with_approval=call.form.flag("allow_with_approval"),
    )


async def _add_domain(call: PageCall, conn: Connection) -> None:
    changes = DomainBlockChanges(
        severity=call.form.text("severity"),
        private_comment=call.form.text("reason"),
        public_comment=call.form.text("public_comment"),
        obfuscate=call.form.flag("obfuscate"),
    )
    await domains.block_domain(conn, call.viewer, call.form.text("domain"), changes)


_ADDING: dict[str, Callable[[PageCall, Connection], Awaitable[None]]] = {
    "networks": _add_network,
    "emails": _add_email,
    "email_domains": _add_email_domain,
    "domains": _add_domain,
}
_REMOVING: dict[str, Callable[[Connection, Viewer, int], Awaitable[object]]] = {
    "networks": gates.unblock_ip,
    "emails": gates.unblock_canonical_email,
    "email_domains": gates.unblock_email_domain,
    "domains": domains.unblock_domain,
}
