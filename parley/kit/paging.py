"""Page(max_id, since_id, min_id, limit): what part of a list is asked for, and the bounds for its statement."""

import msgspec

from parley.kit.ids import ID_MAX


class Page(msgspec.Struct, frozen=True):
    """Exclusive bounds by id. `min_id` asks for the items immediately above it, the others for the newest.

    Answers are newest first in every case (https://docs.joinmastodon.org/api/guidelines/#pagination).
    """

    limit: int
    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None

    @property
    def below(self) -> int:
        """Upper bound, exclusive: any bigint id is below it when nothing was asked."""
        return self.max_id if self.max_id is not None else ID_MAX

    @property
    def above(self) -> int:
        """Lower bound, exclusive."""
        return self.min_id if self.min_id is not None else (self.since_id or 0)

    @property
    def ascending(self) -> bool:
        """Whether the statement must read upwards from `above` (its rows are then turned around)."""
        return self.min_id is not None

    def continued_below(self, lowest: int, limit: int) -> "Page":
        """The same question, going on under `lowest`: for refills after rules dropped items."""
        return Page(limit=limit, max_id=lowest, since_id=self.above or None)

    def continued_above(self, highest: int, limit: int) -> "Page":
        return Page(limit=limit, max_id=self.max_id, min_id=highest)
