"""What a viewer has to do with others and their statuses, in bits, as lately read; forgotten when either changes.

Kept here because relations change here; publishing reads and fills it (see publishing/facts.py).
"""

from parley.kit.db import Connection
from parley.kit.ids import AccountId, StatusId
from parley.kit.pubsub import PubSub
from parley.kit.recent import Recent

_FLAG_TOPIC = "flag_changed"


class ViewerMarks:
    """`relations` by account id, `flags` by status id; 0 where it is known that there is nothing.

    `turn` rises whenever something is taken out, so that who has read before that doesn't put it back.
    """

    __slots__ = ("flags", "relations", "turn")

    def __init__(self) -> None:
        self.flags: dict[int, int] = {}
        self.relations: dict[int, int] = {}
        self.turn = 0

    def copied(self) -> "ViewerMarks":
        copy = ViewerMarks()
        copy.flags = dict(self.flags)
        copy.relations = dict(self.relations)
        return copy


# By the viewer's account id. A change of a relation empties it, one of a flag takes out that flag alone.
recent_marks: Recent[ViewerMarks] = Recent("viewer_changed", entries_max=2_000)


def flag_changed(conn: Connection, account_id: AccountId, status_id: StatusId) -> None:
    """To be called by whoever writes what an account did with a status, in the same transaction."""
    conn.after_commit(lambda: _forget_flag(account_id, status_id))
    conn.publish_after_commit(_FLAG_TOPIC, f"{account_id} {status_id}")


def listen(pubsub: PubSub) -> None:
    pubsub.subscribe(_FLAG_TOPIC, lambda text: _forget_flag(*(int(part) for part in text.split())))


def _forget_flag(account_id: int, status_id: int) -> None:
    marks = recent_marks.peek(account_id)
    if marks is not None:
        marks.flags.pop(status_id, None)
        marks.turn += 1
    recent_marks.touch(account_id)
