"""The ids of a hashtag's timeline: any, all, none of further tags."""

from collections.abc import Sequence
from heapq import merge

import msgspec

from parley.kit.db import Connection
from parley.kit.paging import Page
from parley.timelines import queries

FURTHER_TAGS_MAX = 4


class TagQuestion(msgspec.Struct, frozen=True):
    """Tags in normal form. `any_of` widens the first tag, `all_of` and `none_of` narrow what is found."""

    tag: str
    any_of: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()

    def narrows(self, tags: Sequence[str]) -> bool:
        """Whether a status with these tags stays in."""
        return all(tag in tags for tag in self.all_of) and not any(tag in tags for tag in self.none_of)


async def tag_page(conn: Connection, question: TagQuestion, page: Page) -> list[int]:
    """Newest first; `narrows` is still to be asked of each, as a status tells its own tags."""
    runs = [
        await queries.tag_status_ids(conn, tag, page.below, page.above, page.limit, ascending=page.ascending)
        for tag in dict.fromkeys((question.tag, *question.any_of[:FURTHER_TAGS_MAX]))
    ]
    if len(runs) == 1:
        return runs[0][::-1] if page.ascending else runs[0]
    ordered = merge(*runs, reverse=not page.ascending)
    found = list(dict.fromkeys(ordered))[: page.limit]
    return found[::-1] if page.ascending else found
