"""What people type into the search of posts: words, "phrases", #tags, @mentions, operators; read into a Question."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import msgspec

from parley.discovery.search_words import Word, is_pair, words_of
from parley.identity.addresses import Handle, parse_handle
from parley.kit.ids import ID_MAX, id_at
from parley.publishing.text import is_tag, normal_tag

QUERY_LENGTH_MAX = 500
_TERMS_MAX = 16
_WORDS_MAX = 48
_HANDLES_MAX = 8

HAS = frozenset({"media", "poll", "link", "embed", "image", "video", "audio"})
IS = frozenset({"reply", "sensitive"})

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "「": '"', "」": '"'})
_PIECE = re.compile(
    r'(?P<minus>-)?(?:"(?P<phrase>[^"]*)"|(?P<operator>[A-Za-z]+):(?P<value>[^\s"]+)|(?P<word>[^\s"]+))'
)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,2}", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

Scope = Literal["all", "library", "public"]
ME = Handle("me", None)


class Term(msgspec.Struct, frozen=True):
    """Words that stand side by side. `open`: the last of them may go on."""

    words: tuple[Word, ...]
    open: bool = False


class Range(msgspec.Struct, frozen=True):
    """Ids of a time; both ends outside."""

    above: int = 0
    below: int = ID_MAX


class Question(msgspec.Struct):
    """All of `terms` and `facts`, none of `without` and `without_facts`; facts are words of the index, as `:has:poll`.

    `authors`: any of these, if there are any. `mentioned` and the like are handles still, ME for who asks.
    """

    terms: list[Term] = []
    without: list[Term] = []
    facts: list[str] = []
    without_facts: list[str] = []
    languages: list[str] = []
    authors: list[Handle] = []
    without_authors: list[Handle] = []
    mentioned: list[Handle] = []
    without_mentioned: list[Handle] = []
    ranges: list[Range] = []
    without_ranges: list[Range] = []
    scope: Scope = "all"

    @property
    def empty(self) -> bool:
        """Nothing that tells posts apart was asked."""
        return not (
            self.terms
            or self.facts
            or self.languages
            or self.authors
            or self.mentioned
            or self.ranges
            or self.scope == "library"
        )

    @property
    def handles(self) -> set[Handle]:
        return {*self.authors, *self.without_authors, *self.mentioned, *self.without_mentioned} - {ME}


def read_question(text: str) -> Question:
    """Never refuses: what is no operator is a word. Terms beyond a sensible number are left out."""
    question = Question()
    text = text[:QUERY_LENGTH_MAX].translate(_QUOTES)
    pieces = list(_PIECE.finditer(text))[:_TERMS_MAX]
    for piece in pieces:
        _read_piece(question, piece)
    if pieces and pieces[-1]["word"] is not None and pieces[-1]["minus"] is None:
        _open_last(question, text)
    _open_single_characters(question)
    return question


def _read_piece(question: Question, piece: re.Match[str]) -> None:
    wanted = piece["minus"] is None
    if piece["phrase"] is not None:
        _add_words(question, piece["phrase"], wanted=wanted)
        return
    if piece["operator"] is not None:
        read = _OPERATORS.get(piece["operator"].lower())
        if read is not None and read(question, piece["value"], wanted):
            return
        _add_words(question, f"{piece['operator']} {piece['value']}", wanted=wanted)
        return
    word = piece["word"]
    if word.startswith("#") and is_tag(word[1:]):
        (question.facts if wanted else question.without_facts).append(f"#{normal_tag(word[1:])}")
        return
    handle = _handle(word) if word.startswith("@") else None
    mentioned = question.mentioned if wanted else question.without_mentioned
    if handle is not None and len(mentioned) < _HANDLES_MAX:
        mentioned.append(handle)
        return
    _add_words(question, word, wanted=wanted)


def _add_words(question: Question, text: str, *, wanted: bool) -> None:
    words = words_of(text)[:_WORDS_MAX]
    # The last character of a run stands alone only where the run is no longer.
    kept = [
        word for place, word in enumerate(words)
        if word.whole or is_pair(word) or place == 0 or words[place - 1].whole
    ]  # fmt: skip
    if kept:
        (question.terms if wanted else question.without).append(Term(tuple(kept)))


def _open_last(question: Question, text: str) -> None:
    """The word at the very end may not be finished."""
    last = question.terms[-1] if question.terms else None
    if last is not None and last.words[-1].whole and not text[-1].isspace():
        question.terms[-1] = Term(last.words, open=True)


def _open_single_characters(question: Question) -> None:
    """Of a script without spaces; each stands in the index as the first of a pair, or at the end of a run."""
    for place, term in enumerate(question.terms):
        last = term.words[-1]
        if not last.whole and not is_pair(last):
            question.terms[place] = Term(term.words, open=True)


# Operators: each tells whether it could read its value ----------------------------------------------------


def _from(question: Question, value: str, wanted: bool) -> bool:
    handle = _handle(value)
    handles = question.authors if wanted else question.without_authors
    if handle is None or len(handles) >= _HANDLES_MAX:
        return False
    handles.append(handle)
    return True


def _handle(text: str) -> Handle | None:
    """As typed; whose domain is this server's own is found out later."""
    if text.lower().removeprefix("@") == "me":
        return ME
    return parse_handle(text, "")


def _before(question: Question, value: str, wanted: bool) -> bool:
    day = _day(value)
    if day is not None:
        bounds = Range(below=_start(day)) if wanted else Range(above=_start(day) - 1)
        question.ranges.append(bounds)
    return day is not None


def _after(question: Question, value: str, wanted: bool) -> bool:
    """From the day after on."""
    day = _day(value)
    if day is not None:
        end = _start(day + timedelta(days=1))
        question.ranges.append(Range(above=end - 1) if wanted else Range(below=end))
    return day is not None


def _during(question: Question, value: str, wanted: bool) -> bool:
    day = _day(value)
    if day is not None:
        bounds = Range(_start(day) - 1, _start(day + timedelta(days=1)))
        (question.ranges if wanted else question.without_ranges).append(bounds)
    return day is not None


def _day(value: str) -> date | None:
    try:
        day = date.fromisoformat(value) if _DATE.fullmatch(value) else None
    except ValueError:
        return None
    # Ids begin with 1970, and end some decades on.
    return day if day is not None and 1970 <= day.year < 2039 else None


def _start(day: date) -> int:
    return id_at(int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000))


def _has(question: Question, value: str, wanted: bool) -> bool:
    return _fact(question, "has", value, HAS, wanted)


def _is(question: Question, value: str, wanted: bool) -> bool:
    return _fact(question, "is", value, IS, wanted)


def _fact(question: Question, name: str, value: str, known: frozenset[str], wanted: bool) -> bool:
    if value.lower() not in known:
        return False
    (question.facts if wanted else question.without_facts).append(f":{name}:{value.lower()}")
    return True


def _language(question: Question, value: str, wanted: bool) -> bool:
    value = value.replace("_", "-").lower()
    if not _LANGUAGE.fullmatch(value):
        return False
    (question.languages if wanted else question.without_facts).append(f":language:{value}")
    return True


def _in(question: Question, value: str, wanted: bool) -> bool:
    scope = value.lower()
    if scope == "library":
        question.scope = "library" if wanted else "public"
    elif scope == "public":
        question.scope = "public" if wanted else "library"
    elif scope == "all":
        question.scope = "all"
    return scope in {"all", "library", "public"}


_OPERATORS: dict[str, Callable[[Question, str, bool], bool]] = {
    "from": _from,
    "before": _before,
    "after": _after,
    "during": _during,
    "has": _has,
    "is": _is,
    "language": _language,
    "in": _in,
}
