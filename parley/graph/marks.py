"""What a viewer has to do with others and their statuses, in bits, as lately read; forgotten when either changes.

Kept here because relations change here; publishing reads and fills it (see publishing/facts.py).
"""

from parley.kit.recent import Recent


class ViewerMarks:
    """`relations` by account id, `flags` by status id; 0 where it is known that there is nothing."""

    __slots__ = ("flags", "relations")

    def __init__(self) -> None:
        self.flags: dict[int, int] = {}
        self.relations: dict[int, int] = {}


# By the viewer's account id.
recent_marks: Recent[ViewerMarks] = Recent("viewer_changed", entries_max=2_000)
