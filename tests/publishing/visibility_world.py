"""One author's statuses of every visibility, and somebody in every relation to them; made through the door."""

from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import msgspec

from parley import worker
from parley.discovery import trend_queries
from parley.discovery.models import Kind, Trend
from parley.identity.queries import update_version
from parley.identity.tokens import TokenCache, issue_token
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.ids import AccountId, CardId, bucket_of, new_id_in_bucket
from parley.kit.services import Services
from parley.publishing import cache, card_queries, preview_card
from parley.publishing.link_facts import LinkFacts
from parley.publishing.sealed_words import read_statuses
from tests.identity.world import bearer, make_token, suspend, viewer_of
from tests.media.canaries import picture, written
from tests.world import Member, join, ok, settle

JOBS = worker.JOB_MODULES

# A visibility by the letter that stands for it in the tables.
LETTERS = {"p": "public", "u": "unlisted", "f": "private", "d": "direct"}
TAG = "watched"
LINK = "https://elsewhere.test/page"

# Who was what while the statuses were made. What each is when the doors are tried, see `turn`.
FOLLOWERS = ("follower", "friend", "unfollower", "blocked", "blocker", "muter", "half_muter", "suspended")
MENTIONED = ("mentioned", "friend", "blocked", "blocker", "muter", "half_muter", "suspended")
# Told of each status by a bell, as nothing mentions them.
BELLS = ("follower", "unfollower")

Ids = Mapping[str, str]

_PICTURE = written(picture(8, 8), "PNG")


class World(msgspec.Struct, frozen=True):
    """Ids of statuses stand under their letters. The neighbour is a friend of the author whom everybody follows."""

    author: Member
    neighbour: Member
    viewers: dict[str, Member]
    plain: Ids
    # What the author answered to the neighbour, and the neighbour to what is plain.
    said_back: Ids
    answers: Ids
    polls: Ids
    # What was boosted, and the boosts: by the neighbour, and of followers-only words by their author.
    boosted: Ids
    wrappers: Ids
    # The neighbour's status that `said_back` answers.
    root: str
    # Where the picture of `said_back` lies, without the seal that some of these need.
    files: Ids
    # By somebody whom nobody follows, for everybody: each quotes what is plain, whether they may or not.
    quoting: dict[str, str] = {}
    lists: dict[str, str] = {}
    # With which a viewer is signed in in a browser, by their name.
    cookies: dict[str, str] = {}
    # By viewer and letter: what they were told of `plain`, while they saw it.
    notification_ids: dict[str, dict[str, list[str]]] = {}

    def name_of(self, viewer: Member) -> str:
        """Under which name a relation stands in the tables."""
        return "self" if viewer is self.author else viewer.name


async def make_world(
    conn: Connection, client: httpx.AsyncClient, services: Services, names: Iterable[str]
) -> World:
    """Everything up to the moment before relations turn: delivered, notified, bookmarked, favourited, listed."""
    author = await join(conn, client, "author")
    neighbour = await join(conn, client, "neighbour")
    viewers = {name: await _viewer(conn, client, name) for name in names} | {"self": author}
    world = await _speak(author, neighbour, await _befriend(author, neighbour, viewers), services)
    for name, viewer in viewers.items():
        if viewer.viewer.account_id is not None:
            await _keep_what_is_seen(world, viewer)
            world.lists[name] = await _list_of(world, viewer, name)
            issued = await issue_token(conn, account_id=viewer.id, application=None, scopes=("read",))
            world.cookies[name] = f"__Host-parley-session={issued.bearer}"
    for letter in "puf":
        ok(await author.post(f"/api/v1/statuses/{world.plain[letter]}/pin"))
    await _quote(conn, await join(conn, client, "quoter"), world)
    await _rank(conn, world)
    await _link(conn, world)
    await settle(services)
    for name, viewer in viewers.items():
        if viewer.viewer.account_id is not None:
            world.notification_ids[name] = await _told(world, viewer)
    return world


async def _link(conn: Connection, world: World) -> None:
    """Each of them links to the same page, whose preview has come."""
    bucket, url_hash = preview_card.key_of(LINK)
    facts = LinkFacts(title="A page", provider_name="elsewhere")
    card = preview_card.card_of(CardId(new_id_in_bucket(bucket)), LINK, facts, None, clock.now())
    card_id = await card_queries.upsert_card(conn, url_hash, card)
    for status_id in world.plain.values():
        [status] = await read_statuses(conn, [int(status_id)])
        await preview_card.give_card(conn, status, card_id)


async def _viewer(conn: Connection, client: httpx.AsyncClient, name: str) -> Member:
    if name not in {"anonymous", "application"}:
        return await join(conn, client, name)
    issued = await make_token(conn, None)
    headers = {} if name == "anonymous" else bearer(issued)
    return Member(name, AccountId(0), viewer_of(issued), headers, client)


async def _befriend(author: Member, neighbour: Member, viewers: dict[str, Member]) -> dict[str, Member]:
    await neighbour.follows(author)
    for name, viewer in viewers.items():
        if name in FOLLOWERS:
            ok(await viewer.post(f"/api/v1/accounts/{author.id}/follow", {"notify": name in BELLS}))
        if viewer.viewer.account_id is not None:
            await viewer.follows(neighbour)
    return viewers


async def _speak(author: Member, neighbour: Member, viewers: dict[str, Member], services: Services) -> World:
    await settle(services)
    names = ["@neighbour", *(f"@{name}" for name in viewers if name in MENTIONED)]
    everyone = ["@author", *(f"@{each.name}" for each in viewers.values() if each.viewer.account_id)]
    root = (await neighbour.says("What do you say?"))["id"]
    poll = {"options": ["yes", "no"], "expires_in": 3600}

    async def say(speaker: Member, part: str, letter: str, to: list[str], **more: Any) -> dict[str, Any]:
        text = f"{word_of(part, letter)} {' '.join(to)} #{TAG}"
        return await speaker.says(text, visibility=LETTERS[letter], **more)

    plain = {letter: await say(author, "plain", letter, names, poll=poll) for letter in LETTERS}
    said_back = {
        letter: await say(
            author, "said_back", letter, names, in_reply_to_id=root, media_ids=[await _picture(author)]
        )
        for letter in LETTERS
    }
    answers = {
        letter: await say(neighbour, "answers", letter, everyone, in_reply_to_id=plain[letter]["id"])
        for letter in LETTERS
    }
    boosted = {letter: await say(author, "boosted", letter, names) for letter in "puf"}
    wrappers = {
        letter: ok(await booster.post(f"/api/v1/statuses/{boosted[letter]['id']}/reblog"))
        for letter, booster in (("p", neighbour), ("u", neighbour), ("f", author))
    }
    await settle(services)
    return World(
        author=author,
        neighbour=neighbour,
        viewers=viewers,
        plain=_ids(plain),
        said_back=_ids(said_back),
        answers=_ids(answers),
        polls={letter: status["poll"]["id"] for letter, status in plain.items()},
        boosted=_ids(boosted),
        wrappers=_ids(wrappers),
        root=root,
        files={
            letter: str(status["media_attachments"][0]["url"]).partition("?")[0]
            for letter, status in said_back.items()
        },
    )


async def _picture(sender: Member) -> str:
    files = {"file": ("picture.png", _PICTURE, "image/png")}
    answer = await sender.client.post("/api/v2/media", files=files, headers=sender.headers)
    return str(ok(answer)["id"])


def word_of(part: str, letter: str) -> str:
    """What stands in the text of this status and in no other."""
    return f"{part}_{LETTERS[letter]}"


def _ids(statuses: dict[str, dict[str, Any]]) -> Ids:
    return {letter: status["id"] for letter, status in statuses.items()}


async def _quote(conn: Connection, quoter: Member, world: World) -> None:
    """Past what the API lets anybody quote: what they may see of it must be found out by looking."""
    for letter, status_id in world.plain.items():
        made = await quoter.says(f"quoting {letter}", visibility="unlisted")
        plain, quoting = int(status_id), int(made["id"])
        await conn.execute(
            "update statuses set quote_of_id = $2, quote_of_account_id = $3, quote_state = 1 where id = $1",
            quoting,
            plain,
            world.author.id,
        )
        await conn.execute(
            "insert into status_quotes (bucket, status_id, quoting_id, account_id, state) values ($1, $2, $3, $4, 1)",
            bucket_of(plain),
            plain,
            quoting,
            quoter.id,
        )
        cache.forget(quoting)
        world.quoting[letter] = made["id"]


async def _rank(conn: Connection, world: World) -> None:
    """What is plain is talked about, whoever may see it."""
    ranked = [
        Trend(int(each), score=1.0, group_id=world.author.id, allowed=True) for each in world.plain.values()
    ]
    await trend_queries.insert_trends(conn, Kind.STATUS, ranked)


async def _keep_what_is_seen(world: World, viewer: Member) -> None:
    for status_id in world.plain.values():
        for act in ("favourite", "bookmark"):
            answer = await viewer.post(f"/api/v1/statuses/{status_id}/{act}")
            assert answer.status_code in {200, 404}


async def _list_of(world: World, viewer: Member, name: str) -> str:
    """With the neighbour on it, and the author if they may be."""
    list_id = str(ok(await viewer.post("/api/v1/lists", {"title": "people"}))["id"])
    members = [world.neighbour.wire_id, *([world.author.wire_id] if name in FOLLOWERS else [])]
    ok(await viewer.post(f"/api/v1/lists/{list_id}/accounts", {"account_ids": members}))
    return list_id


async def _told(world: World, viewer: Member) -> dict[str, list[str]]:
    told = ok(await viewer.get("/api/v1/notifications", limit=80, include_filtered="true"))
    return {
        letter: [each["id"] for each in told if each.get("status", {}).get("id") == status_id]
        for letter, status_id in world.plain.items()
    }


async def turn(services: Services, tokens: TokenCache, world: World) -> None:
    """Relations become what their names say. Nothing has followed from it yet: rows of before are still there."""
    viewers, author = world.viewers, world.author
    path = f"/api/v1/accounts/{author.id}"
    acts = {"unfollower": "unfollow", "blocker": "block", "muter": "mute", "half_muter": "mute"}
    for name, act in acts.items():
        if name in viewers:
            ok(await viewers[name].post(f"{path}/{act}", {"notifications": name != "half_muter"}))
    if "blocked" in viewers:
        ok(await author.post(f"/api/v1/accounts/{viewers['blocked'].id}/block"))
    if "requester" in viewers:
        credentials = "/api/v1/accounts/update_credentials"
        ok(await author.client.patch(credentials, json={"locked": True}, headers=author.headers))
        assert ok(await viewers["requester"].post(f"{path}/follow"))["requested"] is True
    if "suspended" in viewers:
        await suspend_now(services, tokens, viewers["suspended"])


async def suspend_now(services: Services, tokens: TokenCache, member: Member) -> None:
    async with services.database.transaction() as conn:
        await suspend(conn, member.id, clock.now())
        await update_version(conn, member.id, 1)
        tokens.announce_changed(conn, member.id)


async def limit_now(services: Services, member: Member) -> None:
    async with services.database.transaction() as conn:
        await conn.execute(
            "update accounts set limited_at = $3 where bucket = $1 and id = $2",
            bucket_of(member.id),
            member.id,
            clock.now(),
        )
        await update_version(conn, member.id, 1)
