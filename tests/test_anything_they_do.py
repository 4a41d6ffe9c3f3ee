"""Whatever three members do to each other and in whatever order, nothing contradicts itself and nobody sees too much."""

from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from parley.kit.db import Connection
from parley.kit.services import Services
from parley.mastodon_api.entities.status import _fragments
from parley.publishing import cache
from tests.conftest import forget_caches
from tests.invariants import broken_invariants, tables_holding
from tests.world import Cast, Member, make_cast, settle

UNDERSTOOD = {200, 403, 404, 422}
VISIBILITIES = ("public", "unlisted", "private", "direct")
PUBLIC, UNLISTED, PRIVATE, DIRECT = range(4)
POLL = {"options": ["tea", "coffee"], "expires_in": 3600}


class Told(msgspec.Struct):
    """A post, and every word that ever stood in it."""

    id: str
    author: Member
    words: list[str]
    deleted: bool = False


class Step(msgspec.Struct, frozen=True):
    """`number` chooses among what there is: a post, a visibility."""

    act: str
    actor: int
    other: int
    number: int


class Play:
    """What happens in one example."""

    def __init__(self, conn: Connection, cast: Cast, services: Services) -> None:
        self.conn = conn
        self.members = (cast.alice, cast.bob, cast.carol)
        self.services = services
        self.told: list[Told] = []

    async def do(self, step: Step) -> None:
        actor, other = self.members[step.actor], self.members[step.other]
        if step.act == "settle":
            await settle(self.services)
        elif step.act in {"post", "poll", "answer"}:
            await self.post(actor, other, step)
        elif step.act in RELATIONS:
            await self.relate(actor, other, step)
        elif self.told:
            await self.act_on_post(actor, self.told[step.number % len(self.told)], step)

    async def post(self, actor: Member, other: Member, step: Step) -> None:
        word = f"word{len(self.told)}x"
        body: dict[str, Any] = {
            "status": f"{word} #tag{step.number % 3}" + (f" @{other.name}" if step.number % 2 else ""),
            "visibility": VISIBILITIES[step.number % 4],
        }
        if step.act == "poll":
            body["poll"] = POLL
        if step.act == "answer" and self.told:
            body["in_reply_to_id"] = self.told[step.number % len(self.told)].id
        answer = understood(await actor.post("/api/v1/statuses", body))
        if answer.status_code == 200:
            self.told.append(Told(answer.json()["id"], actor, [word]))
        if step.other:
            # Mostly it has long been delivered when the next thing happens.
            await settle(self.services)

    async def relate(self, actor: Member, other: Member, step: Step) -> None:
        act, _, back = step.act.partition(" and ")
        understood(await actor.post(f"/api/v1/accounts/{other.id}/{act}"))
        await check_nothing_foreign(self.conn, actor)
        if back:
            await settle(self.services)
            understood(await actor.post(f"/api/v1/accounts/{other.id}/follow"))

    async def act_on_post(self, actor: Member, told: Told, step: Step) -> None:
        path = f"/api/v1/statuses/{told.id}"
        if step.act in {"delete", "edit", "pin"} and step.other:
            actor = told.author
        if step.act == "delete":
            if understood(await actor.delete(path)).status_code == 200:
                told.deleted = True
                assert cache.find(int(told.id)) is None
        elif step.act == "edit":
            word = f"{told.words[0]}edit{len(told.words)}x"
            answer = understood(await actor.put(path, {"status": f"{word} #tag{step.other}"}))
            told.words += [word] if answer.status_code == 200 else []
        elif step.act == "vote":
            shown = (await actor.get(path)).json()
            if shown.get("poll"):
                understood(await actor.post(f"/api/v1/polls/{shown['poll']['id']}/votes", {"choices": [0]}))
        else:
            act, _, back = step.act.partition(" and ")
            understood(await actor.post(f"{path}/{act}"))
            if back:
                understood(await actor.post(f"{path}/un{act}"))


def understood(answer: httpx.Response) -> httpx.Response:
    assert answer.status_code in UNDERSTOOD, answer.text
    return answer


RELATIONS = (
    *("follow", "unfollow", "block", "unblock", "mute", "unmute", "remove_from_followers"),
    "unfollow and back",
)
ACTS_ON_POSTS = (
    *("reblog", "favourite", "bookmark", "pin", "mute", "vote", "edit", "delete"),
    *("reblog and back", "favourite and back"),
)
# Without posts there is little to see, and what nothing was done to is easily deleted.
WEIGHED = (
    ("post", "post", "follow") * 3
    + ("answer", "poll", "reblog", "delete", "edit") * 2
    + ACTS_ON_POSTS
    + RELATIONS
    + ("settle", "unfollow", "block", "mute") * 2
)
STEPS = st.lists(
    st.builds(Step, st.sampled_from(WEIGHED), st.integers(0, 2), st.integers(0, 2), st.integers(0, 7)),
    min_size=12,
    max_size=30,
)


@pytest.fixture
async def cast(conn: Connection, services: Services, client: httpx.AsyncClient) -> Cast:
    """Everybody follows everybody, so that there is something to end."""
    cast = await make_cast(conn, client)
    members = (cast.alice, cast.bob, cast.carol)
    for member in members:
        for other in members:
            if other is not member:
                await member.follows(other)
    await settle(services)
    return cast


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    # Shrinking takes minutes: add Phase.shrink where a failure is looked into.
    phases=(Phase.explicit, Phase.generate),
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
async def test_nothing_contradicts_itself_and_nobody_sees_too_much(conn, cast, services, steps):
    transaction = conn._raw.transaction()
    await transaction.start()
    try:
        play = Play(conn, cast, services)
        for step in steps:
            await play.do(step)
        for member in play.members:
            await check_sight(conn, member)
        await settle(services)
        assert await broken_invariants(conn) == []
        await check_deletions(conn, play)
        for member in play.members:
            await check_sight(conn, member)
            await check_home(conn, member)
    finally:
        await transaction.rollback()
        forget_caches()


async def check_deletions(conn: Connection, play: Play) -> None:
    for told in play.told:
        if told.deleted:
            assert [table for word in told.words for table in await tables_holding(conn, word)] == []
            assert int(told.id) not in _fragments
            for member in play.members:
                assert (await member.get(f"/api/v1/statuses/{told.id}")).status_code == 404


class Facts(msgspec.Struct, frozen=True):
    """The plain rows, to judge by without any of the code that is judged."""

    statuses: dict[int, Any]
    relations: dict[int, Any]

    def parts(self, status: Any) -> list[Any]:
        """A post; of a boost also what it boosts, None when that is gone."""
        boosted = status["reblog_of_id"]
        return [status] if boosted is None else [status, self.statuses.get(boosted)]


async def facts_for(conn: Connection, member: Member) -> Facts:
    statuses = await conn.fetch_rows(
        "select id, account_id, visibility, mention_ids, reblog_of_id, in_reply_to_id from statuses"
    )
    relations = await conn.fetch_rows(
        """
        select other_id, follow_id is not null follows, blocked_by_id is not null blocked_by,
            block_id is not null or mute_id is not null unwanted from relationships where account_id = $1
        """,
        member.id,
    )
    return Facts({row["id"]: row for row in statuses}, {row["other_id"]: row for row in relations})


async def check_nothing_foreign(conn: Connection, member: Member) -> None:
    facts = await facts_for(conn, member)
    shown = [int(each) for each in await member.list_ids("/api/v1/timelines/home", limit=40)]
    assert [each for each in shown if not belongs(facts, member, each)] == []


async def check_sight(conn: Connection, member: Member) -> None:
    """From the first moment on, before any job has run: who may see what, alone and at home."""
    facts = await facts_for(conn, member)
    due = {
        status_id
        for status_id, status in facts.statuses.items()
        if all(part is not None and may_see(facts, member, part) for part in facts.parts(status))
    }
    asked, seen = sorted(facts.statuses), set()
    for start in range(0, len(asked), 20):
        seen |= set(await member.list_ids("/api/v1/statuses", **{"id[]": asked[start : start + 20]}))
    assert seen == {str(each) for each in due}
    await check_nothing_foreign(conn, member)


async def check_home(conn: Connection, member: Member) -> None:
    """Once all jobs are done, a home has all that belongs there."""
    facts = await facts_for(conn, member)
    shown = [int(each) for each in await member.list_ids("/api/v1/timelines/home", limit=40)]
    # A post stands once on a page, as itself or as a boost of it.
    posts = [facts.statuses[each]["reblog_of_id"] or each for each in shown]
    assert len(posts) == len(set(posts))
    plain = [row for row in facts.statuses.values() if row["reblog_of_id"] is row["in_reply_to_id"] is None]
    due = {row["id"] for row in plain if row["visibility"] != DIRECT and belongs(facts, member, row["id"])}
    assert due - set(posts) == set()


def belongs(facts: Facts, member: Member, status_id: int) -> bool:
    """Whether a member's home may show it: their own, and what those they follow let them see."""
    status = facts.statuses[status_id]
    relation = facts.relations.get(status["account_id"])
    if status["account_id"] != member.id and not (relation and relation["follows"]):
        return False
    parts = (
        [status] if status["reblog_of_id"] is None else [status, facts.statuses.get(status["reblog_of_id"])]
    )
    return all(part is not None and may_see(facts, member, part) and wanted(facts, part) for part in parts)


def wanted(facts: Facts, status: Any) -> bool:
    relation = facts.relations.get(status["account_id"])
    return relation is None or not relation["unwanted"]


def may_see(facts: Facts, member: Member, status: Any) -> bool:
    if status["account_id"] == member.id:
        return True
    relation = facts.relations.get(status["account_id"])
    if relation and relation["blocked_by"]:
        return False
    if status["visibility"] in {PUBLIC, UNLISTED} or member.id in status["mention_ids"]:
        return True
    return status["visibility"] == PRIVATE and relation is not None and bool(relation["follows"])
