"""Jobs of moderation: erasing accounts, noting the figures of days."""

from datetime import timedelta

from parley.kit.db import Connection
from parley.kit.jobs import job, scheduled
from parley.kit.services import Services
from parley.moderation.erase import EraseAccount, erase_further
from parley.moderation.figures import note_figures
from parley.moderation.site_news import TellOfSite, announce_site_changed


@job(EraseAccount, lane="upkeep")
async def erase_slice(conn: Connection, services: Services, payload: EraseAccount) -> None:
    await erase_further(conn, services.pubsub, payload.account_id)


@job(TellOfSite, lane="upkeep")
async def tell_of_site(conn: Connection, _services: Services, _payload: TellOfSite) -> None:
    announce_site_changed(conn)


@scheduled(timedelta(hours=1))
async def note_daily_figures(conn: Connection, _services: Services) -> None:
    await note_figures(conn)
