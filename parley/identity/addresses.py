"""Where accounts live: handles in every spelling, web and actor addresses, pictures."""

import re
from typing import NamedTuple
from urllib.parse import quote

from parley.identity.models import Account, Picture
from parley.kit.spans import normal_domain
from parley.media.addresses import file_path
from parley.media.origins import files_url

USERNAME_LENGTH_MAX = 30
_HANDLE_LENGTH_MAX = 300
_USERNAME = re.compile(r"[a-z0-9_]+([a-z0-9_.-]*[a-z0-9_]+)?", re.IGNORECASE)
_PROFILE_PATH = re.compile(r"/(?:@|users/)([A-Za-z0-9_.-]{1,100})/?")
_DOMAIN = re.compile(r"[\w.:-]+")


class Handle(NamedTuple):
    """`domain` is None for accounts of this server. A plain pair, as texts hold mentions."""

    username: str
    domain: str | None


def handle_key(username: str, domain: str | None = None) -> str:
    """How a handle stands in the table of handles: spelling as typed is kept elsewhere, only one may exist."""
    return username.lower() if domain is None else f"{username}@{domain}".lower()


def parse_handle(text: str, own_domain: str) -> Handle | None:
    """`alice`, `@alice`, `alice@here.example` or `@bob@there.example`; None for what can't be a handle."""
    text = text.strip().removeprefix("@").removeprefix("acct:")
    if len(text) > _HANDLE_LENGTH_MAX:
        return None
    username, at, domain = text.partition("@")
    if not _USERNAME.fullmatch(username) or (at and not _DOMAIN.fullmatch(domain)):
        return None
    normal = normal_domain(domain)
    if normal is None:
        return None
    return Handle(username, None if normal in {"", normal_domain(own_domain)} else normal)


def username_at(base_url: str, address: str) -> str | None:
    """Whose profile an address on this server is: `{base_url}/@name` or `{base_url}/users/name`."""
    if not address.startswith(f"{base_url}/"):
        return None
    path = _PROFILE_PATH.fullmatch(address.removeprefix(base_url))
    return None if path is None else path[1]


def account_url(base_url: str, account: Account) -> str:
    """The page for people."""
    if account.url is not None:
        return account.url
    return f"{base_url}/@{account.username}" if account.domain is None else account_uri(base_url, account)


def account_uri(base_url: str, account: Account) -> str:
    """What other servers know the account by; never changes."""
    return account.uri if account.uri is not None else f"{base_url}/users/{account.username}"


def tag_url(base_url: str, name: str) -> str:
    """Here, below publishing, since profiles hold tags too."""
    return f"{base_url}/tags/{quote(name)}"


def avatar_url(base_url: str, account: Account, *, static: bool = False) -> str:
    """`static`: one that stands still. Whoever is suspended has the picture of those who have none."""
    return _picture_url(base_url, account, account.avatar, "avatar.png", static=static)


def header_url(base_url: str, account: Account, *, static: bool = False) -> str:
    return _picture_url(base_url, account, account.header, "header.png", static=static)


def _picture_url(
    base_url: str, account: Account, picture: Picture | None, default: str, *, static: bool
) -> str:
    if picture is None or account.suspended_at is not None:
        return f"{base_url}/static/{default}"
    return files_url(base_url) + file_path(picture.media_id, picture.static if static else picture.file)
