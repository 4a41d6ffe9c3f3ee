"""The cast of tests: members with tokens, and what they do, through the door that apps use."""

from typing import Any

import httpx
import msgspec

from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.jobs import run_all_due
from parley.kit.services import Services
from parley.worker import JOB_MODULES
from tests.identity.world import bearer, make_member, make_token, viewer_of


class Member(msgspec.Struct, frozen=True):
    """Somebody with an app: `get` and `post` speak as them."""

    name: str
    id: AccountId
    viewer: Viewer
    headers: dict[str, str]
    client: httpx.AsyncClient

    @property
    def wire_id(self) -> str:
        return str(self.id)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.client.get(path, params=query, headers=self.headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.client.post(path, json=body or {}, headers={**self.headers, **headers})

    async def put(self, path: str, body: Any = None) -> httpx.Response:
        return await self.client.put(path, json=body or {}, headers=self.headers)

    async def delete(self, path: str) -> httpx.Response:
        return await self.client.delete(path, headers=self.headers)

    async def says(self, status: str, **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = ok(await self.post("/api/v1/statuses", {"status": status, **more}))
        return made

    async def follows(self, other: "Member") -> None:
        ok(await self.post(f"/api/v1/accounts/{other.id}/follow"))

    async def list_ids(self, path: str, **query: Any) -> list[str]:
        return [item["id"] for item in ok(await self.get(path, **query))]


class Cast(msgspec.Struct, frozen=True):
    alice: Member
    bob: Member
    carol: Member


async def make_cast(conn: Connection, client: httpx.AsyncClient) -> Cast:
    return Cast(*[await join(conn, client, name) for name in ("alice", "bob", "carol")])


async def join(conn: Connection, client: httpx.AsyncClient, name: str, **changes: Any) -> Member:
    account_id = await make_member(conn, name, **changes)
    issued = await make_token(conn, account_id)
    return Member(name, account_id, viewer_of(issued), bearer(issued), client)


def ok(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, (answer.status_code, answer.text)
    return answer.json()


def refused(answer: httpx.Response, status: int) -> str:
    """Asserts the status and the documented body; returns the sentence."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    return str(answer.json()["error"])


async def settle(services: Services) -> None:
    """All that follows from what was done so far has happened."""
    assert JOB_MODULES, "importing them registers their jobs"
    await run_all_due(services)
