"""Document and HeldDocument: a post as the index holds it."""

from collections.abc import Mapping, Sequence

import msgspec

from parley.kit.ids import AccountId, StatusId


class Document(msgspec.Struct, frozen=True):
    """Its words with their places; facts of it are words without any."""

    status_id: StatusId
    account_id: AccountId
    searchable: bool
    mention_ids: tuple[AccountId, ...]
    words: Mapping[str, Sequence[int]]

    @property
    def listed(self) -> frozenset[str]:
        """The words under which everybody finds it."""
        return frozenset(self.words) if self.searchable else frozenset()

    @property
    def vector(self) -> str:
        """As PostgreSQL reads a tsvector."""
        return " ".join(
            quoted(word) + (":" + ",".join(map(str, places)) if places else "")
            for word, places in self.words.items()
        )


class HeldDocument(msgspec.Struct, frozen=True):
    """What stands in the index of a post, to be compared with what should."""

    status_id: StatusId
    searchable: bool
    mention_ids: tuple[AccountId, ...]
    words: tuple[str, ...]

    @property
    def listed(self) -> frozenset[str]:
        return frozenset(self.words) if self.searchable else frozenset()


def quoted(word: str) -> str:
    """A word as it stands in a tsvector or tsquery."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
