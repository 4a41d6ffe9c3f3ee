"""List.

https://docs.joinmastodon.org/entities/List/
"""

import msgspec

from parley.graph import models


class List(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    title: str
    replies_policy: str
    exclusive: bool


def to_list(found: models.List) -> List:
    return List(
        id=str(found.id),
        title=found.title,
        replies_policy=found.replies_policy,
        exclusive=found.exclusive,
    )
