"""What this server says of itself: /api/*/instance and its parts, NodeInfo, custom emojis.

https://docs.joinmastodon.org/methods/instance/
"""

from datetime import UTC, date, datetime, time
from weakref import WeakKeyDictionary

import msgspec

from parley.identity.accounts import find_account_by_handle
from parley.identity.addresses import parse_handle
from parley.identity.models import AccountView
from parley.identity.statistics import WeekActivity, domains_known, site_counts, weekly_activity
from parley.identity.viewer import require_account
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection, Database
from parley.kit.errors import NotFound
from parley.kit.languages import LANGUAGES
from parley.mastodon_api.call import Answer, Call, Route, json_answer
from parley.mastodon_api.entities.account import wire_time
from parley.mastodon_api.entities.emoji import CustomEmoji, to_custom_emoji
from parley.mastodon_api.entities.instance import (
    Activity,
    DomainBlock,
    ExtendedDescription,
    Instance,
    Language,
    PrivacyPolicy,
    Site,
    TermsOfService,
    V1Instance,
    nodeinfo,
    to_domain_block,
    to_extended_description,
    to_instance,
    to_terms,
    to_v1_instance,
)
from parley.mastodon_api.entities.report import Rule, to_rule
from parley.media.emojis import known_emojis
from parley.moderation.default_texts import DEFAULT_PRIVACY_POLICY
from parley.moderation.domains import shown_domain_blocks
from parley.moderation.rules import rules
from parley.moderation.sign_in_wall import wall_height
from parley.moderation.site_news import on_site_changed
from parley.moderation.site_texts import require_text, text_in_force
from parley.notifications.push import public_push_key

_KEEP_SECONDS = 60
# While one request makes new documents, others get the old ones for so long.
_REFRESH_SECONDS = 10
_LANGUAGES = msgspec.json.encode([Language(code, name) for code, name in sorted(LANGUAGES.items())])


class Documents(msgspec.Struct, frozen=True):
    """The answers that hold figures or rules, ready to send; the same for everybody."""

    v1: bytes
    v2: bytes
    nodeinfo_2_0: bytes
    nodeinfo_2_1: bytes
    activity: bytes
    rules: bytes
    peers: bytes


_kept: WeakKeyDictionary[Database, tuple[float, Documents]] = WeakKeyDictionary()
on_site_changed(_kept.clear)


async def _documents(call: Call) -> Documents:
    """At most a minute old: the figures are of the whole site, and every client asks for them first."""
    database, now = call.database, clock.now_seconds()
    kept = _kept.get(database)
    if kept is not None:
        if kept[0] > now:
            return kept[1]
        _kept[database] = (now + _REFRESH_SECONDS, kept[1])
    walled = await wall_height(database, call.settings) == "all"
    async with database.reading() as conn:
        site = await _site(conn, call.settings, for_members_only=walled)
        made = _make(call.settings, site, await weekly_activity(conn))
    _kept[database] = (now + _KEEP_SECONDS, made)
    return made


async def _site(conn: Connection, settings: Settings, *, for_members_only: bool) -> Site:
    return Site(
        counts=await site_counts(conn),
        rules=tuple(to_rule(each) for each in await rules(conn)),
        domains=tuple(await domains_known(conn)),
        contact=await _contact(conn, settings),
        has_terms=await text_in_force(conn, "terms_of_service") is not None,
        push_key=await public_push_key(conn),
        for_members_only=for_members_only,
    )


async def _contact(conn: Connection, settings: Settings) -> AccountView | None:
    handle = parse_handle(settings.contact_account, settings.domain)
    view = None if handle is None else await find_account_by_handle(conn, handle)
    return None if view is None or view.account.suspended_at is not None else view


def _make(settings: Settings, site: Site, weeks: list[WeekActivity]) -> Documents:
    encode = msgspec.json.encode
    return Documents(
        v1=encode(to_v1_instance(settings, site)),
        v2=encode(to_instance(settings, site)),
        nodeinfo_2_0=encode(nodeinfo(settings, site.counts, "2.0")),
        nodeinfo_2_1=encode(nodeinfo(settings, site.counts, "2.1")),
        activity=encode([_activity(each) for each in weeks]),
        rules=encode(site.rules),
        peers=encode(site.domains),
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


async def show_rules(call: Call) -> Answer:
    return json_answer((await _documents(call)).rules)


async def show_peers(call: Call) -> Answer:
    return json_answer((await _documents(call)).peers)


async def show_extended_description(call: Call) -> Answer:
    async with call.database.reading() as conn:
        text = await text_in_force(conn, "extended_description")
    return json_answer(to_extended_description(call.settings, text))


async def show_privacy_policy(call: Call) -> Answer:
    async with call.database.reading() as conn:
        text = await text_in_force(conn, "privacy_policy")
    if text is None:
        return json_answer(PrivacyPolicy(DEFAULT_PRIVACY_POLICY))
    return json_answer(PrivacyPolicy(text.html, wire_time(text.created_at)))


async def show_terms(call: Call) -> Answer:
    async with call.database.reading() as conn:
        return json_answer(to_terms(await require_text(conn, "terms_of_service")))


async def show_terms_of_day(call: Call) -> Answer:
    try:
        day = date.fromisoformat(call.path_text("date"))
    except ValueError:
        raise NotFound from None
    async with call.database.reading() as conn:
        return json_answer(to_terms(await require_text(conn, "terms_of_service", day)))


async def show_domain_blocks(call: Call) -> Answer:
    shown_to = call.settings.domain_blocks_shown_to
    if shown_to == "nobody":
        raise NotFound
    if shown_to == "members":
        require_account(call.viewer)
    async with call.database.reading() as conn:
        found = await shown_domain_blocks(conn)
    return json_answer([to_domain_block(each) for each in found])


async def show_languages(_call: Call) -> Answer:
    return json_answer(_LANGUAGES)


async def show_translation_languages(_call: Call) -> Answer:
    """It translates nothing."""
    return json_answer(b"{}")


async def show_custom_emojis(call: Call) -> Answer:
    return json_answer([to_custom_emoji(each, call.settings.base_url) for each in known_emojis()])


_INSTANCE = "/api/v1/instance"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/api/v2/instance", show_instance, who="anyone", gives=Instance),
    Route("GET", _INSTANCE, show_v1_instance, who="anyone", gives=V1Instance),
    Route("GET", f"{_INSTANCE}/peers", show_peers, who="anyone", gives=list[str]),
    Route("GET", f"{_INSTANCE}/activity", show_activity, who="anyone", gives=list[Activity]),
    Route("GET", f"{_INSTANCE}/rules", show_rules, who="anyone", gives=list[Rule]),
    Route(
        "GET",
        f"{_INSTANCE}/domain_blocks",
        show_domain_blocks,
        who="anyone",
        gives=list[DomainBlock],
        refuses=(404,),
    ),
    Route("GET", f"{_INSTANCE}/privacy_policy", show_privacy_policy, who="anyone", gives=PrivacyPolicy),
    Route(
        "GET", f"{_INSTANCE}/terms_of_service", show_terms, who="anyone", gives=TermsOfService, refuses=(404,)
    ),
    Route(
        "GET",
        f"{_INSTANCE}/terms_of_service/{{date:str}}",
        show_terms_of_day,
        who="anyone",
        gives=TermsOfService,
    ),
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
    Route("GET", "/api/v1/custom_emojis", show_custom_emojis, who="anyone", gives=list[CustomEmoji]),
    Route("GET", "/nodeinfo/2.0", show_nodeinfo_2_0, who="anyone"),
    Route("GET", "/nodeinfo/2.1", show_nodeinfo_2_1, who="anyone"),
)
