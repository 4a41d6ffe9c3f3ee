"""Asking this very server what any stranger may ask it: by its address, wherever that leads.

For the operator's commands alone: whatever members can name goes through kit/http_client.py, which knows what must not
be asked. Redirects are answers like any other.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import httpx
import msgspec

from parley.kit.errors import OperatorError

_SECONDS = 20.0
_BODY_BYTES_MAX = 4_194_304


class OwnServerSilent(OperatorError):
    """It can't be asked; one sentence says why."""


class OwnAnswer(msgspec.Struct, frozen=True):
    """Names of headers are in small letters; one that came twice stands twice."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def all_of(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


class OwnServer:
    """Remembers no cookies: each request is a stranger's first. Counts what it asked."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.asked = 0
        self._client = httpx.AsyncClient(timeout=_SECONDS, trust_env=False, follow_redirects=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def ask(
        self,
        path: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> OwnAnswer:
        """GET or, with a form, POST. Raises OwnServerSilent."""
        self.asked += 1
        method = "GET" if form is None else "POST"
        body = bytearray()
        try:
            async with self._client.stream(method, self.url + path, data=form, headers=headers) as answer:
                # One that breaks off, as a damaged file's does, tells as much as came.
                with suppress(httpx.RemoteProtocolError):
                    async for piece in answer.aiter_bytes():
                        body += piece
                        if len(body) > _BODY_BYTES_MAX:
                            break
            self._client.cookies.clear()
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise OwnServerSilent(f"{self.url} does not answer: {type(error).__name__} {error}") from None
        return OwnAnswer(answer.status_code, answer.headers.multi_items(), bytes(body))
