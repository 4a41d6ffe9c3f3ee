"""Staff see who reads as if to copy all there is, and how high the sign-in wall stands; and do something about both."""

from collections.abc import Sequence

from litestar import Response

from parley.hydration.accounts import account_views
from parley.identity import admission_blocks
from parley.identity.models import Account
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.errors import Invalid
from parley.kit.ids import AccountId, parse_id
from parley.kit.paging import Page
from parley.moderation import crawl_alarms, sign_in_wall
from parley.moderation.letters import ALARM_SENTENCES, READERS
from parley.moderation.models import CrawlAlarm
from parley.moderation.sign_in_wall import HEIGHTS, HOURS_MAX, height_of
from parley.web.render import page
from parley.web.session import PageCall
from parley.web.wording import sentence_of

HEIGHT_NAMES = {
    "off": "down: strangers read all that is public",
    "deep": "before older pages: strangers see the beginnings of lists",
    "all": "before everything that members wrote",
}
_BLOCKS_LOOKED_AT = Page(limit=1000)


async def show_crawling(call: PageCall) -> Response[bytes]:
    return await _crawling_page(call)


async def put_up_wall(call: PageCall) -> Response[bytes]:
    hours = call.form.number("hours") or 0
    try:
        async with call.database.transaction() as conn:
            await sign_in_wall.put_up_wall(conn, call.viewer, call.form.text("height"), hours)
    except Invalid as refusal:
        return await _crawling_page(call, sentence_of(refusal))
    return call.redirect("/admin/crawling", "wall_put_up")


async def leave_wall_alone(call: PageCall) -> Response[bytes]:
    async with call.database.transaction() as conn:
        await sign_in_wall.leave_wall_alone(conn, call.viewer)
    return call.redirect("/admin/crawling", "wall_left_alone")


async def close_alarm(call: PageCall) -> Response[bytes]:
    async with call.database.transaction() as conn:
        await crawl_alarms.close_alarm(conn, call.viewer, call.path_id())
    return call.redirect("/admin/crawling", "alarm_closed")


async def _crawling_page(call: PageCall, complaint: str = "") -> Response[bytes]:
    async with call.database.reading() as conn:
        alarms = await crawl_alarms.crawl_alarms(conn, call.viewer)
        wall = await sign_in_wall.read_wall(conn)
        accounts = await _accounts_of(conn, alarms)
        blocked = {each.ip for each in await admission_blocks.ip_blocks(conn, _BLOCKS_LOOKED_AT)}
    now = clock.now()
    by_hand = wall.by_hand if wall.by_hand is not None and wall.by_hand.until > now else None
    return await page(
        call,
        "admin_crawling",
        status=422 if complaint else 200,
        complaint=complaint,
        alarms=alarms,
        accounts=accounts,
        blocked=blocked,
        height=height_of(wall, call.settings, now),
        by_alarm=wall.by_alarm and call.settings.sign_in_wall_on_alarm,
        by_hand=by_hand,
        heights=[(each, HEIGHT_NAMES[each]) for each in HEIGHTS],
        height_names=HEIGHT_NAMES,
        hours_max=HOURS_MAX,
        sentences=ALARM_SENTENCES,
        readers=READERS,
    )


async def _accounts_of(conn: Connection, alarms: Sequence[CrawlAlarm]) -> dict[str, Account]:
    """The members among the actors, by their id as the alarm has it."""
    named = {each.name for alarm in alarms for each in alarm.actors if each.kind == "account"}
    ids = [AccountId(found) for each in named if (found := parse_id(each)) is not None]
    return {str(key): view.account for key, view in (await account_views(conn, ids)).items()}
