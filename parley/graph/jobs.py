"""end_mute: clears the row of a mute whose time is over. Readers look at the clock and don't wait for it."""

import msgspec

from parley.graph import queries
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.jobs import job
from parley.kit.services import Services


class EndMute(msgspec.Struct, frozen=True):
    account_id: AccountId
    other_id: AccountId


@job(EndMute, lane="upkeep")
async def end_mute(conn: Connection, _services: Services, payload: EndMute) -> None:
    await queries.clear_expired_mute(conn, payload.account_id, payload.other_id, clock.now())
