"""Classes of characters for regular expressions that the standard `re` lacks, from Python's Unicode tables."""

import unicodedata
from collections.abc import Iterable, Iterator

# Marks and symbols lie below; the planes above hold ideographs, private use and the two blocks named here.
_TABLE_END = 0x20000
_IDEOGRAPHIC_VARIATIONS = "\U000e0100-\U000e01ef"
_EMOJI_TAGS = "\U000e0020-\U000e007f"

_ZERO_WIDTH_NON_JOINER = "\u200c"
_VOICED_SOUND_MARKS = "\uff9e\uff9f"
_EMOJI_SELECTORS = {0xFE0E, 0xFE0F}
_MARKS_AROUND_SYMBOLS = set(range(0x20D0, 0x2100))
_EMOJI_BLOCKS = set(range(0x1F000, 0x1FB00))
_FLAG_LETTERS = set(range(0x1F1E6, 0x1F200))
_SKIN_TONES = set(range(0x1F3FB, 0x1F400))
_LEFT_RIGHT_ARROW = 0x2194


def _by_category(*categories: str) -> dict[str, set[int]]:
    codes: dict[str, set[int]] = {category: set() for category in categories}
    for code, category in enumerate(map(unicodedata.category, map(chr, range(_TABLE_END)))):
        if category in codes:
            codes[category].add(code)
    return codes


def _class_of(codes: Iterable[int]) -> str:
    """The inside of a `[...]` that holds these characters."""
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in _ranges(sorted(codes)))


def _ranges(codes: list[int]) -> Iterator[tuple[int, int]]:
    first = codes[0]
    for code, following in zip(codes, [*codes[1:], None], strict=True):
        if following != code + 1:
            yield first, code
            first = following or 0


_CATEGORIES = _by_category("Mn", "Mc", "Me", "So")
_ALL_MARKS = _CATEGORIES["Mn"] | _CATEGORIES["Mc"] | _CATEGORIES["Me"]

MARKS = _IDEOGRAPHIC_VARIATIONS + _class_of(
    (_CATEGORIES["Mn"] | _CATEGORIES["Mc"]) - _EMOJI_SELECTORS - _MARKS_AROUND_SYMBOLS
)
r"""Marks that belong to words (accents, vowel signs), which `\w` leaves out; not those that make `#` an emoji."""

# Emoji newer than Python's tables are unassigned there, so their blocks count as a whole.
PICTOGRAPHS = _class_of(
    (_CATEGORIES["So"] | _EMOJI_BLOCKS | {_LEFT_RIGHT_ARROW}) - _FLAG_LETTERS - _SKIN_TONES
)

EXTENDERS = (
    _IDEOGRAPHIC_VARIATIONS
    + _EMOJI_TAGS
    + _ZERO_WIDTH_NON_JOINER
    + _VOICED_SOUND_MARKS
    + _class_of(_ALL_MARKS | _SKIN_TONES)
)
"""What never begins a character of its own in a reader's eyes; the zero-width joiner stands apart."""

del _CATEGORIES, _ALL_MARKS
