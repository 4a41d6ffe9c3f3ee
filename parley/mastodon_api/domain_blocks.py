"""/api/v1/domain_blocks: whole domains of which a member wants to see nobody.

https://docs.joinmastodon.org/methods/domain_blocks/
"""

import msgspec

from parley.graph import domain_blocks
from parley.mastodon_api.call import Answer, Call, Nothing, Route, json_answer
from parley.mastodon_api.paging import PageParams

_DEFAULT_LIMIT, _LIMIT_MAX = 100, 200


class DomainParams(msgspec.Struct, frozen=True):
    domain: str = ""


async def show_domain_blocks(call: Call) -> Answer:
    page = call.page(_DEFAULT_LIMIT, _LIMIT_MAX)
    async with call.database.reading() as conn:
        found = await domain_blocks.domain_blocks(conn, call.viewer, page)
    oldest, newest = (found[-1].id, found[0].id) if found else (None, None)
    headers = call.link_header(oldest, newest, full=len(found) >= page.limit)
    return json_answer([each.domain for each in found], headers=headers)


async def block_domain(call: Call) -> Answer:
    params = await call.params(DomainParams)
    async with call.database.transaction() as conn:
        await domain_blocks.block_domain(conn, call.viewer, params.domain)
    return json_answer(b"{}")


async def unblock_domain(call: Call) -> Answer:
    params = await call.params(DomainParams)
    async with call.database.transaction() as conn:
        await domain_blocks.unblock_domain(conn, call.viewer, params.domain)
    return json_answer(b"{}")


_PATH = "/api/v1/domain_blocks"

ROUTES: tuple[Route, ...] = (
    Route("GET", _PATH, show_domain_blocks, scope="read:blocks", takes=PageParams, gives=list[str]),
    Route("POST", _PATH, block_domain, scope="write:blocks", takes=DomainParams, gives=Nothing),
    Route("DELETE", _PATH, unblock_domain, scope="write:blocks", takes=DomainParams, gives=Nothing),
)
