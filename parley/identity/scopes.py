"""The OAuth scope tree of the Mastodon API and `covers(granted, needed)`.

https://docs.joinmastodon.org/api/oauth-scopes/
"""

from collections.abc import Collection
from functools import lru_cache

from parley.kit.errors import Invalid

_READ = (
    "accounts", "blocks", "bookmarks", "favourites", "filters", "follows", "lists", "mutes", "notifications",
    "search", "statuses",
)  # fmt: skip
_WRITE = (
    "accounts", "blocks", "bookmarks", "conversations", "favourites", "filters", "follows", "lists", "media",
    "mutes", "notifications", "reports", "statuses",
)  # fmt: skip
_ADMIN = (
    "accounts", "reports", "domain_allows", "domain_blocks", "ip_blocks", "email_domain_blocks",
    "canonical_email_blocks",
)  # fmt: skip

ALL_SCOPES = (
    "profile", "read", *(f"read:{name}" for name in _READ), "write", *(f"write:{name}" for name in _WRITE),
    "follow", "push", "admin:read", *(f"admin:read:{name}" for name in _ADMIN),
    "admin:write", *(f"admin:write:{name}" for name in _ADMIN),
)  # fmt: skip
_KNOWN = frozenset(ALL_SCOPES)
# What the old `follow` scope stood for, before read and write were split.
_FOLLOW = frozenset(
    f"{action}:{name}" for action in ("read", "write") for name in ("blocks", "follows", "mutes")
)
SCOPES_TEXT_MAX = 2000


def parse_scopes(text: str) -> tuple[str, ...]:
    """Space- (or plus- or comma-) separated scopes, each once, in order; `read` for none. Raises Invalid on an unknown one."""
    if len(text) > SCOPES_TEXT_MAX:
        raise Invalid("Validation failed: Scopes is too long")
    words = text.replace("+", " ").replace(",", " ").split() or ["read"]
    unknown = [word for word in words if word not in _KNOWN]
    if unknown:
        raise Invalid("Validation failed: Scopes doesn't match configured on the server.")
    return tuple(dict.fromkeys(words))


def covers(granted: Collection[str], needed: str) -> bool:
    """Whether `granted` holds the needed scope, an ancestor of it, or the legacy `follow` that implies it."""
    return _covers(granted if isinstance(granted, frozenset) else frozenset(granted), needed)


def covers_all(granted: Collection[str], needed: Collection[str]) -> bool:
    return all(covers(granted, each) for each in needed)


@lru_cache(maxsize=4096)
def _covers(granted: frozenset[str], needed: str) -> bool:
    if needed in granted:
        return True
    parent = needed.rpartition(":")[0]
    if parent and _covers(granted, parent):
        return True
    if needed == "profile":
        return "read:accounts" in granted or "read" in granted
    return needed in _FOLLOW and "follow" in granted
