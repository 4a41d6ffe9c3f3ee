"""/api/v1/polls/*: see a poll, vote in it.

https://docs.joinmastodon.org/methods/polls/
"""

import msgspec

from parley.hydration.polls import poll_views
from parley.identity.reading import note_given
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import PollId
from parley.mastodon_api.call import Answer, Call, Route, json_answer
from parley.mastodon_api.entities.poll import Poll, poll_json
from parley.publishing.poll import require_visible_poll, vote


class VoteParams(msgspec.Struct, frozen=True):
    choices: list[int] = []


async def show_poll(call: Call) -> Answer:
    poll_id = PollId(call.path_id())
    async with call.database.reading() as conn:
        await require_visible_poll(conn, call.viewer, poll_id)
        return await _answer(call, conn, poll_id)


async def vote_in_poll(call: Call) -> Answer:
    poll_id = PollId(call.path_id())
    params = await call.params(VoteParams)
    async with call.database.transaction() as conn:
        await vote(conn, call.viewer, poll_id, params.choices)
        return await _answer(call, conn, poll_id)


async def _answer(call: Call, conn: Connection, poll_id: PollId) -> Answer:
    view = (await poll_views(conn, call.viewer, [poll_id])).get(poll_id)
    if view is None:
        raise NotFound
    note_given(call.viewer, [view.poll.status_id])
    return json_answer(poll_json(view, call.settings.base_url, call.viewer))


ROUTES = (
    Route("GET", "/api/v1/polls/{id:str}", show_poll, who="anyone", scope="read:statuses", gives=Poll),
    Route(
        "POST",
        "/api/v1/polls/{id:str}/votes",
        vote_in_poll,
        scope="write:statuses",
        takes=VoteParams,
        gives=Poll,
    ),
)
