"""Settings, files of the operator's own machine, and what this server would ask for others."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from parley.cli.leaks.outcome import Ground, Outcome, judged, passed, skipped
from parley.kit.config import Settings
from parley.kit.http_client import AddressRefused, HostUnreachable, require_reachable
from parley.kit.master_keys import key_file

_LOCAL = {"localhost", "127.0.0.1", "::1"}
_INSIDE = (
    "http://127.0.0.1/",
    "http://localhost/",
    "http://2130706433/",
    "http://0177.0.0.1/",
    "http://0x7f.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://10.0.0.1/",
    "http://192.168.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/",
    "file:///etc/passwd",
)
# What tells nothing: the number of a process, and where the database lies.
_HARMLESS = {"parley.lock", "postgres.location"}


async def https(ground: Ground) -> Outcome:
    settings = ground.settings
    if settings.secure:
        return passed(f"members reach it at {settings.base_url}")
    if urlsplit(settings.base_url).hostname in _LOCAL:
        return skipped(f"{settings.base_url} is this machine's own")
    return judged([f"{settings.base_url} is not https: passwords and posts travel in the open"], "")


async def outgoing(ground: Ground) -> Outcome:
    """Only looks up and judges: nothing is connected to."""
    faults = []
    for url in _INSIDE:
        try:
            await require_reachable(ground.settings, url)
        except (AddressRefused, HostUnreachable):
            continue
        faults.append(f"{url} would be asked")
    opened = ", ".join(ground.settings.outgoing_allowed_networks)
    return judged(faults, f"opened by you: {opened}" if opened else "no address inside is asked for anybody")


async def mail(ground: Ground) -> Outcome:
    settings, faults = ground.settings, []
    if settings.registrations != "closed" and not settings.confirm_email:
        faults.append("confirm_email is off: whoever signs up may claim anybody's address")
    server = urlsplit(settings.smtp_url)
    if server.scheme == "smtp" and server.hostname not in _LOCAL and not server.password:
        return judged(
            faults, "nobody is let in unconfirmed; without a password, TLS is used where it is offered"
        )
    if not settings.smtp_url:
        return judged(faults, "no mail server is set: letters wait, and nobody is let in unconfirmed")
    return judged(faults, "over TLS; nobody is let in unconfirmed while it is away")


async def modes_of_files(ground: Ground) -> Outcome:
    settings = ground.settings
    faults = [f"{path}: {mode:o}" for path, mode in _open_paths(settings)]
    shut = "nobody else on this machine can read what is kept"
    return judged([*faults[:2], "`chmod go=` them"] if faults else [], shut)


def _open_paths(settings: Settings) -> list[tuple[Path, int]]:
    """The data folder itself may be passed by PostgreSQL's own user, not looked into."""
    folder = settings.data_dir
    if not folder.is_dir():
        return []
    found = [(folder, _mode(folder) & 0o066)]
    found += [(each, _mode(each) & (0o066 if each.is_dir() else 0o077)) for each in sorted(folder.iterdir()) if each.name not in _HARMLESS]  # fmt: skip
    found += [(each, _mode(each) & 0o077) for each in _secret_files(settings)]
    return list(dict.fromkeys((path, _mode(path)) for path, wrong in found if wrong))


def _secret_files(settings: Settings) -> list[Path]:
    """Keys, and a file of settings that holds passwords."""
    secret = (
        settings.database_url,
        settings.smtp_url,
        settings.media_store_secret_key,
        "".join(settings.master_keys),
    )
    named = Path(os.environ.get("PARLEY_CONFIG", "parley.toml"))
    files = [key_file(settings)]
    if any(secret) and named.is_file() and any(each and each in named.read_text("utf-8") for each in secret):
        files.append(named)
    if settings.data_dir.joinpath("postgres.location").is_file():
        files.append(Path(settings.data_dir.joinpath("postgres.location").read_text("utf-8").strip()))
    return [each for each in files if each.exists()]


def _mode(path: Path) -> int:
    return path.lstat().st_mode & 0o777


async def backups(ground: Ground) -> Outcome:
    """Dumps beside the data are as good as the data."""
    folder = ground.settings.data_dir
    kinds = {".sql", ".dump", ".bak", ".tar", ".gz", ".zst", ".zip"}
    near = [each.name for each in folder.iterdir() if each.suffix in kinds] if folder.is_dir() else []
    if near:
        return judged([f"{', '.join(near)} in the data folder: keep backups apart from the master keys"], "")
    return skipped("where yours lie isn't known here: keep them apart from the master keys")
