"""A web server that answers each path with whatever bytes a test wrote down, or keeps everybody waiting."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec


class Asked(msgspec.Struct, frozen=True):
    """A request as it came in."""

    line: str
    headers: dict[str, str]
    body: bytes


class HostileServer:
    def __init__(self) -> None:
        self.port = 0
        self.asked: list[Asked] = []
        self.scripts: dict[str, object] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self, path: str, script: object) -> str:
        """Bytes to send, or an async function of the writer. Returns the URL."""
        self.scripts[path] = script
        return f"{self.address}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            line, *lines = head.strip().split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.asked.append(Asked(line, headers, body))
            script = self.scripts.get(line.split()[1], plain(b"nothing here", status="404 Not Found"))
            if isinstance(script, bytes):
                writer.write(script)
                await writer.drain()
            else:
                await script(writer)  # type: ignore[operator]
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def plain(body: bytes, *, status: str = "200 OK", kind: str = "text/html", **headers: str) -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        f"content-type: {kind}",
        f"content-length: {len(body)}",
        "connection: close",
    ]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def redirect(where: str, status: str = "302 Found") -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nlocation: {where}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode()
    )


@asynccontextmanager
async def hostile_server(context: ssl.SSLContext | None = None) -> AsyncIterator[HostileServer]:
    made = HostileServer()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=context)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


async def forever(writer: asyncio.StreamWriter, piece: bytes, seconds: float = 0.0) -> None:
    """The same piece over and over, until the other side has had enough."""
    while True:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(seconds)
