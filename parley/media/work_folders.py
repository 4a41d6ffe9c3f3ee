"""Folders in which one file is worked on: each of ours alone, and gone with whatever is in it.

What a process that was killed left behind goes with the next file, with the next hour, or when a process starts.
"""

import errno
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.storage import StoreDown

_NAME = "work"
# The workshop may take so many times the seconds that it may compute, if the machine is busy with other things.
PATIENCE = 2
# Longer than any file is worked on: for what is done with it before and after.
_STALE_AFTER = timedelta(hours=1)
# No room, or more than the process may write: the disk's fault and the operator's, not the file's.
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})


@contextmanager
def work_folder(settings: Settings) -> Iterator[Path]:
    """Raises StoreDown when there is no room for it."""
    remove_stale(settings)
    try:
        parent = _parent(settings)
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=parent, prefix=secrets.token_hex(4)) as name:
            yield Path(name)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise StoreDown(logged=f"the data folder: {error.strerror}") from error


def remove_stale(settings: Settings) -> int:
    """How many there were."""
    latest = (clock.now() - _STALE_AFTER).timestamp() - PATIENCE * settings.film_work_seconds_max
    stale = [each for each in _parent(settings).glob("*") if _changed_at(each) < latest]
    for each in stale:
        shutil.rmtree(each, ignore_errors=True)
    return len(stale)


def _parent(settings: Settings) -> Path:
    return settings.data_dir.absolute() / _NAME


def _changed_at(folder: Path) -> float:
    """Another process may be taking it away just now."""
    with suppress(OSError):
        return folder.stat().st_mtime
    return clock.now().timestamp()
