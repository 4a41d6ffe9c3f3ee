"""A small HTTP/1.1 client over raw sockets: keeps connections busy and notes how long each answer took.

It runs in a process of its own, so that its own CPU is not counted with the server's.
"""

import asyncio
import sys
import time
from collections.abc import Sequence

import msgspec


class Job(msgspec.Struct, frozen=True):
    """`requests` are raw bytes sent in turn, `count` times in all, over `connections` at once."""

    host: str
    port: int
    requests: list[bytes]
    count: int
    connections: int


class Outcome(msgspec.Struct, frozen=True):
    """Milliseconds of each answer, sorted; seconds in all; how many answers were not 200."""

    milliseconds: list[float]
    seconds: float
    failures: int
    bytes_per_answer: int


async def _drive(job: Job, turns: list[int], outcome: list[tuple[float, int, int]]) -> None:
    reader, writer = await asyncio.open_connection(job.host, job.port)
    while turns:
        turn = turns.pop()
        began = time.perf_counter()
        writer.write(job.requests[turn % len(job.requests)])
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(_header(head, b"content-length:"))
        await reader.readexactly(length)
        outcome.append(((time.perf_counter() - began) * 1000, int(head[9:12]), length))
    writer.close()


def _header(head: bytes, name: bytes) -> bytes:
    start = head.lower().index(name) + len(name)
    return head[start : head.index(b"\r\n", start)].strip()


async def run(job: Job) -> Outcome:
    turns = list(range(job.count))[::-1]
    answers: list[tuple[float, int, int]] = []
    began = time.perf_counter()
    await asyncio.gather(*(_drive(job, turns, answers) for _ in range(job.connections)))
    seconds = time.perf_counter() - began
    return Outcome(
        sorted(each[0] for each in answers),
        seconds,
        sum(each[1] != 200 for each in answers),
        sum(each[2] for each in answers) // max(len(answers), 1),
    )


def request(host: str, method: str, path: str, token: str | None, body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def percentile(sorted_values: Sequence[float], share: float) -> float:
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]


if __name__ == "__main__":
    wanted = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)
    sys.stdout.buffer.write(msgspec.msgpack.encode(asyncio.run(run(wanted))))
