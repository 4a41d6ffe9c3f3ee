"""A page's head to what a preview card tells: OpenGraph first, then Twitter's words, JSON-LD, plain HTML."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec

from parley.kit.text import excerpt
from parley.kit.web_page import PageHead, plain

TITLE_LENGTH_MAX = 300
DESCRIPTION_LENGTH_MAX = 1000
NAME_LENGTH_MAX = 200
URL_LENGTH_MAX = 2048
_SIDE_MAX = 20_000
_LANGUAGE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,2}", re.IGNORECASE)
_CREATOR = re.compile(r"@?[A-Za-z0-9_.-]{1,60}@[A-Za-z0-9.:-]{1,253}")
_ARTICLE_TYPES = ("article", "posting", "webpage", "videoobject", "report", "book", "recipe", "event")
_GRAPH_ITEMS_MAX = 50


class LinkFacts(msgspec.Struct, frozen=True):
    """Plain texts, each on one line. A card without a title is none. `creator`: a handle that the page names."""

    title: str = ""
    type: str = "link"
    description: str = ""
    author_name: str = ""
    author_url: str = ""
    provider_name: str = ""
    provider_url: str = ""
    language: str | None = None
    image_url: str | None = None
    image_description: str = ""
    width: int = 0
    height: int = 0
    published_at: datetime | None = None
    creator: str = ""


NOTHING = LinkFacts()


def facts_of_page(head: PageHead, url: str) -> LinkFacts:
    """`url` is where the page was found; addresses in it may be relative to that."""
    metas, article = head.metas, _article(head.linked_data)
    parts = urlsplit(url)
    image = _address(url, _first(metas, "og:image", "og:image:url", "og:image:secure_url", "twitter:image"))
    return LinkFacts(
        title=_text(
            _first(metas, "og:title", "twitter:title") or article.title or head.title, TITLE_LENGTH_MAX
        ),
        description=_text(
            _first(metas, "og:description", "twitter:description")
            or article.description
            or metas.get("description", ""),
            DESCRIPTION_LENGTH_MAX,
        ),
        author_name=_text(
            article.author_name or _name(_first(metas, "author", "article:author")), NAME_LENGTH_MAX
        ),
        author_url=_address(url, article.author_url) or "",
        provider_name=_text(
            _first(metas, "og:site_name", "application-name") or article.publisher or parts.netloc,
            NAME_LENGTH_MAX,
        ),
        provider_url=f"{parts.scheme}://{parts.netloc}",
        language=_language(metas.get("og:locale") or article.language or head.language),
        image_url=image,
        image_description=_text(_first(metas, "og:image:alt", "twitter:image:alt"), NAME_LENGTH_MAX)
        if image
        else "",
        width=_side(metas.get("og:image:width")) if image else 0,
        height=_side(metas.get("og:image:height")) if image else 0,
        published_at=_moment(
            _first(metas, "article:published_time", "og:published_time") or article.published
        ),
        creator=_creator(metas.get("fediverse:creator", "")),
    )


def oembed_address(head: PageHead, url: str) -> str | None:
    """Where the page says that its oEmbed description is."""
    for link in head.links:
        if "alternate" in link.rel and link.type in {"application/json+oembed", "text/json+oembed"}:
            return _address(url, link.href)
    return None


def with_oembed(facts: LinkFacts, body: bytes, url: str) -> LinkFacts:
    """What oEmbed adds: the kind, and names that the page didn't tell. Its HTML is left where it is."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return facts
    if not isinstance(told, dict) or told.get("type") not in ("link", "video", "rich", "photo"):
        return facts
    kind = told["type"] if told["type"] in ("video", "rich") else facts.type
    return msgspec.structs.replace(
        facts,
        type=kind,
        title=facts.title or _text(told.get("title"), TITLE_LENGTH_MAX),
        author_name=facts.author_name or _text(told.get("author_name"), NAME_LENGTH_MAX),
        author_url=facts.author_url or _address(url, told.get("author_url")) or "",
        provider_name=_text(told.get("provider_name"), NAME_LENGTH_MAX) or facts.provider_name,
    )


class _Article(msgspec.Struct, frozen=True):
    title: str = ""
    description: str = ""
    author_name: str = ""
    author_url: str = ""
    publisher: str = ""
    published: str = ""
    language: str = ""


def _article(blocks: list[str]) -> _Article:
    """The first thing that looks like an article among the JSON-LD of a page."""
    for block in blocks:
        try:
            data = msgspec.json.decode(block)
        except (msgspec.DecodeError, RecursionError):
            continue
        for item in _items(data):
            if any(word in _text(item.get("@type"), NAME_LENGTH_MAX).lower() for word in _ARTICLE_TYPES):
                author = _one(item.get("author"))
                return _Article(
                    title=_string(item.get("headline")) or _string(item.get("name")),
                    description=_string(item.get("description")),
                    author_name=_string(author.get("name")),
                    author_url=_string(author.get("url")),
                    publisher=_string(_one(item.get("publisher")).get("name")),
                    published=_string(item.get("datePublished")),
                    language=_string(item.get("inLanguage")),
                )
    return _Article()


def _items(data: Any) -> list[dict[str, Any]]:
    found = data if isinstance(data, list) else [data]
    graphs = [
        each["@graph"] for each in found[:_GRAPH_ITEMS_MAX] if isinstance(each, dict) and "@graph" in each
    ]
    for graph in graphs:
        found = [*found[:_GRAPH_ITEMS_MAX], *(graph if isinstance(graph, list) else [graph])]
    return [each for each in found[: 2 * _GRAPH_ITEMS_MAX] if isinstance(each, dict)]


def _one(value: Any) -> dict[str, Any]:
    """A person or organisation, which may stand as a name, or in a list."""
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, dict) else {"name": first}


def _string(value: Any) -> str:
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, str) else ""


def _text(value: Any, limit: int) -> str:
    return excerpt(plain(_string(value)), limit)


def _first(metas: dict[str, str], *names: str) -> str:
    return next((metas[name] for name in names if metas.get(name)), "")


def _name(text: str) -> str:
    """Some pages name their author's address where the name should stand."""
    return "" if text.startswith(("http://", "https://")) else text


def _address(base: str, value: Any) -> str | None:
    """An absolute http address; None for everything else."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        whole = urljoin(base, value.strip())
        parts = urlsplit(whole)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
    except ValueError:
        return None
    return (
        whole if fine and len(whole) <= URL_LENGTH_MAX and whole.isprintable() and " " not in whole else None
    )


def _language(text: str) -> str | None:
    """The language alone: where it is spoken says nothing about the page."""
    return text.replace("_", "-").partition("-")[0].lower() if _LANGUAGE.fullmatch(text) else None


def _side(text: str | None) -> int:
    number = int(text) if text and text.isascii() and text.isdigit() and len(text) <= 5 else 0
    return number if number <= _SIDE_MAX else 0


def _moment(text: str) -> datetime | None:
    if not text or len(text) > 40:
        return None
    try:
        moment = msgspec.convert(text, datetime, strict=False)
    except (msgspec.ValidationError, ValueError, OverflowError):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None


def _creator(text: str) -> str:
    return text.removeprefix("@") if _CREATOR.fullmatch(text) else ""
