"""Places: who has which stream open in this process, and how many streams anybody may have."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeVar

from parley.kit.errors import TooMany, Unavailable
from parley.kit.ids import AccountId
from parley.mastodon_api.live_readers import Reader
from parley.mastodon_api.streams import PUBLIC_NAMES, TAG_NAMES, AskedStream, Opened, Stream, is_named

# A server takes more connections than that (cli/web.py): whoever only asks still finds one.
READERS_MAX = 8_000
READERS_PER_MEMBER = 32
READERS_PER_ADDRESS = 256
STREAMS_PER_READER = 50

_NOBODY: Mapping[Reader, bytes] = {}

Key = TypeVar("Key", int, str)


class Places:
    """One per process."""

    __slots__ = ("_by_address", "_by_member", "_limited", "_of_everybody", "_owners", "_places", "readers")

    def __init__(self, *, limited: bool) -> None:
        """`limited`: whether many readers at one address are too many."""
        self.readers: dict[Reader, None] = {}
        self._places: dict[Stream, dict[Reader, bytes]] = {}
        self._owners: dict[int, Stream] = {}
        self._of_everybody = 0
        self._by_member: Counter[int] = Counter()
        self._by_address: Counter[str] = Counter()
        self._limited = limited

    def enter(self, reader: Reader) -> None:
        """Raises TooMany or Unavailable. Whoever entered must leave."""
        if len(self.readers) >= READERS_MAX:
            raise Unavailable(logged="too many open streams")
        member = _member_of(reader)
        if self._by_member[member] >= READERS_PER_MEMBER:
            raise TooMany("Too many open streams")
        if self._limited and self._by_address[reader.address] >= READERS_PER_ADDRESS:
            raise TooMany("Too many open streams")
        self.readers[reader] = None
        self._by_member[member] += 1
        self._by_address[reader.address] += 1

    def leave(self, reader: Reader) -> None:
        if reader not in self.readers:
            return
        del self.readers[reader]
        for stream in list(reader.streams):
            self._close(reader, stream)
        _count_down(self._by_member, _member_of(reader))
        _count_down(self._by_address, reader.address)

    def open(self, reader: Reader, opened: Opened) -> None:
        """What is open already stays as it is. Raises TooMany."""
        stream = opened.stream
        if stream in reader.streams or reader not in self.readers:
            return
        if len(reader.streams) >= STREAMS_PER_READER:
            raise TooMany("Too many subscriptions")
        reader.streams[stream] = opened.label
        place = self._places.get(stream)
        if place is None:
            place = self._places[stream] = {}
            if stream.name in {"user", "list"}:
                self._owners[stream.owner_id] = stream
            self._of_everybody += stream.name in PUBLIC_NAMES + TAG_NAMES
        place[reader] = opened.label

    def close(self, reader: Reader, asked: AskedStream) -> None:
        for stream in [each for each in reader.streams if is_named(each, asked)]:
            self._close(reader, stream)

    def _close(self, reader: Reader, stream: Stream) -> None:
        del reader.streams[stream]
        place = self._places[stream]
        del place[reader]
        if not place:
            del self._places[stream]
            if self._owners.get(stream.owner_id) == stream:
                del self._owners[stream.owner_id]
            self._of_everybody -= stream.name in PUBLIC_NAMES + TAG_NAMES

    # Who is there

    @property
    def owner_ids(self) -> list[int]:
        """The accounts and lists whose timelines are open."""
        return list(self._owners)

    @property
    def member_ids(self) -> list[AccountId]:
        """Those whose home is open."""
        return [AccountId(each.owner_id) for each in self._owners.values() if each.name == "user"]

    @property
    def any_for_everybody(self) -> bool:
        return self._of_everybody > 0

    def stream_of(self, owner_id: int) -> Stream | None:
        """The open home or list of this owner."""
        return self._owners.get(owner_id)

    def readers_of(self, stream: Stream) -> Mapping[Reader, bytes]:
        """With the label under which each has it."""
        return self._places.get(stream, _NOBODY)

    def __contains__(self, stream: Stream) -> bool:
        return stream in self._places

    def readers_with(self, *, token_id: int | None = None, account_id: int | None = None) -> Iterator[Reader]:
        """Those with this token, or of this account."""
        for reader in list(self.readers):
            if (token_id is not None and reader.viewer.token_id == token_id) or (
                account_id is not None and reader.viewer.account_id == account_id
            ):
                yield reader


def _member_of(reader: Reader) -> int:
    """Applications alone count by themselves."""
    return reader.viewer.account_id or reader.viewer.application_id or 0


def _count_down(counter: Counter[Key], key: Key) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
