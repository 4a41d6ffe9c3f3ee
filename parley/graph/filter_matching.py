"""Filters made ready for use: which of a member's words stand in a text. Kept for seconds, as every list asks.

Texts and words are compared folded: without regard to case, and to how a letter is put together.
"""

import unicodedata
from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from parley.graph.models import Filter, WholeFilter
from parley.kit.ids import StatusId
from parley.kit.recent import Recent

# Their writers put no spaces between words, so an end of a word can't be seen.
_WITHOUT_SPACES = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),
    (0x3031, 0x3035),
    (0x3041, 0x30FF),  # Hiragana, Katakana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x323AF),
)


class Phrase(msgspec.Struct, frozen=True):
    """A keyword, folded. `at_start`, `at_end`: whether a word must begin, or end, there."""

    keyword: str
    folded: str
    at_start: bool
    at_end: bool

    def stands_in(self, folded_text: str) -> bool:
        place = folded_text.find(self.folded)
        while place >= 0:
            end = place + len(self.folded)
            begins = not self.at_start or place == 0 or not _joins(folded_text[place - 1])
            if begins and (not self.at_end or end == len(folded_text) or not _joins(folded_text[end])):
                return True
            place = folded_text.find(self.folded, place + 1)
        return False


class ReadyFilter(msgspec.Struct, frozen=True):
    filter: Filter
    phrases: tuple[Phrase, ...]
    status_ids: frozenset[StatusId]

    def is_over(self, now: datetime) -> bool:
        return self.filter.expires_at is not None and self.filter.expires_at <= now

    def keywords_in(self, folded_text: str) -> tuple[str, ...]:
        return tuple([each.keyword for each in self.phrases if each.stands_in(folded_text)])

    def statuses_among(self, status_ids: Collection[StatusId]) -> tuple[StatusId, ...]:
        return tuple([each for each in status_ids if each in self.status_ids])


# By account id; empty for the many members who filter nothing.
recent_filters: Recent[tuple[ReadyFilter, ...]] = Recent("filters_changed", entries_max=20_000)


def folded(text: str) -> str:
    """Composed again after folding, which takes some letters apart."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def made_ready(filters: Sequence[WholeFilter]) -> tuple[ReadyFilter, ...]:
    """Those that can match anything."""
    return tuple(
        ReadyFilter(
            each.filter,
            tuple(_phrase(keyword.keyword, whole_word=keyword.whole_word) for keyword in each.keywords),
            frozenset(status.status_id for status in each.statuses),
        )
        for each in filters
        if each.keywords or each.statuses
    )


def _phrase(keyword: str, *, whole_word: bool) -> Phrase:
    """Where a keyword's own end is no letter, anything may follow it."""
    words = folded(keyword)
    return Phrase(
        keyword,
        words,
        at_start=whole_word and _joins(words[0]),
        at_end=whole_word and _joins(words[-1]),
    )


def _joins(character: str) -> bool:
    """Whether it makes one word with a letter beside it."""
    if not (character.isalnum() or character == "_" or unicodedata.category(character).startswith("M")):
        return False
    code = ord(character)
    return not any(first <= code <= last for first, last in _WITHOUT_SPACES)
