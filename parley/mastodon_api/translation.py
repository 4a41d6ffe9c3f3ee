"""Translation, which this server has none of: declared as Mastodon declares it where none is set up.

https://docs.joinmastodon.org/methods/statuses/#translate
"""

import msgspec

from parley.kit.errors import Forbidden
from parley.mastodon_api.call import Answer, Call, Route
from parley.publishing.visibility import require_visible


class TranslateParams(msgspec.Struct, frozen=True):
    lang: str | None = None


async def translate(call: Call) -> Answer:
    """Not there for whom the status isn't; not allowed for everybody else."""
    await call.params(TranslateParams)
    async with call.database.reading() as conn:
        await require_visible(conn, call.viewer, call.path_id())
    raise Forbidden


ROUTES = (
    Route(
        "POST",
        "/api/v1/statuses/{id:str}/translate",
        translate,
        who="token",
        scope="read:statuses",
        takes=TranslateParams,
        answers=(),
        refuses=(403,),
    ),
)
