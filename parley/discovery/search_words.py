"""Text to words as the index knows them: folded, in order; in scripts without spaces, pairs of characters."""

import re
import unicodedata
from collections.abc import Iterator

import msgspec

from parley.kit.characters import MARKS

WORD_LENGTH_MAX = 40
# A tsvector holds positions up to 16,383; a post of the longest kind stays far below.
WORDS_MAX = 4_000
_TEXT_LENGTH_MAX = 100_000

# Han with its iteration marks, kana, Hangul, Thai, Lao, Burmese, Khmer; half-width forms are folded before.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u3005-\u3007\u3041-\u30ff\u3130-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\ua9e0-\ua9ff\uaa60-\uaa7f\uac00-\ud7ff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_UNIT = re.compile(f"[{_UNSPACED}][{MARKS}]{{0,8}}")
_RUN = re.compile(
    f"(?P<unspaced>(?:(?![_\\W])[{_UNSPACED}][{MARKS}]*)+)|(?:(?![_{_UNSPACED}])\\w[{MARKS}]*)+"
)

# Accents of the scripts in which a word without them is the same word, less well typed: Latin, Greek, Cyrillic; points
# of Hebrew, vowel signs and the stretching line of Arabic. Vowel signs of Indian scripts are letters, and stay.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]"
)
_SHORT_I, _SHORT_I_HELD = "\u0438\u0306", "\ue000"
# Letters that no decomposition takes apart, by the letters that stand for them; invisible characters inside words.
_LETTERS = {
    ord(letter): plain
    for letters, plain in (
        ("\u00e6", "ae"), ("\u0153", "oe"), ("\u00f8", "o"), ("\u0111\u00f0", "d"), ("\u00fe", "th"),
        ("\u0142", "l"), ("\u0127", "h"), ("\u0131", "i"), ("\u0167", "t"),
        ("\u064a\u0649", "\u06cc"), ("\u0643", "\u06a9"), ("\u0623\u0625\u0622", "\u0627"), ("\u0629", "\u0647"),
        ("\u00ad\u200b\u200c\u200d\u2060\ufeff", None),
    )
    for letter in letters
}  # fmt: skip


class Word(msgspec.Struct, frozen=True):
    """`whole`: it stands for all that was typed between spaces, so that more letters may follow it."""

    text: str
    position: int
    whole: bool = True


def fold(text: str) -> str:
    """One spelling for all that readers take for the same: width, case, accents."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKC", text[:_TEXT_LENGTH_MAX]).casefold()
    apart = unicodedata.normalize("NFD", plain).replace(_SHORT_I, _SHORT_I_HELD)
    bare = _ACCENTS.sub("", apart).replace(_SHORT_I_HELD, _SHORT_I)
    return unicodedata.normalize("NFC", bare).translate(_LETTERS)


def words_of(text: str, first_position: int = 1) -> list[Word]:
    """In order, each at its position; at most WORDS_MAX.

    A run of a script without spaces becomes each of its characters with the one behind it, and the last one alone: so
    two characters or more are found wherever they stand side by side, and a single one as the beginning of a pair.
    """
    found: list[Word] = []
    for run in _RUN.finditer(fold(text)[:_TEXT_LENGTH_MAX]):
        position = first_position + len(found)
        if run["unspaced"]:
            found += _pairs(run[0], position)
        else:
            found.append(Word(run[0][:WORD_LENGTH_MAX], position))
        if len(found) >= WORDS_MAX:
            return found[:WORDS_MAX]
    return found


def _pairs(run: str, position: int) -> Iterator[Word]:
    units = _UNIT.findall(run[: 2 * WORDS_MAX])
    for place, unit in enumerate(units):
        following = units[place + 1] if place + 1 < len(units) else ""
        yield Word((unit + following)[:WORD_LENGTH_MAX], position + place, whole=False)


def is_pair(word: Word) -> bool:
    """Of two characters or more of a script without spaces; a single one is the beginning of pairs."""
    return not word.whole and len(_UNIT.findall(word.text)) > 1
