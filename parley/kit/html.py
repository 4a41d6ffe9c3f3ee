"""HTML: escape what goes into ours, sanitise what comes from others, and read either as plain text."""

import html as standard_html
import re

import nh3

from parley.kit.errors import Invalid
from parley.kit.text import excerpt, normalise_newlines

# The parser's time grows with the square of the open tags, so their number is bounded as well as the length.
_LENGTH_MAX = 200_000
_TAGS_MAX = 4_000

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})

_INLINE = {"span", "a", "del", "s", "code", "em", "strong", "b", "i", "u"}
_BLOCKS = {"p", "br", "pre", "ul", "ol", "li", "blockquote"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_OPENING_HEADING = re.compile("<h[1-6]>")
_CLOSING_HEADING = re.compile("</h[1-6]>")

_CLASS = re.compile(r"(?:h|p|u|dt|e)-[A-Za-z0-9_-]{1,64}|mention|hashtag|ellipsis|invisible|quote-inline")
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")
_ATTRIBUTES = {
    "a": {"href", "class", "translate"},
    "span": {"class", "translate"},
    "p": {"class"},
    "ol": {"start", "reversed"},
    "li": {"value"},
}


def escape(text: str) -> str:
    """For text between tags as well as inside a quoted attribute."""
    return text.translate(_ESCAPES)


def sanitise(html: str) -> str:
    """HTML from elsewhere, reduced to what a status may hold. Raises Invalid if there is too much of it.

    Headings become bold paragraphs, other unknown tags give way to their content, links lead to http and https
    alone and open apart, of classes only the microformats' and our own stay.
    """
    _refuse_excess(html)
    storable = html.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
    clean = _CLEANER_WITH_HEADINGS.clean(storable)
    if not _OPENING_HEADING.search(clean):
        return clean
    # Cleaned once more, as a paragraph may not stand everywhere a heading may: the last word is the parser's.
    without = _CLOSING_HEADING.sub("</strong></p>", _OPENING_HEADING.sub("<p><strong>", clean))
    return _CLEANER.clean(without)


def plain_text(html: str) -> str:
    """What a reader sees of some HTML, each block on lines of its own. Raises Invalid if there is too much of it."""
    _refuse_excess(html)
    only_blocks = _BLOCK_CLEANER.clean(html.encode("utf-8", "replace").decode("utf-8"))
    lines = re.sub(r"<[^<>]{1,20}>", "\n", only_blocks)
    return re.sub(r"\n+", "\n", normalise_newlines(standard_html.unescape(lines))).strip()


def plain_excerpt(html: str, limit: int) -> str:
    """The beginning of what a reader sees, on one line; for titles, notifications, previews."""
    return excerpt(plain_text(html), limit)


def _refuse_excess(html: str) -> None:
    if len(html) > _LENGTH_MAX or html.count("<") > _TAGS_MAX:
        raise Invalid("Validation failed: Text is too long")


def _keep_attribute(tag: str, attribute: str, value: str) -> str | None:
    """The value to keep, or None to drop the attribute."""
    del tag
    if attribute == "class":
        return " ".join(name for name in value.split() if _CLASS.fullmatch(name)) or None
    if attribute == "translate":
        return value if value == "no" else None
    if attribute in {"start", "value"}:
        return value if _WHOLE_NUMBER.fullmatch(value) else None
    return "" if attribute == "reversed" else value


def _cleaner(tags: set[str], attributes: dict[str, set[str]]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=tags,
        attributes=attributes,
        attribute_filter=_keep_attribute,
        url_schemes={"http", "https"},
        url_relative="deny",
        link_rel="nofollow noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}} if "a" in tags else {},
        strip_comments=True,
    )


_CLEANER = _cleaner(_INLINE | _BLOCKS, _ATTRIBUTES)
_CLEANER_WITH_HEADINGS = _cleaner(_INLINE | _BLOCKS | _HEADINGS, _ATTRIBUTES)
_BLOCK_CLEANER = _cleaner(_BLOCKS | _HEADINGS, {})
