"""Jobs of relations: mutes end, a blocked domain is parted from, what members wrote for themselves is sealed."""

from datetime import timedelta

import msgspec

from parley.graph import part, queries
from parley.graph.domain_blocks import PartFromDomain
from parley.graph.private_words import SealOlderChoices, any_older, seal_some_older
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.jobs import defer, job, scheduled
from parley.kit.services import Services


class EndMute(msgspec.Struct, frozen=True):
    account_id: AccountId
    other_id: AccountId


@job(EndMute, lane="upkeep")
async def end_mute(conn: Connection, _services: Services, payload: EndMute) -> None:
    await queries.clear_expired_mute(conn, payload.account_id, payload.other_id, clock.now())


@job(SealOlderChoices, lane="upkeep")
async def seal_older_choices(conn: Connection, _services: Services, payload: SealOlderChoices) -> None:
    if await seal_some_older(conn):
        await defer(conn, payload)


@scheduled(timedelta(days=1))
async def find_unsealed_choices(conn: Connection, _services: Services) -> None:
    """Notes, lists and filters from before they were sealed, if there are any."""
    if await any_older(conn):
        await defer(conn, SealOlderChoices())


@job(PartFromDomain, lane="upkeep")
async def part_from_domain(conn: Connection, _services: Services, payload: PartFromDomain) -> None:
    await part.part_from_domain(conn, payload)
