"""The archivist's world: posts with canaries by COPY; then, through the running server, what was deleted, banned, erased and whispered."""

import asyncio
import io
import random
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

import httpx
import msgspec
from PIL import Image

from bench.seed import MASTER_KEY, index_all, write_accounts, write_follows, write_posts, write_tokens
from parley.kit import clock, crypto, ids
from parley.kit.db import Connection
from parley.kit.ids import bucket_of
from parley.kit.master_keys import parse_key
from parley.kit.sealing import KeyRing
from parley.publishing.models import Visibility

# A word of each post tells its kind and its number: "zqopen17".
CANARY = re.compile(r"zq(open|gone|kept|banned|whisper|erased)(\d+)x")
HIDDEN = ("gone", "kept", "banned", "whisper", "erased")
STAFF, FRESH = 8, 100
_AT_ONCE = 8
_DAYS = 20


class Size(msgspec.Struct, frozen=True):
    """How much of each, at full scale."""

    members: int = 2000
    authors: int = 500
    posts: int = 50_000
    erased: int = 200
    whispers: int = 500
    pictures: int = 300

    def scaled(self, scale: float) -> "Size":
        return Size(*(max(20, int(each * scale)) for each in msgspec.structs.astuple(self)))


class Post(msgspec.Struct, frozen=True):
    id: int
    author: int
    kind: str


class World(msgspec.Struct, frozen=True):
    """`follower` follows every author; `pictures` are addresses of files, by kind of their post."""

    posts: list[Post]
    bearers: dict[int, str]
    follower: int
    staff: list[int]
    fresh: list[int]
    pictures: dict[str, list[str]]

    def of_kind(self, kind: str) -> list[Post]:
        return [each for each in self.posts if each.kind == kind]

    def headers(self, account_id: int, address: str = "192.0.2.1") -> dict[str, str]:
        return {"authorization": f"Bearer {self.bearers[account_id]}", "x-forwarded-for": address}


async def seed_world(conn: Connection, size: Size) -> World:
    """What lies there before anybody comes: members, who follow whom, public and private posts."""
    draw, now = random.Random(20210110), clock.now()
    people = [draw.getrandbits(62) | (1 << 62) for _ in range(size.members + FRESH)]
    authors, erased = people[: size.authors], people[size.authors : size.authors + size.erased]
    follower, staff, fresh = people[-FRESH - 1], people[-FRESH - 1 - STAFF : -FRESH - 1], people[-FRESH:]
    posts = _draw_posts(draw, authors, erased, size.posts)
    words = [
        (each.id, each.author, now - timedelta(days=1), f"a word zq{each.kind}{number}x of ordinary length")
        for number, each in enumerate(posts)
    ]
    secrets = {each: crypto.new_secret() for each in (*authors, *staff, follower, *fresh)}
    token_ids = {each: ids.new_id(each) for each in secrets}
    conn.keys = KeyRing(lambda: (parse_key(MASTER_KEY),))
    await write_accounts(conn, people, now, words)
    await write_tokens(conn, secrets, token_ids, now)
    await write_follows(conn, {(follower, each) for each in (*authors, *erased)})
    await write_posts(conn, words)
    private = [each.id for each in posts if each.kind == "kept"]
    await conn.execute("update statuses set visibility = $2 where id = any ($1::bigint[])", private, Visibility.PRIVATE.value)  # fmt: skip
    old = now - timedelta(days=60)
    await conn.execute("update accounts set created_at = $2 where not id = any ($1::bigint[])", fresh, old)
    await conn.execute("update users set role = 'admin' where account_id = any ($1::bigint[])", staff)
    await conn.execute("update access_tokens set scopes = '{read,write,admin:read,admin:write}'")
    await index_all(conn)
    await conn.execute("analyze")
    bearers = {each: crypto.join_token(token_ids[each], secrets[each]) for each in secrets}
    return World(posts, bearers, follower, staff, fresh, {})


def _draw_posts(draw: random.Random, authors: Sequence[int], erased: Sequence[int], count: int) -> list[Post]:
    """A tenth private, a tenth to be deleted, a twentieth of members to be suspended, some of members to be erased."""
    banned = authors[: len(authors) // 20]
    rest = authors[len(authors) // 20 :]
    begin = int((clock.now() - timedelta(days=_DAYS)).timestamp() * 1000)
    step = _DAYS * 86_400_000 // count
    made = []
    for number in range(count):
        kind = draw.choices(("open", "kept", "gone", "banned", "erased"), (73, 10, 10, 5, 2))[0]
        author = draw.choice(banned if kind == "banned" else erased if kind == "erased" else rest)
        made.append(Post(ids.id_at(begin + step * number, bucket_of(author), number % 256), author, kind))
    return made


async def each_of(things: Iterable[Any], act: Callable[[Any], Awaitable[Any]]) -> list[Any]:
    """Some at once, in order."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(thing: Any) -> Any:
        async with gate:
            return await act(thing)

    return await asyncio.gather(*(one(each) for each in things))


async def live_there(client: httpx.AsyncClient, world: World, size: Size) -> World:
    """Pictures and direct messages, as members send them."""
    authors = list(
        dict.fromkeys(each.author for each in world.posts if each.kind in {"open", "kept", "gone"})
    )

    async def show(number: int) -> tuple[Post, list[str]]:
        kind, author = ("open", "kept", "gone")[number % 3], authors[number % len(authors)]
        headers = world.headers(author)
        sent = await client.post(
            "/api/v1/media", files={"file": ("a.jpg", _picture(number))}, headers=headers
        )
        file = sent.raise_for_status().json()
        body = {
            "status": f"a picture zq{kind}{1_000_000 + number}x",
            "media_ids": [file["id"]],
            "visibility": "private" if kind == "kept" else "public",
        }
        said = (await client.post("/api/v1/statuses", json=body, headers=headers)).raise_for_status().json()
        file = said["media_attachments"][0]
        return Post(int(said["id"]), author, kind), [file["url"], file["preview_url"]]

    async def whisper(number: int) -> Post:
        author = authors[number % len(authors)]
        other = await client.get(
            f"/api/v1/accounts/{authors[(number + 1) % len(authors)]}", headers=world.headers(author)
        )
        text = f"@{other.json()['acct']} zqwhisper{number}x"
        said = await client.post(
            "/api/v1/statuses", json={"status": text, "visibility": "direct"}, headers=world.headers(author)
        )
        return Post(int(said.raise_for_status().json()["id"]), author, "whisper")

    shown = await each_of(range(size.pictures), show)
    whispered = await each_of(range(size.whispers), whisper)
    pictures: dict[str, list[str]] = {}
    for post, addresses in shown:
        pictures.setdefault(post.kind, []).extend(addresses)
    posts = [*world.posts, *(post for post, _ in shown), *whispered]
    return msgspec.structs.replace(world, posts=posts, pictures=pictures)


def _picture(number: int) -> bytes:
    """With a canary where cameras write who and where."""
    target, exif = io.BytesIO(), Image.Exif()
    exif[0x010E] = f"zqgone{2_000_000 + number}x"
    Image.new("RGB", (320, 240), (number % 256, number // 256, 90)).save(
        target, "JPEG", exif=exif, comment=b"zqgone0x"
    )
    return target.getvalue()


async def take_away(client: httpx.AsyncClient, world: World) -> int:
    """Authors delete, staff suspend and erase. Returns how many requests were refused, which should be none."""

    async def delete(post: Post) -> int:
        answer = await client.delete(f"/api/v1/statuses/{post.id}", headers=world.headers(post.author))
        return answer.status_code

    async def suspend(turn: tuple[int, Post]) -> int:
        number, post = turn
        headers, path = world.headers(world.staff[number % STAFF]), f"/api/v1/admin/accounts/{post.author}"
        answer = await client.post(f"{path}/action", json={"type": "suspend"}, headers=headers)
        if post.kind == "erased" and answer.status_code == 200:
            answer = await client.delete(path, headers=headers)
        return answer.status_code

    told = await each_of(world.of_kind("gone"), delete)
    one_each = {each.author: each for each in world.posts if each.kind in {"banned", "erased"}}
    told += await each_of(enumerate(one_each.values()), suspend)
    return sum(each != 200 for each in told)
