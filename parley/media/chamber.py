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
from parley.media.workshop import NO_ROOM_EXIT

log = logging.getLogger(__name__)

_ANSWER_BYTES_MAX = 65_536
_NAMES = frozenset({"original", "small", "static"})
# Beside the limit on computing: a file whose reading waits for nothing but the clock.
_PATIENCE = 2


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
        seconds = order.limits.work_seconds_max * _PATIENCE
        told, complaints = await asyncio.wait_for(process.communicate(msgspec.json.encode(order)), seconds)
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
        log.warning(
            "the workshop ended with %s: %s", process.returncode, complaints[-300:].decode(errors="replace")
        )
        raise BadFile("the file takes too much time or memory to work on, or is broken")
    if complaints:
        log.info("the workshop refused a file: %s", complaints[-300:].decode(errors="replace"))
    return _checked(told, Path(order.folder))


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
