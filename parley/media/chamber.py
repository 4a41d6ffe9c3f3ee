"""The chamber around the workshop: starts it for one file, waits as long as it may take, and believes little it says."""

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

import msgspec

from parley.kit.storage import StoreDown
from parley.kit.supervise import bound_to_parent
from parley.media.errors import BadFile
from parley.media.models import Order, Product, Refused
from parley.media.work_folders import PATIENCE
from parley.media.workshop import NO_ROOM_EXIT

log = logging.getLogger(__name__)

_ANSWER_BYTES_MAX = 65_536
_NAMES = frozenset({"original", "small", "static"})
_COMPLAINTS_BYTES_MAX = 300
_READ_AT_ONCE_BYTES = 65_536


async def rebuild(order: Order) -> Product:
    """Raises BadFile, with the reason in words that may be shown; StoreDown when the disk is full."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "parley.media.workshop"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.defpath, "TMPDIR": order.folder, "LC_ALL": "C.UTF-8"},
        cwd=order.folder,
        start_new_session=True,
        preexec_fn=bound_to_parent(),
    )
    try:
        seconds = order.limits.work_seconds_max * PATIENCE
        told, complaints = await asyncio.wait_for(_talk(process, order), seconds)
    except TimeoutError:
        raise BadFile("the file takes too long to work on") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == NO_ROOM_EXIT:
        raise StoreDown(logged="the workshop: no room is left on the disk of the data folder")
    if process.returncode == -signal.SIGXCPU:
        most = order.limits.work_seconds_max
        raise BadFile(f"the file takes more than {most} seconds of computing, which is the limit")
    if process.returncode != 0 or len(told) > _ANSWER_BYTES_MAX:
        log.warning("the workshop ended with %s: %s", process.returncode, complaints)
        raise BadFile("the file takes too much time or memory to work on, or is broken")
    if complaints:
        log.info("the workshop refused a file: %s", complaints)
    return _checked(told, Path(order.folder))


async def _talk(process: asyncio.subprocess.Process, order: Order) -> tuple[bytes, str]:
    """What it answers, and the last of what it complains of. However much it says, little is kept of it."""
    assert process.stdin is not None  # noqa: S101 - all three are pipes
    assert process.stdout is not None  # noqa: S101
    assert process.stderr is not None  # noqa: S101
    process.stdin.write(msgspec.json.encode(order))
    process.stdin.write_eof()
    told, complaints, _ = await asyncio.gather(
        _last_of(process.stdout, _ANSWER_BYTES_MAX + 1),
        _last_of(process.stderr, _COMPLAINTS_BYTES_MAX),
        process.wait(),
    )
    return told, complaints.decode(errors="replace")


async def _last_of(stream: asyncio.StreamReader, bytes_max: int) -> bytes:
    kept = bytearray()
    while piece := await stream.read(_READ_AT_ONCE_BYTES):
        kept += piece
        del kept[:-bytes_max]
    return bytes(kept)


def _checked(told: bytes, folder: Path) -> Product:
    """What a process that handled a hostile file says is checked as anybody's words."""
    try:
        answer = msgspec.json.decode(told, type=Product | Refused)
    except msgspec.DecodeError:
        raise BadFile("the file is broken") from None
    if isinstance(answer, Refused):
        raise BadFile(answer.reason[:300])
    for variant in answer.variants:
        path = folder / variant.file
        plain = Path(variant.file).name == variant.file and path.is_file() and not path.is_symlink()
        if variant.name not in _NAMES or not plain:
            raise BadFile("the file is broken")
    return answer
