"""Who sees what through which door, as tables: every visibility, every relation to the author, every door.

A cell names the statuses that the viewer gets: (p)ublic, (u)nlisted, (f)ollowers-only, (d)irect; `-` stands for one
that is not there for them, `x` for a refusal that says nothing about the status.
"""

import re

import httpx
import pytest

from parley.identity.tokens import TokenCache
from parley.mastodon_api import routes
from tests.publishing import visibility_doors as doors
from tests.publishing.visibility_doors import Listing, Tables, Try, listing, relations_of
from tests.publishing.visibility_world import LINK, limit_now, make_world, suspend_now, turn
from tests.world import settle

# Who is who: `follower` and `friend` follow, and `friend` is mentioned in each status besides; so were all that come
# after `mentioned` before they did, or suffered, what they are named for. Two are for lists only: `half_muter` mutes,
# but not notifications; `requester` asks to follow, which lets them see no more than a stranger.
LOOKING = """
relation     look   page   thread  act    vote   reblog  own    pin    quote
self         pufd   pufd   pufd    pufd   xxxx   pufx    pufd   pufx   pufx
follower     puf-   puf-   puf-    puf-   puf-   pux-    ----   xxx-   pux-
friend       pufd   pufd   pufd    pufd   pufd   puxx    ----   xxxx   puxx
mentioned    pufd   pufd   pufd    pufd   pufd   puxx    ----   xxxx   puxx
blocked      ----   ----   ----    ----   ----   ----    ----   ----   ----
blocker      pufd   pufd   ----    pufd   xxxx   puxx    ----   xxxx   xxxx
muter        pufd   pufd   ----    pufd   pufd   puxx    ----   xxxx   puxx
unfollower   pu--   pu--   pu--    pu--   pu--   pu--    ----   xx--   pu--
stranger     pu--   pu--   pu--    pu--   pu--   pu--    ----   xx--   pu--
application  pu--   pu--   pu--    xxxx   xxxx   xxxx    xxxx   xxxx   xxxx
anonymous    pu--   pu--   pu--    xxxx   xxxx   xxxx    xxxx   xxxx   xxxx
suspended    xxxx   pu--   xxxx    xxxx   xxxx   xxxx    xxxx   xxxx   xxxx
"""

LISTS = """
relation     home   public  list   profile  pinned  kept   told   found        direct   waits   tagged
self         pufd   p---    ----   pufd     puf-    pufd   pufd   puf-         ---d   ----   puf-
follower     puf-   p---    puf-   puf-     puf-    puf-   puf-   puf-         ----   ----   puf-
friend       pufd   p---    puf-   pufd     puf-    pufd   pufd   puf-         ---d   ----   puf-
mentioned    ----   p---    ----   pufd     puf-    pufd   pufd   puf-         ----   ---d   puf-
blocked      ----   ----    ----   ----     ----    ----   ----   ----         ----   ----   ----
blocker      ----   ----    ----   pufd     puf-    pufd   ----   puf-         ----   ----   puf-
muter        ----   ----    ----   pufd     puf-    pufd   ----   puf-         ----   ----   puf-
half_muter   ----   ----    ----   pufd     puf-    pufd   pufd   puf-         ----   ----   puf-
unfollower   ----   p---    ----   pu--     pu--    pu--   pu--   pu--         ----   ----   pu--
requester    ----   p---    ----   pu--     pu--    pu--   ----   pu--         ----   ----   pu--
stranger     ----   p---    ----   pu--     pu--    pu--   ----   pu--         ----   ----   pu--
application  xxxx   p---    xxxx   pu--     pu--    xxxx   xxxx   ----         xxxx   xxxx   pu--
anonymous    xxxx   p---    xxxx   pu--     pu--    xxxx   xxxx   ----         xxxx   xxxx   pu--
suspended    xxxx   xxxx    xxxx   xxxx     xxxx    xxxx   xxxx   xxxx         xxxx   xxxx   xxxx
"""

# As with the acts themselves, so fewer relations will do.
UNDOING = """
relation     undo
friend       pufd
blocked      ----
unfollower   pu--
anonymous    xxxx
"""

# Boosts: of what is public and unlisted by a neighbour whom everybody follows, of followers-only words by their
# author. `booster` and `author` are the profiles of the two.
BOOSTS = """
relation     look   act    booster  author  home   list
self         puf-   puf-   pu--     --f-    puf-   pu--
follower     puf-   puf-   pu--     --f-    puf-   puf-
friend       puf-   puf-   pu--     --f-    puf-   puf-
mentioned    pu--   pu--   pu--     ----    pu--   pu--
blocked      ----   ----   ----     ----    ----   ----
blocker      pu--   pu--   ----     ----    ----   ----
muter        puf-   puf-   pu--     --f-    ----   ----
unfollower   pu--   pu--   pu--     ----    pu--   pu--
stranger     pu--   pu--   pu--     ----    pu--   pu--
application  pu--   xxx-   pu--     ----    xxxx   xxxx
anonymous    pu--   xxx-   pu--     ----    xxxx   xxxx
suspended    xxx-   xxx-   xxxx     xxxx    xxxx   xxxx
"""

SUSPENDED_AUTHOR = """
relation     look   page   thread  act    vote   reblog  own    pin    home   public  list   profile  pinned  kept   told   quote   tagged
self         xxxx   ----   xxxx    xxxx   xxxx   xxxx    xxxx   xxxx   xxxx   xxxx    xxxx   xxxx     xxxx    xxxx   xxxx   xxxx   xxxx
friend       ----   ----   ----    ----   ----   ----    ----   ----   ----   ----    ----   xxxx     xxxx    ----   ----   ----   xxxx
anonymous    ----   ----   ----    xxxx   xxxx   xxxx    xxxx   xxxx   xxxx   ----    xxxx   xxxx     xxxx    xxxx   xxxx   xxxx   xxxx
"""

BOOSTS_OF_SUSPENDED = """
relation     look   act    booster  author  home   list
self         xxx-   xxx-   xxxx     xxxx    xxxx   xxxx
friend       ----   ----   ----     xxxx    ----   ----
anonymous    ----   xxx-   ----     xxxx    xxxx   xxxx
"""

# Staff has limited the author: only their followers find them in public lists.
LIMITED_AUTHOR = """
relation     look   public  home   profile   tagged
self         pufd   p---    pufd   pufd   puf-
follower     puf-   p---    puf-   puf-   puf-
mentioned    pufd   ----    ----   pufd   puf-
anonymous    pu--   ----    xxxx   pu--   pu--
"""

ONE = "/api/v1/statuses/{id}"
LOOK: dict[str, Try] = {
    "GET status": doors.getting(ONE),
    "GET statuses?id[]": doors.show_several,
    "centre of context": doors.getting(f"{ONE}/context"),
    "history": doors.getting(f"{ONE}/history"),
    "favourited_by": doors.getting(f"{ONE}/favourited_by"),
    "reblogged_by": doors.getting(f"{ONE}/reblogged_by"),
    "GET poll": doors.getting("/api/v1/polls/{id}", "polls"),
    "search by address": doors.search_by_address,
    "in a quote": doors.in_a_quote,
    "its file by the API": doors.file_by_api,
}
# Where who is suspended is a visitor like any other.
PAGE: dict[str, Try] = {"its file on its page": doors.file_by_page}
THREAD: dict[str, Try] = {"ancestor": doors.as_ancestor, "descendant": doors.as_descendant}
ACT: dict[str, Try] = {
    **{act: doors.acting(act) for act in ("favourite", "bookmark", "mute")},
    "reply": doors.reply,
    "filter": doors.put_in_a_filter,
    "quotes": doors.getting(f"{ONE}/quotes"),
}
UNDO: dict[str, Try] = {
    act: doors.acting(act) for act in ("unfavourite", "unbookmark", "unmute", "unreblog", "unpin")
}
OWN: dict[str, Try] = {
    "source": doors.getting(f"{ONE}/source"),
    "edit": doors.edit,
    "delete": doors.delete,
    "interaction_policy": doors.change_policy,
    "revoke": doors.revoke_quote,
}
SINGLE: dict[str, dict[str, Try]] = {
    "look": LOOK,
    "page": PAGE,
    "thread": THREAD,
    "act": ACT,
    "vote": {"vote": doors.acting("votes", "polls", {"choices": [0]})},
    "reblog": {"reblog": doors.acting("reblog")},
    "quote": {"quote": doors.quote_by_a_new_one},
    "pin": {"pin": doors.acting("pin")},
    "own": OWN,
}
LISTINGS: dict[str, dict[str, Listing]] = {
    "home": {"home": listing("/api/v1/timelines/home")},
    "public": {
        "local": listing("/api/v1/timelines/public", local="true"),
        "tag": listing("/api/v1/timelines/tag/{tag}"),
        "any tag": listing("/api/v1/timelines/tag/none", **{"any[]": "watched"}),
        "trends": listing("/api/v1/trends/statuses"),
        "link": listing("/api/v1/timelines/link", url=LINK),
    },
    "list": {"list": listing("/api/v1/timelines/list/{list}")},
    "profile": {
        "profile": listing("/api/v1/accounts/{author}/statuses"),
    },
    "tagged": {"profile by tag": listing("/api/v1/accounts/{author}/statuses", tagged="watched")},
    "pinned": {"pinned": listing("/api/v1/accounts/{author}/statuses", pinned="true")},
    "kept": {"favourites": listing("/api/v1/favourites"), "bookmarks": listing("/api/v1/bookmarks")},
    "found": {"search by words": doors.search_by_words, "search of a tag": doors.search_by_tag},
    "direct": {
        "direct": listing("/api/v1/timelines/direct"),
        "conversations": doors.conversations("/api/v1/conversations"),
    },
    "waits": {"requests": doors.conversations("/api/parley/v1/conversations/requests")},
    "told": {
        "notifications": listing("/api/v1/notifications", include_filtered="true"),
        "groups of notifications": listing("/api/v2/notifications", include_filtered="true"),
    },
}
TOLD_SINGLE: dict[str, Try] = {
    "GET notification": doors.told_of_one,
    "GET group of one": doors.told_of_group,
}
BOOST_SINGLE: dict[str, dict[str, Try]] = {
    "look": {
        "GET boost": doors.getting(ONE, "wrappers"),
        "context of a boost": doors.getting(f"{ONE}/context", "wrappers"),
    },
    "act": {"favourite by a boost": doors.acting("favourite", "wrappers")},
}
BOOST_LISTINGS: dict[str, dict[str, Listing]] = {
    "booster": {"the booster's profile": listing("/api/v1/accounts/{neighbour}/statuses")},
    "author": {"the author's profile": listing("/api/v1/accounts/{author}/statuses")},
    "home": LISTINGS["home"],
    "list": LISTINGS["list"],
}
# What a list still shows of whom one no longer follows, until the worker has taken it out.
NOT_YET_TAKEN_OUT = {("unfollower", "list"): "pu--"}


@pytest.fixture
def tokens(shared_app, client) -> TokenCache:
    cache: TokenCache = shared_app.state.tokens
    return cache


async def test_every_relation_at_every_door(conn, client, services, tokens):
    world = await make_world(conn, client, services, relations_of(LISTS)[1:])
    await turn(services, tokens, world)
    tables, tried = Tables(world), set()

    async def note(request: httpx.Request) -> None:
        tried.add((request.method, request.url.path))

    client.event_hooks = {"request": [note]}
    await tables.try_listings(LISTS, LISTINGS, world.plain, NOT_YET_TAKEN_OUT)
    await tables.try_listings(BOOSTS, BOOST_LISTINGS, world.wrappers)
    await settle(services)
    await tables.try_listings(LISTS, LISTINGS, world.plain)
    await tables.try_single(LISTS, {"told": TOLD_SINGLE})
    await tables.try_single(BOOSTS, BOOST_SINGLE, letters="puf")
    await tables.try_single(UNDOING, {"undo": UNDO})
    bare = {letter: (await client.get(each)).status_code for letter, each in world.files.items()}
    assert bare == {"p": 200, "u": 200, "f": 404, "d": 404}, "what is guarded needs its seal"
    await tables.try_single(LOOKING, SINGLE)
    assert not tables.wrong, "\n" + "\n".join(tables.wrong)
    assert_all_tried(tried)


# Nothing of a status is in their answers, and none is named in what they take.
WITHOUT_STATUSES = {
    "/api/v1/statuses/{id:str}/translate",
    "/api/v1/conversations/{id:str}",
    "/api/parley/v1/conversations/unread_count",
    "/api/parley/v1/conversations/requests/{id:str}",
    "/api/parley/v1/conversations/requests/{id:str}/decline",
    "/api/v1/notifications/unread_count",
    "/api/v1/notifications/clear",
    "/api/v1/notifications/dismiss",
    "/api/v1/notifications/{id:str}/dismiss",
    "/api/v1/notifications/policy",
    "/api/v1/notifications/requests/merged",
    "/api/v1/notifications/requests/accept",
    "/api/v1/notifications/requests/dismiss",
    "/api/v1/notifications/requests/{id:str}/accept",
    "/api/v1/notifications/requests/{id:str}/dismiss",
    "/api/v2/notifications/policy",
    "/api/v2/notifications/unread_count",
    "/api/v2/notifications/{group_key:str}/accounts",
    "/api/v2/notifications/{group_key:str}/dismiss",
}
# These show one of each sender's: tests/mastodon_api/test_notification_policy.py.
TRIED_ELSEWHERE = {
    "/api/v1/notifications/requests",
    "/api/v1/notifications/requests/{id:str}",
    # One's own conversations alone, which the lists above name: tests/conversations.
    "/api/v1/conversations/{id:str}/read",
    "/api/v1/conversations/{id:str}/unread",
    "/api/parley/v1/conversations/requests/{id:str}/accept",
}
WITH_STATUSES = re.compile(
    r"/api/v1/(statuses|polls|timelines|trends/statuses|favourites|bookmarks|notifications|accounts/\{id:str\}/statuses)|/api/v2/(search|notifications)|/api/(v1|parley/v1)/conversations"
)


def assert_all_tried(tried: set[tuple[str, str]]) -> None:
    """A new route that shows statuses, or acts on them, must come into the tables."""
    for route in routes.ROUTES:
        if WITH_STATUSES.match(route.path) and route.path not in WITHOUT_STATUSES | TRIED_ELSEWHERE:
            pattern = re.compile(re.sub(r"\{[^}]*\}", "[^/]+", route.path))
            hits = [path for method, path in tried if method == route.method and pattern.fullmatch(path)]
            assert hits, f"{route.method} {route.path} is in no table"


async def test_nobody_sees_anything_of_a_suspended_author(conn, client, services, tokens):
    world = await make_world(conn, client, services, relations_of(SUSPENDED_AUTHOR)[1:])
    await suspend_now(services, tokens, world.author)
    tables = Tables(world)
    await tables.try_listings(SUSPENDED_AUTHOR, LISTINGS, world.plain)
    await tables.try_listings(BOOSTS_OF_SUSPENDED, BOOST_LISTINGS, world.wrappers)
    await tables.try_single(SUSPENDED_AUTHOR, {"told": TOLD_SINGLE})
    await tables.try_single(BOOSTS_OF_SUSPENDED, BOOST_SINGLE, letters="puf")
    assert {(await client.get(each)).status_code for each in world.files.values()} == {404}
    await tables.try_single(SUSPENDED_AUTHOR, SINGLE)
    assert not tables.wrong, "\n" + "\n".join(tables.wrong)


async def test_a_limited_author_is_found_by_followers_alone(conn, client, services):
    world = await make_world(conn, client, services, relations_of(LIMITED_AUTHOR)[1:])
    await limit_now(services, world.author)
    tables = Tables(world)
    wanted = {column: LISTINGS[column] for column in ("public", "home", "profile")}
    await tables.try_listings(LIMITED_AUTHOR, wanted, world.plain)
    await tables.try_single(LIMITED_AUTHOR, {"look": LOOK})
    assert not tables.wrong, "\n" + "\n".join(tables.wrong)
