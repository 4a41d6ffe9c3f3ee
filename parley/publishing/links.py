"""Links in a status's HTML: whether there may be one, the first, and one form for all spellings of an address."""

from urllib.parse import urlsplit, urlunsplit

from parley.kit.web_page import tags_of

_URL_LENGTH_MAX = 2048


def may_link(content: str) -> bool:
    """Cheap, and never wrongly false: links open apart, mentions and hashtags of this server do not."""
    return 'target="_blank"' in content


def first_link(content: str) -> str | None:
    """The address of the first link in a status's HTML that is neither a mention nor a hashtag."""
    for tag in tags_of(content) if may_link(content) else ():
        kinds = tag.attributes.get("class", "").split()
        address = tag.attributes.get("href", "")
        if tag.name == "a" and not {"mention", "hashtag", "u-url"} & set(kinds) and normal_url(address):
            return address
    return None


def normal_url(url: str) -> str | None:
    """One form for all spellings of an address, without the part that is for the reader's own browser alone."""
    try:
        parts = urlsplit(url.strip())
        if parts.scheme.lower() not in {"http", "https"} or not parts.hostname or len(url) > _URL_LENGTH_MAX:
            return None
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        usual = parts.port in {None, 443 if parts.scheme == "https" else 80}
        place = host if usual else f"{host}:{parts.port}"
    except ValueError:
        return None
    return urlunsplit((parts.scheme, place, parts.path or "/", parts.query, ""))
