"""What a browser sends: query strings and forms to Fields; bounded in size, in number and in time."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from litestar import Request

from parley.kit.errors import BadRequest, Invalid, TooLarge
from parley.kit.ids import parse_id
from parley.kit.uploads import UploadedFile, read_multipart

FIELDS_MAX = 200
# Whoever sends more slowly than this holds a connection for nothing.
_BODY_SECONDS_MIN = 30
_BODY_BYTES_PER_SECOND_MIN = 50_000
_NUMBER = re.compile(r"[0-9]{1,9}")


class Fields:
    """Named texts, each name perhaps several times. What was not sent is empty: a form can't tell the two apart."""

    __slots__ = ("_files", "_values")

    def __init__(
        self, pairs: Iterable[tuple[str, str]] = (), files: Iterable[tuple[str, UploadedFile]] = ()
    ) -> None:
        self._files = tuple(files)
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def text(self, name: str) -> str:
        values = self._values.get(name)
        return values[-1] if values else ""

    def texts(self, name: str) -> list[str]:
        return self._values.get(name, [])

    def files(self, name: str) -> list[UploadedFile]:
        """Fields that were left empty bear none."""
        return [file for sent, file in self._files if sent == name]

    def flag(self, name: str) -> bool:
        """A box that is ticked."""
        return bool(self.text(name))

    def number(self, name: str) -> int | None:
        text = self.text(name)
        return int(text) if _NUMBER.fullmatch(text) else None

    def id(self, name: str) -> int | None:
        return parse_id(self.text(name))

    def pairs(self) -> list[tuple[str, str]]:
        return [(name, value) for name, values in self._values.items() for value in values]


def moment_of_field(text: str) -> datetime | None:
    """What a field for a date and a time holds, as UTC; None when it is empty. Raises Invalid."""
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid("Validation failed: This is no date and time") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def read_query(request: Request[Any, Any, Any]) -> Fields:
    return _fields_of(request.scope.get("query_string", b""))


async def read_form(
    request: Request[Any, Any, Any], texts_bytes_max: int, files_bytes_max: int = 0
) -> Fields:
    """`files_bytes_max`: what files may weigh, where the form may bear some.

    Raises BadRequest for what no form of ours sends, TooLarge for too much of it.
    """
    content_type = request.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    with_files = kind == "multipart/form-data"
    if not with_files and kind not in {"", "application/x-www-form-urlencoded"}:
        raise BadRequest("This form can't be read")
    limit = texts_bytes_max + (files_bytes_max if with_files else 0)
    try:
        async with asyncio.timeout(_BODY_SECONDS_MIN + limit / _BODY_BYTES_PER_SECOND_MIN):
            chunks = _chunks(request, limit)
            if with_files:
                return _fields_of_parts(await read_multipart(chunks, content_type, texts_bytes_max))
            return _fields_of(b"".join([chunk async for chunk in chunks]))
    except TimeoutError:
        raise BadRequest("The form came too slowly") from None


async def _chunks(request: Request[Any, Any, Any], limit: int) -> AsyncIterator[bytes]:
    received, more = 0, True
    while more:
        message: Any = await request.receive()
        if message["type"] != "http.request":
            raise BadRequest("The form ended early")
        chunk: bytes = message.get("body", b"")
        received += len(chunk)
        if received > limit:
            raise TooLarge("This is more than this server takes at once")
        yield chunk
        more = message.get("more_body", False)


def _fields_of_parts(parts: Iterable[tuple[str, str | UploadedFile]]) -> Fields:
    texts: list[tuple[str, str]] = []
    files: list[tuple[str, UploadedFile]] = []
    for name, value in parts:
        if isinstance(value, UploadedFile):
            files.append((name, value))
        else:
            texts.append((name, value))
    return _checked(texts, files)


def _fields_of(encoded: bytes) -> Fields:
    if encoded.count(b"&") >= FIELDS_MAX:
        raise BadRequest("There are too many fields")
    try:
        pairs = [piece.partition("=") for piece in encoded.decode().split("&") if piece]
        read = [(_unquoted(name), _unquoted(value)) for name, _, value in pairs]
    except UnicodeDecodeError:
        raise BadRequest("The text is not valid UTF-8") from None
    return _checked(read)


def _checked(texts: list[tuple[str, str]], files: Iterable[tuple[str, UploadedFile]] = ()) -> Fields:
    if len(texts) > FIELDS_MAX:
        raise BadRequest("There are too many fields")
    if any("\0" in value for _, value in texts):
        raise BadRequest("The text contains characters that can't be stored")
    return Fields(texts, files)


def _unquoted(text: str) -> str:
    return unquote_plus(text, errors="strict") if "%" in text or "+" in text else text
