"""Environment and parley.toml to one frozen Settings; the environment wins; a wrong value is one clear line."""

import os
import re
import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import msgspec


class SettingsError(Exception):
    """One line naming the setting, its value's fault, and what would be right."""


# How much strangers must sign in for: nothing, all but first pages, all that people wrote.
WallHeight = Literal["off", "deep", "all"]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting. In the environment `PARLEY_` and the name in capitals; in parley.toml the name itself.

    docs/operators/settings.md describes each; tests/test_docs.py keeps the two together.
    """

    # Where it listens and what it is called
    host: str = "127.0.0.1"
    port: int = 8000
    url: str = ""
    title: str = "Parley"
    description: str = "A place to talk."
    contact_email: str = ""
    contact_account: str = ""
    source_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    workers: int = 1

    # Where it keeps things
    data_dir: Path = Path("data")
    database_url: str = ""
    control_database_url: str = ""
    database_connections: int = 8
    master_keys: tuple[str, ...] = ()

    # Who may join, and how
    registrations: Literal["open", "approval", "closed"] = "open"
    confirm_email: bool = True
    password_length_min: int = 8
    password_grant: bool = False
    keep_addresses_days: int = 7
    reserved_usernames: tuple[str, ...] = (
        "admin",
        "administrator",
        "root",
        "support",
        "help",
        "moderator",
        "staff",
        "parley",
    )

    # What staff decide
    domain_blocks_shown_to: Literal["nobody", "members", "everyone"] = "members"

    # Limits
    rate_limits: bool = True
    read_by_address_max: int = 2000
    read_by_block_max: int = 8000
    read_by_network_max: int = 40_000
    read_by_member_max: int = 20_000
    read_by_new_member_max: int = 1000
    new_member_days: int = 7
    misses_per_hour_max: int = 200
    sign_ups_by_block_max: int = 20
    sign_ups_by_network_max: int = 100
    sign_ins_by_block_max: int = 150
    sign_ins_by_network_max: int = 1500
    status_length_max: int = 1000
    poll_options_max: int = 4
    body_size_bytes_max: int = 1_048_576

    # Strangers: what they read without signing in, and when staff are alarmed
    sign_in_wall: WallHeight = "off"
    sign_in_wall_on_alarm: bool = True
    crawl_alarm_floor: int = 300

    # Media: where files lie, and how much one may hold
    media_url: str = ""
    media_store: str = ""
    media_store_endpoint: str = ""
    media_store_region: str = "us-east-1"
    media_store_access_key: str = ""
    media_store_secret_key: str = ""
    media_attachments_max: int = 4
    picture_size_bytes_max: int = 16_777_216
    picture_pixels_max: int = 64_000_000
    film_size_bytes_max: int = 104_857_600
    film_pixels_max: int = 8_294_400
    film_seconds_max: int = 300
    film_frames_per_second_max: int = 120
    media_description_length_max: int = 1500
    media_memory_bytes_max: int = 1_610_612_736
    media_work_seconds_max: int = 120
    film_work_seconds_max: int = 900

    # Timelines
    celebrity_threshold: int = 10_000
    active_days: int = 14

    # Finding what is there
    trends: bool = True
    trends_need_approval: bool = True
    suggested_accounts: tuple[str, ...] = ()

    # Mail
    smtp_url: str = ""
    mail_from: str = ""

    # What it asks other hosts
    link_previews: bool = True
    outgoing_ports: tuple[str, ...] = ("80", "443")
    outgoing_allowed_networks: tuple[str, ...] = ()

    # Log
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def base_url(self) -> str:
        """The public address without a trailing slash, e.g. `https://social.test` or `http://127.0.0.1:8000`."""
        return self.url or f"http://{self.host}:{self.port}"

    @property
    def files_url(self) -> str:
        """The origin that files are served from."""
        return self.media_url or self.base_url

    @property
    def domain(self) -> str:
        """Host, with its port where the address has one: what stands after `@name@`."""
        return urlsplit(self.base_url).netloc

    @property
    def source_address(self) -> str:
        """Where the source of what runs here can be had; without a setting, from this server itself."""
        return self.source_url or f"{self.base_url}/source.tar.gz"

    @property
    def secure(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def mail_sender(self) -> str:
        return self.mail_from or f"parley@{urlsplit(self.base_url).hostname}"


# Names that other programs set too, and the one every PostgreSQL tool knows.
_ENVIRONMENT_NAMES = {"database_url": ("PARLEY_DATABASE_URL", "DATABASE_URL")}
# An international name stands in its ASCII form (xn--…), as it does everywhere else on the network.
_ORIGIN = re.compile(r"https?://([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
# 32 bytes in base64.
_MASTER_KEY = re.compile(r"[A-Za-z0-9+/]{43}=")
_TRUE = ("true", "on", "yes", "1")
_FALSE = ("false", "off", "no", "0")


def load_settings(environment: dict[str, str] | None = None, directory: Path | None = None) -> Settings:
    """Reads `parley.toml` in `directory` (the working one by default; PARLEY_CONFIG names another file), then
    the environment. Raises SettingsError.
    """
    env = dict(os.environ) if environment is None else environment
    named = env.get("PARLEY_CONFIG")
    path = Path(named) if named else (directory or Path.cwd()) / "parley.toml"
    values = _read_file(path, required=bool(named))
    hints = get_type_hints(Settings)
    for name in hints:
        for variable in _ENVIRONMENT_NAMES.get(name, (f"PARLEY_{name.upper()}",)):
            if variable in env:
                values[name] = _from_text(variable, env[variable], hints[name])
                break
    _refuse_unknown(env, hints)
    return _check(_convert(values, hints))


def _read_file(path: Path, *, required: bool) -> dict[str, Any]:
    if not path.exists():
        if required:
            raise SettingsError(f"PARLEY_CONFIG: there is no file {path}")
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path}: {error}") from None


def _refuse_unknown(env: dict[str, str], hints: dict[str, Any]) -> None:
    known = {f"PARLEY_{name.upper()}" for name in hints} | {"PARLEY_CONFIG"}
    for variable in env:
        if variable.startswith("PARLEY_") and variable not in known:
            raise SettingsError(f"{variable}: there is no such setting")


def _from_text(variable: str, text: str, hint: Any) -> Any:
    if hint is bool:
        if text.lower() in _TRUE + _FALSE:
            return text.lower() in _TRUE
        raise SettingsError(f"{variable}: {text!r} is neither on nor off")
    if hint is int:
        try:
            return int(text)
        except ValueError:
            raise SettingsError(f"{variable}: {text!r} is not a whole number") from None
    if hint == tuple[str, ...]:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _convert(values: dict[str, Any], hints: dict[str, Any]) -> Settings:
    for name in values:
        if name not in hints:
            raise SettingsError(f"{name}: there is no such setting (in parley.toml)")
    converted: dict[str, Any] = {}
    for name, value in values.items():
        try:
            converted[name] = Path(value) if hints[name] is Path else msgspec.convert(value, hints[name])
        except (msgspec.ValidationError, TypeError) as error:
            choices = get_args(hints[name]) if get_origin(hints[name]) is Literal else ()
            right = f"must be one of {', '.join(choices)}" if choices else f"is wrong: {error}"
            raise SettingsError(f"{name}: {value!r} {right}") from None
    return Settings(**converted)


def _check(settings: Settings) -> Settings:
    """Rules between and beyond types; the first broken one is reported."""
    for name, holds, sentence in (*_rules_of_numbers(settings), *_rules_of_words(settings)):
        if not holds:
            raise SettingsError(f"{name}: {_shown(settings, name)} {sentence}")
    return msgspec.structs.replace(settings, data_dir=settings.data_dir.expanduser().absolute())


# A setting, whether it is well, and what it must be.
_Rules = list[tuple[str, bool, str]]


def _rules_of_numbers(settings: Settings) -> _Rules:
    return [
        ("port", 1 <= settings.port <= 65535, "must lie between 1 and 65535"),
        ("workers", 1 <= settings.workers <= 64, "must lie between 1 and 64"),
        ("database_connections", 2 <= settings.database_connections <= 200, "must lie between 2 and 200"),
        ("password_length_min", 1 <= settings.password_length_min <= 72, "must lie between 1 and 72"),
        ("status_length_max", 1 <= settings.status_length_max <= 100_000, "must lie between 1 and 100000"),
        ("poll_options_max", 2 <= settings.poll_options_max <= 20, "must lie between 2 and 20"),
        ("read_by_address_max", settings.read_by_address_max >= 50, "must be at least 50"),
        ("read_by_block_max", settings.read_by_block_max >= 50, "must be at least 50"),
        ("read_by_network_max", settings.read_by_network_max >= 50, "must be at least 50"),
        ("read_by_member_max", settings.read_by_member_max >= 50, "must be at least 50"),
        ("read_by_new_member_max", settings.read_by_new_member_max >= 50, "must be at least 50"),
        ("new_member_days", 0 <= settings.new_member_days <= 90, "must lie between 0 and 90"),
        ("misses_per_hour_max", settings.misses_per_hour_max >= 10, "must be at least 10"),
        ("sign_ups_by_block_max", settings.sign_ups_by_block_max >= 5, "must be at least 5"),
        ("sign_ups_by_network_max", settings.sign_ups_by_network_max >= 5, "must be at least 5"),
        ("sign_ins_by_block_max", settings.sign_ins_by_block_max >= 30, "must be at least 30"),
        ("sign_ins_by_network_max", settings.sign_ins_by_network_max >= 30, "must be at least 30"),
        ("body_size_bytes_max", settings.body_size_bytes_max >= 65_536, "must be at least 65536"),
        ("media_attachments_max", 1 <= settings.media_attachments_max <= 16, "must lie between 1 and 16"),
        ("film_seconds_max", 1 <= settings.film_seconds_max <= 14_400, "must lie between 1 and 14400"),
        (
            "media_work_seconds_max",
            1 <= settings.media_work_seconds_max <= 3600,
            "must lie between 1 and 3600",
        ),
        (
            "film_work_seconds_max",
            1 <= settings.film_work_seconds_max <= 86_400,
            "must lie between 1 and 86400",
        ),
        (
            "media_memory_bytes_max",
            settings.media_memory_bytes_max >= 536_870_912,
            "must be at least 536870912 (half a gibibyte)",
        ),
        ("crawl_alarm_floor", settings.crawl_alarm_floor >= 1, "must be at least 1"),
        ("celebrity_threshold", settings.celebrity_threshold >= 1, "must be at least 1"),
        ("keep_addresses_days", 0 <= settings.keep_addresses_days <= 90, "must lie between 0 and 90"),
        ("active_days", 1 <= settings.active_days <= 28, "must lie between 1 and 28"),
    ]


def _rules_of_words(settings: Settings) -> _Rules:
    return [
        ("media_url", _is_origin(settings.media_url), "must look like https://files.example, without a path"),
        (
            "media_store_endpoint",
            settings.media_store_endpoint == ""
            or settings.media_store_endpoint.startswith(("http://", "https://")),
            "must start with https:// or http://",
        ),
        (
            "trusted_proxies",
            all(_is_network(each) for each in settings.trusted_proxies),
            "must be addresses or networks such as 10.0.0.0/8",
        ),
        (
            "outgoing_ports",
            all(
                each.isascii() and each.isdigit() and 1 <= int(each) <= 65535
                for each in settings.outgoing_ports
            ),
            "must be ports such as 443",
        ),
        (
            "outgoing_allowed_networks",
            all(_is_network(each) for each in settings.outgoing_allowed_networks),
            "must be addresses or networks such as 10.0.0.0/8",
        ),
        (
            "source_url",
            settings.source_url == "" or settings.source_url.startswith(("https://", "http://")),
            "must start with https:// or http://",
        ),
        (
            "url",
            _is_origin(settings.url),
            "must look like https://social.example, in small letters, without a path",
        ),
        (
            "master_keys",
            all(_MASTER_KEY.fullmatch(each) for each in settings.master_keys),
            "must be keys as `parley keys new` prints them",
        ),
        (
            "database_url",
            settings.database_url == "" or settings.database_url.startswith(("postgres://", "postgresql://")),
            "must start with postgresql://",
        ),
        (
            "smtp_url",
            settings.smtp_url == "" or settings.smtp_url.startswith(("smtp://", "smtps://")),
            "must start with smtp:// or smtps://",
        ),
    ]


def _shown(settings: Settings, name: str) -> str:
    # Addresses of suppliers hold passwords.
    return (
        "its value" if name in {"database_url", "smtp_url", "master_keys"} else repr(getattr(settings, name))
    )


def _is_origin(url: str) -> bool:
    if not url:
        return True
    try:
        urlsplit(url).port  # noqa: B018 - raises on a wrong port and on a wrong address in brackets
    except ValueError:
        return False
    return _ORIGIN.fullmatch(url) is not None


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True
