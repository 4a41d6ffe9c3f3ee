"""Jobs of relations: the end of a mute, which readers see by the clock; parting from everybody of a blocked domain."""

import msgspec

from parley.graph import part, queries
from parley.graph.domain_blocks import PartFromDomain
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


@job(PartFromDomain, lane="upkeep")
async def part_from_domain(conn: Connection, _services: Services, payload: PartFromDomain) -> None:
    await part.part_from_domain(conn, payload)
