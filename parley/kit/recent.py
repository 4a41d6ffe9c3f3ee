"""Recent: what was lately read from the database, kept for seconds, and forgotten at once when it changes.

A change is known in the process that made it with its commit, in every other some 50 ms later (one message a change,
sent in batches). A message can be lost only with the process or the connection that carries it: a new connection
empties everything, and nothing that changes is kept for longer than LIFETIME_SECONDS in any case.
"""

from collections.abc import Iterable
from typing import Generic, TypeVar

from parley.kit.db import Connection
from parley.kit.pubsub import PubSub

LIFETIME_SECONDS = 10.0
_CHANGES_REMEMBERED = 10_000

Value = TypeVar("Value")

_all: list["Recent[object]"] = []


class Recent(Generic[Value]):
    """Values by id. `topic` names the messages that tell of changes."""

    __slots__ = ("_changed_at", "_entries", "_entries_max", "_floor", "_lifetime_seconds", "_turn", "topic")

    def __init__(self, topic: str, *, entries_max: int, lifetime_seconds: float = LIFETIME_SECONDS) -> None:
        self.topic = topic
        self._lifetime_seconds = lifetime_seconds
        self._entries: dict[int, tuple[float, Value]] = {}
        self._entries_max = entries_max
        self._turn = 0
        self._changed_at: dict[int, int] = {}
        self._floor = 0
        _all.append(self)  # type: ignore[arg-type]

    def find(self, key: int, now: float) -> Value | None:
        """Hot path: `now` in seconds, so that a page of finds asks the clock once."""
        entry = self._entries.get(key)
        return entry[1] if entry is not None and entry[0] > now else None

    def find_all(self, keys: Iterable[int], now: float) -> tuple[dict[int, Value], list[int]]:
        """Hot path: what is known of these, and the keys of what isn't."""
        entries = self._entries
        found: dict[int, Value] = {}
        missing: list[int] = []
        for key in keys:
            entry = entries.get(key)
            if entry is not None and entry[0] > now:
                found[key] = entry[1]
            else:
                missing.append(key)
        return found, missing

    def mark(self) -> int:
        """To be taken before the database is asked, and handed to keep()."""
        return self._turn

    def keep(self, mark: int, key: int, value: Value, now: float) -> None:
        """Keeps what was read since `mark`, unless it changed meanwhile: then it may be the older value."""
        if self._floor > mark or self._changed_at.get(key, 0) > mark:
            return
        if key not in self._entries and len(self._entries) >= self._entries_max:
            for oldest in list(self._entries)[: self._entries_max // 10]:
                del self._entries[oldest]
        self._entries[key] = (now + self._lifetime_seconds, value)

    def forget(self, key: int) -> None:
        self._entries.pop(key, None)
        self._note(key)

    def _note(self, key: int) -> None:
        self._turn += 1
        self._changed_at[key] = self._turn
        if len(self._changed_at) > _CHANGES_REMEMBERED:
            self._changed_at.clear()
            self._floor = self._turn

    def peek(self, key: int) -> Value | None:
        """What is kept, however old, for changing it in place."""
        entry = self._entries.get(key)
        return None if entry is None else entry[1]

    def touch(self, key: int) -> None:
        """A change that whoever calls has carried into the kept value: what others read before it is not kept."""
        self._note(key)

    def clear(self) -> None:
        self._turn += 1
        self._entries.clear()
        self._changed_at.clear()
        self._floor = self._turn

    def changed(self, conn: Connection, key: int) -> None:
        """To be called by whoever writes the row, in the same transaction."""
        conn.after_commit(lambda: self.forget(key))
        conn.publish_after_commit(self.topic, str(key))


def listen(pubsub: PubSub) -> None:
    """Lets this process's memory hear of what others change."""
    for recent in _all:
        pubsub.subscribe(recent.topic, lambda text, recent=recent: recent.forget(int(text)))  # type: ignore[misc]
    pubsub.on_reconnect(clear)


def clear() -> None:
    for recent in _all:
        recent.clear()
