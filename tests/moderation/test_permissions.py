"""Who may ask which route of staff, as a table: every route, every kind of caller."""

import httpx
import pytest

from parley.identity.staff import PERMISSIONS, Permission, allows
from parley.kit.db import Connection
from parley.mastodon_api.call import Route
from parley.mastodon_api.routes import ROUTES
from tests.identity.world import bearer, make_member, make_token
from tests.moderation.world import join_as
from tests.world import refused

STAFF_ROUTES = [route for route in ROUTES if "/admin/" in route.path]
# What moderators may not: the rest is theirs.
FOR_ADMINISTRATORS_ALONE = {
    "domain_blocks",
    "domain_allows",
    "email_domain_blocks",
    "canonical_email_blocks",
    "ip_blocks",
}


def resource_of(route: Route) -> str:
    return route.path.split("/")[4]


def test_every_route_of_staff_names_a_scope_and_a_permission() -> None:
    assert len(STAFF_ROUTES) > 45
    for route in STAFF_ROUTES:
        assert route.needs is not None, route.path
        kind = "read" if route.method == "GET" else "write"
        if resource_of(route) in {"measures", "dimensions", "retention"} or route.path.endswith("/test"):
            kind = "read"
        assert (route.scope or "").startswith(f"admin:{kind}"), route.path


def test_roles_hold_what_is_written_here() -> None:
    assert PERMISSIONS["user"] == 0
    assert PERMISSIONS["admin"] == 1
    assert PERMISSIONS["moderator"] == 0x4 | 0x8 | 0x10 | 0x100 | 0x400
    assert not allows("moderator", Permission.MANAGE_USER_ACCESS)
    assert all(allows("admin", each) for each in Permission)
    assert not allows("nobody", Permission.VIEW_DASHBOARD)


@pytest.mark.parametrize("caller", ["anonymous", "application", "narrow", "member", "moderator", "admin"])
async def test_who_may_call(conn: Connection, client: httpx.AsyncClient, caller: str) -> None:
    target = await make_member(conn, "someone")
    headers = await _headers(conn, client, caller)
    for route in STAFF_ROUTES:
        path = route.path.replace("{id:str}", str(target))
        if route.method == "DELETE" and resource_of(route) == "accounts":
            # Without a suspension before it, this is refused even to administrators.
            continue
        answer = await client.request(route.method, path, json={}, headers=headers)
        label = (caller, route.method, path, answer.status_code, answer.text)
        if caller in {"anonymous", "application"}:
            assert answer.status_code in {401, 422}, label
        elif caller == "narrow":
            assert "scopes" in refused(answer, 403), label
        elif caller == "member" or (caller == "moderator" and resource_of(route) in FOR_ADMINISTRATORS_ALONE):
            assert refused(answer, 403) == "This action is not allowed", label
        else:
            assert answer.status_code in {200, 403, 404, 422}, label
            assert answer.status_code != 403 or "waiting" in answer.text, label


async def _headers(conn: Connection, client: httpx.AsyncClient, caller: str) -> dict[str, str]:
    if caller == "anonymous":
        return {}
    if caller == "application":
        return bearer(await make_token(conn, None, "admin:read admin:write"))
    if caller == "narrow":
        # An administrator's, but without the scopes.
        account_id = await make_member(conn, "boss", role="admin")
        return bearer(await make_token(conn, account_id, "read write follow push"))
    role = {"member": "user"}.get(caller, caller)
    return (await join_as(conn, client, "caller", role)).headers
