"""What this server says of itself: /api/*/instance and its parts, NodeInfo, custom emojis.

https://docs.joinmastodon.org/methods/instance/
"""

from datetime import UTC, datetime, time
from weakref import WeakKeyDictionary

import msgspec

from parley.identity.models import SiteCounts
from parley.identity.statistics import WeekActivity, site_counts, weekly_activity
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Database
from parley.kit.languages import LANGUAGES
from parley.mastodon_api.call import Answer, Call, Route, json_answer
from parley.mastodon_api.entities.instance import (
    Activity,
    ExtendedDescription,
    Instance,
    Language,
    V1Instance,
    nodeinfo,
    to_extended_description,
    to_instance,
    to_v1_instance,
)
from parley.notifications.push import public_push_key

_KEEP_SECONDS = 60
# While one request makes new documents, others get the old ones for so long.
_REFRESH_SECONDS = 10
_LANGUAGES = msgspec.json.encode([Language(code, name) for code, name in sorted(LANGUAGES.items())])


class Documents(msgspec.Struct, frozen=True):
    """The answers that hold figures, ready to send; the same for everybody."""

    v1: bytes
    v2: bytes
    nodeinfo_2_0: bytes
    nodeinfo_2_1: bytes
    activity: bytes


_kept: WeakKeyDictionary[Database, tuple[float, Documents]] = WeakKeyDictionary()


async def _documents(call: Call) -> Documents:
    """At most a minute old: the figures are of the whole site, and every client asks for them first."""
    database, now = call.database, clock.now_seconds()
    kept = _kept.get(database)
    if kept is not None:
        if kept[0] > now:
            return kept[1]
        _kept[database] = (now + _REFRESH_SECONDS, kept[1])
    async with database.reading() as conn:
        push_key = await public_push_key(conn)
        made = _make(call.settings, await site_counts(conn), await weekly_activity(conn), push_key)
    _kept[database] = (now + _KEEP_SECONDS, made)
    return made


def _make(settings: Settings, counts: SiteCounts, weeks: list[WeekActivity], push_key: str) -> Documents:
    encode = msgspec.json.encode
    return Documents(
        v1=encode(to_v1_instance(settings, counts)),
        v2=encode(to_instance(settings, counts, push_key)),
        nodeinfo_2_0=encode(nodeinfo(settings, counts, "2.0")),
        nodeinfo_2_1=encode(nodeinfo(settings, counts, "2.1")),
        activity=encode([_activity(each) for each in weeks]),
    )


def _activity(each: WeekActivity) -> Activity:
    begin = datetime.combine(each.week, time(), UTC)
    return Activity(
        str(int(begin.timestamp())), str(each.statuses), str(each.logins), str(each.registrations)
    )


async def show_instance(call: Call) -> Answer:
    return json_answer((await _documents(call)).v2)


async def show_v1_instance(call: Call) -> Answer:
    return json_answer((await _documents(call)).v1)


async def show_activity(call: Call) -> Answer:
    return json_answer((await _documents(call)).activity)


async def show_nodeinfo_2_0(call: Call) -> Answer:
    return json_answer((await _documents(call)).nodeinfo_2_0)


async def show_nodeinfo_2_1(call: Call) -> Answer:
    return json_answer((await _documents(call)).nodeinfo_2_1)


async def show_extended_description(call: Call) -> Answer:
    return json_answer(to_extended_description(call.settings))


async def show_languages(_call: Call) -> Answer:
    return json_answer(_LANGUAGES)


async def show_translation_languages(_call: Call) -> Answer:
    """It translates nothing."""
    return json_answer(b"{}")


async def show_empty_list(_call: Call) -> Answer:
    """For what there is none of here: rules, custom emojis, other servers known or blocked."""
    return json_answer(b"[]")


_INSTANCE = "/api/v1/instance"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/api/v2/instance", show_instance, who="anyone", gives=Instance),
    Route("GET", _INSTANCE, show_v1_instance, who="anyone", gives=V1Instance),
    Route("GET", f"{_INSTANCE}/peers", show_empty_list, who="anyone", gives=list[str]),
    Route("GET", f"{_INSTANCE}/activity", show_activity, who="anyone", gives=list[Activity]),
    Route("GET", f"{_INSTANCE}/rules", show_empty_list, who="anyone"),
    Route("GET", f"{_INSTANCE}/domain_blocks", show_empty_list, who="anyone"),
    Route(
        "GET",
        f"{_INSTANCE}/extended_description",
        show_extended_description,
        who="anyone",
        gives=ExtendedDescription,
    ),
    Route(
        "GET",
        f"{_INSTANCE}/translation_languages",
        show_translation_languages,
        who="anyone",
        gives=dict[str, list[str]],
    ),
    Route("GET", f"{_INSTANCE}/languages", show_languages, who="anyone", gives=list[Language]),
    Route("GET", "/api/v1/custom_emojis", show_empty_list, who="anyone"),
    Route("GET", "/nodeinfo/2.0", show_nodeinfo_2_0, who="anyone"),
    Route("GET", "/nodeinfo/2.1", show_nodeinfo_2_1, who="anyone"),
)
