"""Text that people type: cleaned so that it can be stored, brought on one line, counted, shortened."""

import re
from collections.abc import Iterator

from parley.kit.characters import EXTENDERS, PICTOGRAPHS
from parley.kit.errors import Invalid

ZERO_WIDTH_JOINER = "\u200d"

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x01-\x08\x0e-\x1f\x7f-\x9f\ufffe\uffff]")

_EMBEDDINGS = "\u202a\u202b\u202d\u202e"
_EMBEDDING_END = "\u202c"
_ISOLATES = "\u2066\u2067\u2068"
_ISOLATE_END = "\u2069"
_DIRECTIONS = re.compile(f"[\n{_EMBEDDINGS}{_EMBEDDING_END}{_ISOLATES}{_ISOLATE_END}]")

# A cluster that goes on for longer than any real one (a kiss with skin tones has 10 code points, the flag of Wales 7)
# is counted again, so that a limit in characters also bounds what is stored.
_JOINED_MAX = 8
_EXTENDERS_MAX = 16
_CLUSTER = re.compile(
    "[\x00-\x7f](?=[\x00-\x7f])"  # most of most texts, without a look into the large classes
    "|\n|(?:"
    "[\U0001f1e6-\U0001f1ff]{2}"
    f"|[{PICTOGRAPHS}](?:[{EXTENDERS}]{{0,4}}{ZERO_WIDTH_JOINER}[{PICTOGRAPHS}]){{0,{_JOINED_MAX}}}"
    "|[\u1100-\u115f\ua960-\ua97c]{1,3}(?:[\uac00-\ud7a3]|[\u1160-\u11a7\ud7b0-\ud7c6])?"
    "[\u1160-\u11ff\ud7b0-\ud7fb]{0,4}"
    "|[\uac00-\ud7a3][\u1160-\u11ff\ud7b0-\ud7fb]{0,4}"
    "|."
    f")[{EXTENDERS}{ZERO_WIDTH_JOINER}]{{0,{_EXTENDERS_MAX}}}",
    re.DOTALL,
)


def clean_text(text: str, name: str = "Text") -> str:
    r"""Text of several lines, fit to store. Raises Invalid, calling the text `name`.

    Refused are NUL and lone surrogates: PostgreSQL stores neither, and nobody types them. Every kind of line end
    becomes `\n`; other control characters but the tab are dropped, as are Unicode's two non-characters at the
    end of its first plane. Marks that change the direction of writing are kept in pairs, as right-to-left text
    needs them; one whose partner is missing on its line is dropped, as it would turn around what stands beside it.
    """
    if _UNSTORABLE.search(text):
        raise Invalid(f"Validation failed: {name} contains characters that cannot be stored")
    return _drop_lone_directions(_CONTROLS.sub("", normalise_newlines(text)))


def clean_line(text: str, name: str = "Text") -> str:
    """As clean_text, on a single line without spaces at its ends: for display names, titles, fields."""
    return one_line(clean_text(text, name))


def normalise_newlines(text: str) -> str:
    return _LINE_ENDS.sub("\n", text)


def one_line(text: str) -> str:
    return " ".join(text.split())


def count_characters(text: str) -> int:
    """How many characters a reader sees: grapheme clusters, as Mastodon's server and its clients count.

    The rules of Unicode's annex 29 but for rare ones: prepended marks and Indic conjuncts count apart, as they do in
    the clients' own counters.
    """
    if text.isascii():
        return len(text) - text.count("\r\n")
    return sum(1 for _ in _clusters(text))


def excerpt(text: str, limit: int) -> str:
    """A plain text on one line of at most `limit` (1 or more) characters, cut between words if one ends late."""
    line = one_line(text)
    ends = []
    for cluster in _clusters(line):
        ends.append(cluster.end())
        if len(ends) > limit:
            break
    if len(ends) <= limit:
        return line
    kept = line[: ends[limit - 2]] if limit > 1 else ""
    if line[len(kept)] != " " and kept.rfind(" ") > len(kept) // 2:
        kept = kept[: kept.rfind(" ")]
    return kept.rstrip() + "…"


def _clusters(text: str) -> Iterator[re.Match[str]]:
    return _CLUSTER.finditer(text.replace("\r\n", "\n"))


def _drop_lone_directions(text: str) -> str:
    if text.isascii():
        return text
    lone = sorted(_lone_directions(text))
    if not lone:
        return text
    pieces = []
    start = 0
    for position in lone:
        pieces.append(text[start:position])
        start = position + 1
    pieces.append(text[start:])
    return "".join(pieces)


def _lone_directions(text: str) -> Iterator[int]:
    """Positions of direction marks without a partner on their line; isolates close the embeddings inside them."""
    opened: list[int] = []
    isolates = 0
    for match in _DIRECTIONS.finditer(text):
        mark, position = match.group(), match.start()
        if mark == "\n":
            yield from opened
            opened, isolates = [], 0
        elif mark in _EMBEDDINGS or mark in _ISOLATES:
            opened.append(position)
            isolates += mark in _ISOLATES
        elif mark == _EMBEDDING_END and opened and text[opened[-1]] in _EMBEDDINGS:
            opened.pop()
        elif mark == _ISOLATE_END and isolates:
            while text[opened[-1]] in _EMBEDDINGS:
                yield opened.pop()
            opened.pop()
            isolates -= 1
        else:
            yield position
    yield from opened
