"""What a web page from elsewhere says about itself: its bytes to text, and the few tags that tell of it.

Each search either goes forward or ends the reading, so the time grows with the page's length alone, whatever stands
in it.
"""

import codecs
import html
import re
from collections.abc import Iterator

import msgspec

from parley.kit.text import one_line

_TAGS_MAX = 5_000
_VALUE_LENGTH_MAX = 10_000
_BLOCK_LENGTH_MAX = 100_000
_BLOCKS_MAX = 5

_TAG_NAME = re.compile(r"[A-Za-z][A-Za-z0-9:-]{0,30}")
_ATTRIBUTE = re.compile(r"""[\s/]*+([^\s/>=]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"']++)))?""")
_TAG_END = re.compile(">")
# Whose content is text, whatever it looks like.
_TEXT_ENDS = {
    name: re.compile(f"</{name}[\\s/>]", re.IGNORECASE)
    for name in ("script", "style", "title", "textarea", "noscript", "iframe", "template", "svg")
}
_META_CHARSET = re.compile(
    rb"""<meta[^<>]{0,200}?charset\s{0,5}=\s{0,5}["']?([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE
)
_CHARSET_PARAMETER = re.compile(r"""charset\s{0,5}=\s{0,5}["']?([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
_CHARSETS = re.compile(
    r"utf-8|utf-16(-[lb]e)?|cp(12[0-9]{2}|866|874|932|949|950)|iso8859-[0-9]{1,2}|koi8-[ru]|mac-(roman|cyrillic)|gbk"
    r"|gb2312|gb18030|big5|big5hkscs|euc_jp|euc_kr|shift_jis|iso2022_jp|tis-620"
)
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Link(msgspec.Struct, frozen=True):
    rel: str
    type: str
    href: str


class PageHead(msgspec.Struct, frozen=True):
    """`metas`: the first content of each name or property, in small letters. `linked_data`: blocks of JSON-LD."""

    title: str
    language: str
    metas: dict[str, str]
    links: list[Link]
    linked_data: list[str]


class Tag(msgspec.Struct, frozen=True):
    """`text` is what stands between a tag and its end, for those that hold nothing but text."""

    name: str
    attributes: dict[str, str]
    text: str


def decode_page(body: bytes, content_type: str) -> str:
    """By its byte order mark, what the server says, what the page says, or what most pages are."""
    for mark, name in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body.decode(name, "replace")
    said = _CHARSET_PARAMETER.search(content_type)
    within = _META_CHARSET.search(body[:4096])
    for label in (said[1] if said else "", within[1].decode("ascii") if within else ""):
        name = _codec_of(label)
        if name:
            return body.decode(name, "replace")
    try:
        # A page that was cut off may end in the middle of a character.
        return codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _codec_of(label: str) -> str:
    """Only encodings that pages are written in: others of Python's take long, or decode something else."""
    try:
        name = codecs.lookup(label).name if label else ""
    except (LookupError, ValueError):
        return ""
    # As browsers do: whoever says one of these means its larger sister.
    name = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}.get(name, name)
    return name if _CHARSETS.fullmatch(name) else ""


def read_head(text: str) -> PageHead:
    """The first of each thing counts; what is too long is as good as absent."""
    title = language = ""
    metas: dict[str, str] = {}
    links: list[Link] = []
    linked_data: list[str] = []
    for tag in tags_of(text):
        given = tag.attributes
        if tag.name == "title":
            title = title or plain(tag.text)
        elif tag.name == "html":
            language = language or plain(given.get("lang", ""))
        elif tag.name == "meta":
            name = given.get("property") or given.get("name") or given.get("itemprop") or ""
            if name and given.get("content"):
                metas.setdefault(name.strip().lower(), plain(given["content"]))
        elif tag.name == "link" and given.get("href") and len(links) < _TAGS_MAX // 10:
            links.append(
                Link(given.get("rel", "").lower(), given.get("type", "").lower(), given["href"].strip())
            )
        elif tag.name == "script" and "ld+json" in given.get("type", "") and len(linked_data) < _BLOCKS_MAX:
            linked_data.append(tag.text)
    return PageHead(title, language, metas, links, linked_data)


def plain(text: str) -> str:
    """On one line, without what can't be seen or turns the direction of what stands beside it."""
    return one_line(_UNPRINTABLE.sub("", text[:_VALUE_LENGTH_MAX]))


def tags_of(text: str) -> Iterator[Tag]:
    """The opening tags, in order, as far as they can be read."""
    position = 0
    for _ in range(_TAGS_MAX):
        position = text.find("<", position)
        if position < 0:
            return
        if text.startswith("<!--", position):
            position = text.find("-->", position + 4)
            if position < 0:
                return
            continue
        found = _TAG_NAME.match(text, position + 1)
        if found is None:
            position += 1
            continue
        name = found[0].lower()
        attributes, position = _attributes(text, found.end())
        inner = ""
        if name in _TEXT_ENDS:
            end = _TEXT_ENDS[name].search(text, position)
            if end is None:
                return
            inner, position = text[position : end.start()], end.end()
        if len(inner) <= _BLOCK_LENGTH_MAX:
            yield Tag(name, attributes, html.unescape(inner) if name == "title" else inner)


def _attributes(text: str, position: int) -> tuple[dict[str, str], int]:
    """The attributes of a tag, and where its content begins."""
    attributes: dict[str, str] = {}
    while found := _ATTRIBUTE.match(text, position):
        position = found.end()
        value = next((each for each in found.groups()[1:] if each is not None), "")
        if len(value) <= _VALUE_LENGTH_MAX and len(attributes) < 30:
            attributes.setdefault(found[1].lower(), html.unescape(value))
    end = _TAG_END.search(text, position)
    return attributes, len(text) if end is None else end.end()
