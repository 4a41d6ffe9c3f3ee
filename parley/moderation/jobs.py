"""Jobs of moderation: telling processes of the site's texts, noting the figures of days, watching what is read."""

from datetime import timedelta

from parley.kit.db import Connection
from parley.kit.jobs import job, scheduled
from parley.kit.services import Services
from parley.moderation.crawl_alarms import watch_readings
from parley.moderation.figures import note_figures
from parley.moderation.site_news import TellOfSite, announce_site_changed


@job(TellOfSite, lane="upkeep")
async def tell_of_site(conn: Connection, _services: Services, _payload: TellOfSite) -> None:
    announce_site_changed(conn)


@scheduled(timedelta(minutes=1))
async def watch_for_crawling(conn: Connection, services: Services) -> None:
    await watch_readings(conn, services.settings)


@scheduled(timedelta(hours=1))
async def note_daily_figures(conn: Connection, _services: Services) -> None:
    await note_figures(conn)
