"""/api/v1_alpha/async_refreshes: how far work goes on that an earlier answer announced. No answer here announces any.

https://docs.joinmastodon.org/methods/async_refreshes/
"""

from parley.kit.errors import NotFound
from parley.mastodon_api.call import Answer, Call, Route


async def show_refresh(_call: Call) -> Answer:
    """What members see is whole with the first answer, so nobody can know of an id."""
    raise NotFound


ROUTES = (Route("GET", "/api/v1_alpha/async_refreshes/{id:str}", show_refresh, scope="read", answers=()),)
