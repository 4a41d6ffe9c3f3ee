"""Where master keys lie: a file in the data folder that only its owner may read, or the setting `master_keys`."""

import base64
import binascii
import os
import stat
from pathlib import Path

from parley.kit.config import Settings
from parley.kit.errors import OperatorError
from parley.kit.sealing import KEY_BYTES, KeyRing

FILE_NAME = "master.keys"
_HEAD = "# The master keys of this server: one a line, the first in use. Without them no direct message can be read.\n"
_OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO


def key_file(settings: Settings) -> Path:
    return settings.data_dir / FILE_NAME


def key_ring(settings: Settings) -> KeyRing:
    """Reads the file only when it has changed. Without any key, nothing can be sealed or opened."""
    if settings.master_keys:
        given = tuple(parse_key(each) for each in settings.master_keys)
        return KeyRing(lambda: given)
    return KeyRing(_KeyFile(key_file(settings)).keys)


class _KeyFile:
    """Remembers what it read last."""

    __slots__ = ("_keys", "_path", "_seen")

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._keys: tuple[bytes, ...] = ()

    def keys(self) -> tuple[bytes, ...]:
        try:
            found = self._path.stat()
        except OSError:
            return self._keys
        seen = (found.st_mtime_ns, found.st_ino)
        if seen != self._seen:
            self._keys, self._seen = read_key_file(self._path), seen
        return self._keys


def parse_key(text: str) -> bytes:
    """Raises OperatorError."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise OperatorError("a master key can't be read: it must be 32 bytes in base64")
    return key


def key_text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def read_key_file(path: Path) -> tuple[bytes, ...]:
    """Raises OperatorError; the order of the file."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{path} can't be read: {type(error).__name__}") from None
    return tuple(parse_key(line) for line in lines if line.strip() and not line.startswith("#"))


def write_key_file(path: Path, keys: tuple[bytes, ...]) -> None:
    """Whole or not at all: a new file takes the place of the old one once it is on the disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(_HEAD + "".join(f"{key_text(each)}\n" for each in keys))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def is_open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & _OTHERS_MAY)
