"""Members at the door of the API: each with a client that bears their token."""

import re
from typing import Any, TypeVar

import httpx
import msgspec

from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from tests.identity.world import bearer, make_member, make_token

Entity = TypeVar("Entity")
API = "/api/v1"


class Caller(msgspec.Struct, frozen=True):
    id: AccountId
    client: httpx.AsyncClient
    headers: dict[str, str]

    @property
    def viewer(self) -> Viewer:
        return Viewer(account_id=self.id)

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return await self.client.request(method, API + path, headers=self.headers, **more)

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.ask("GET", path, params=params)

    async def post(self, path: str, **form: Any) -> httpx.Response:
        return await self.ask("POST", path, data=form)


async def make_caller(
    conn: Connection, client: httpx.AsyncClient, username: str, scopes: str = "read write"
) -> Caller:
    account_id = await make_member(conn, username)
    return Caller(account_id, client, bearer(await make_token(conn, account_id, scopes)))


async def with_scopes(conn: Connection, caller: Caller, scopes: str) -> Caller:
    """The same member with another token."""
    return Caller(caller.id, caller.client, bearer(await make_token(conn, caller.id, scopes)))


def strictly(answer: httpx.Response, entity: type[Entity]) -> Entity:
    """Each documented key present and of its type, and none beside them."""
    assert answer.status_code == 200, answer.text
    found = msgspec.json.decode(answer.content, type=entity)
    assert msgspec.json.decode(msgspec.json.encode(found)) == answer.json()
    return found


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def ids(answer: httpx.Response) -> list[int]:
    assert answer.status_code == 200, answer.text
    return [int(each["id"]) for each in answer.json()]


def linked(answer: httpx.Response, relation: str) -> str | None:
    """The address behind `rel="..."`, from the path on."""
    found = re.search(rf'<https?://[^/>]+{API}([^>]*)>; rel="{relation}"', answer.headers.get("link", ""))
    return found[1] if found else None
