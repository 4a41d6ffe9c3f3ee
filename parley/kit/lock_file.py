"""A lock file held for the life of its process, telling the process id of who holds it."""

import fcntl
import os
from pathlib import Path
from typing import IO

from parley.kit.errors import OperatorError


class LockHeld(OperatorError):
    """Another living process holds the lock."""

    def __init__(self, path: Path, pid: str) -> None:
        self.pid = pid
        super().__init__(f"{path} is held by process {pid or 'unknown'}")


def take_lock(path: Path) -> IO[str]:
    """Takes the lock or raises LockHeld. The lock lives as long as the returned file is open.

    The system drops it when the process dies, however it dies; the file itself stays and means nothing.
    """
    file = path.open("a+", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read(32).strip()
        file.close()
        raise LockHeld(path, holder) from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file
