"""Publishers of links: whoever owns the host that a link leads to."""

from urllib.parse import urlsplit

from parley.kit.ids import id_of_text


def publisher_of(url: str) -> str:
    """The host's name, without the `www` that most have."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def publisher_id_of(url: str) -> int:
    return publisher_id(publisher_of(url))


def publisher_id(host: str) -> int:
    return id_of_text(f"publisher {host}")
