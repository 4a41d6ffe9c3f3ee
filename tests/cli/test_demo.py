"""`parley demo`: its texts, its plan, and a small world lived through for real, with nothing of it out of joint."""

import itertools
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from parley.cli.demo import run_demo
from parley.cli.demo_world import deeds
from parley.cli.demo_world.bots import bot_posts, moon_sentence
from parley.cli.demo_world.chance import Chance
from parley.cli.demo_world.faces import draw_face
from parley.cli.demo_world.plan import plan_world
from parley.cli.demo_world.scenes import HEADERS, SCENES, draw_scene
from parley.cli.demo_world.script import GUIDE, Line, Picture, World, parse_scenes, read_world
from parley.identity.login import check_password
from parley.kit import clock
from parley.kit.config import load_settings
from parley.kit.db import Database
from parley.kit.errors import OperatorError
from parley.kit.ids import moment_of
from parley.kit.storage import make_store
from parley.publishing.models import Visibility
from parley.publishing.text import count_length, find_hashtags, find_mentions
from tests.cli.operator import Operator
from tests.invariants import broken_invariants

FEW = {
    GUIDE,
    "hollis",
    "lupe",
    "oskar_bakes",
    "frau_k",
    "jonas",
    "nell",
    "fenwick",
    "quiet_fox",
    "saoirse",
    "harbour_weather",
}


@pytest.fixture(scope="module")
def world() -> World:
    return read_world()


# Texts


def test_the_texts_fit_together(world: World):
    names = {person.username for person in world.people}
    assert len(world.people) == len(names) == 60
    assert sum(person.bot for person in world.people) == 5
    assert [person.username for person in world.people if person.locked] == ["quiet_fox"]
    lines = [line for scene in world.scenes for line in scene]
    assert {line.author for line in lines} <= names
    called = {name for line in lines for name, _ in find_mentions(line.text, "demo.test")}
    assert called <= names
    for line in lines:
        assert count_length(line.text, line.warning) <= 960, line.text
        assert line.first_text != line.text
    assert max(count_length(line.text) for line in lines) > 900
    assert len({line.text for line in lines}) == len(lines)
    pictures = [picture for line in lines for picture in line.pictures]
    assert {each.scene for each in pictures} == SCENES.keys() - {"board"} | {"film", "tune"}
    assert len({each.description for each in pictures}) == len(pictures) > 40
    assert max(len(each.description) for each in pictures) < 400
    assert {len(line.pictures) for line in lines} == {0, 1, 2, 3, 4}


def test_the_texts_are_of_many_kinds(world: World):
    lines = [line for scene in world.scenes for line in scene]
    languages = Counter(line.language for line in lines)
    assert languages.keys() >= {"en", "de", "es", "fr", "ja", "ar", "hi", "th", "he", "ko", "zh"}
    tags = Counter(tag.lower() for line in lines for tag in find_hashtags(line.text))
    assert len(tags) >= 40
    assert tags.most_common()[0][1] >= 10
    assert {line.visibility for line in lines} == set(Visibility)
    for kind in (
        [line for line in lines if line.ballot],
        [line for line in lines if line.warning],
        [line for line in lines if line.first_text],
        [line for line in lines if line.pinned],
        [line for line in lines if "https://" in line.text],
        [line for line in lines if count_length(line.text) > 700],
    ):
        assert len(kind) >= 3


@pytest.mark.parametrize(
    "text",
    [
        "> bob\nAn answer to nobody",
        "= bob\nHello\n>> eve\nToo deep",
        "= bob\n",
        "= bob loud\nHello",
        "Hello\n= bob",
        '= bob was="Helo"\nHello\n[hills] An edit would lose it.',
        "= bob\n[hills] A picture and no words.",
    ],
)
def test_what_is_written_wrong_is_named(text: str):
    with pytest.raises(ValueError, match=r"bob|eve|Hello"):
        parse_scenes(text, "en")


def test_a_line_with_everything():
    header = (
        '= bob lang=de cw="A warning" to=followers poll="Yes | No" hours=3 several pin at=7 likes=2 was="Old"'
    )
    shown = "[hills] Hills, and a sun.\n[night tall] Stars."
    (line,) = parse_scenes(f"{header}\nOne.\n\nTwo. #tag\n", "en")[0]
    (pictured,) = parse_scenes(f"= bob\nOne.\n{shown}\n", "en")[0]
    assert pictured.text == "One."
    assert pictured.pictures == (Picture("hills", "Hills, and a sun."), Picture("night", "Stars.", tall=True))
    assert (line.author, line.language, line.warning, line.hour) == ("bob", "de", "A warning", 7)
    assert (line.text, line.first_text, line.pinned) == ("One.\n\nTwo. #tag", "Old", True)
    assert line.visibility == Visibility.PRIVATE
    assert line.ballot is not None
    assert (line.ballot.options, line.ballot.hours, line.ballot.several) == (["Yes", "No"], 3, True)


# Chance and bots


def test_chance_repeats_itself_and_keeps_to_its_weights():
    assert [Chance("a", 1).unit() for _ in range(3)] == [Chance("a", 1).unit()] * 3
    assert Chance("a").unit() != Chance("b").unit()
    chance = Chance("weights")
    drawn = Counter(chance.weighted("ab", [3, 1]) for _ in range(2000))
    assert 1400 < drawn["a"] < 1600
    assert chance.several("abc", [1, 0, 1], 3) in (["a", "c"], ["c", "a"])
    assert sorted(chance.spread(10, 0.5) for _ in range(1000))[500] == pytest.approx(10, rel=0.1)


def test_the_moon_is_right():
    for moment, said in (
        (datetime(2024, 4, 8, 19, tzinfo=UTC), "New moon"),
        (datetime(2024, 10, 17, 12, tzinfo=UTC), "Full"),
        (datetime(2024, 1, 18, 4, tzinfo=UTC), "growing"),
        (datetime(2024, 2, 2, 23, tzinfo=UTC), "shrinking"),
    ):
        assert said in moon_sentence(moment)


def test_bots_keep_to_the_time_they_are_given():
    start = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    posts = bot_posts(start, start + timedelta(days=10))
    assert all(start <= moment <= start + timedelta(days=10) for moment, _ in posts)
    assert 60 < len(posts) < 120
    assert len({line.author for _, line in posts}) == 5


# The plan


@pytest.mark.parametrize("hour", [3, 16])
def test_the_plan_is_a_possible_world(world: World, hour: int):
    now = datetime(2026, 3, 11, hour, 20, tzinfo=UTC)
    plan = plan_world(world, now)
    assert all(one.moment <= other.moment <= now for one, other in itertools.pairwise(plan))
    there: set[str] = set()
    said: dict[int, tuple[datetime, Line]] = {}
    done: set[Any] = set()
    for moment, deed in ((timed.moment, timed.deed) for timed in plan):
        if isinstance(deed, deeds.Join):
            there.add(deed.person.username)
        elif isinstance(deed, deeds.Follow | deeds.Admit):
            assert {deed.who, deed.whom} <= there
        elif isinstance(deed, deeds.Say):
            assert deed.line.author in there
            assert deed.answers is None or deed.answers in said
            said[deed.number] = (moment, deed.line)
        elif isinstance(deed, deeds.Boost | deeds.Like | deeds.Keep | deeds.Vote):
            assert deed.who in there
            assert (type(deed), deed.who, deed.number) not in done
            done.add((type(deed), deed.who, deed.number))
            posted, line = said[deed.number]
            if isinstance(deed, deeds.Boost):
                assert line.visibility in (Visibility.PUBLIC, Visibility.UNLISTED)
            if isinstance(deed, deeds.Vote):
                assert line.ballot is not None
                assert moment < posted + timedelta(hours=line.ballot.hours)
                assert deed.who != line.author
    assert 600 <= len(said) <= 900
    assert now - max(moment for moment, _ in said.values()) < timedelta(hours=2)
    assert now - min(moment for moment, _ in said.values()) < timedelta(days=11)


def test_few_are_followed_by_nearly_all_and_most_by_some(world: World):
    plan = plan_world(world, datetime(2026, 3, 11, 12, tzinfo=UTC))
    followers = Counter(timed.deed.whom for timed in plan if isinstance(timed.deed, deeds.Follow))
    ranked = [count for _, count in followers.most_common()]
    assert ranked[0] >= 45
    assert ranked[len(ranked) // 2] < ranked[0] / 2.5
    assert ranked[-1] < ranked[0] / 6


def test_the_plan_is_the_same_each_time(world: World):
    now = datetime(2026, 3, 11, 12, tzinfo=UTC)
    assert plan_world(world, now) == plan_world(read_world(), now)


# Drawn


def test_everybody_has_a_face_of_their_own_and_keeps_it(world: World):
    few = [person for person in world.people if person.username in FEW]
    faces = {draw_face(person).tobytes() for person in few}
    assert len(faces) == len(few)
    assert draw_face(few[0]).tobytes() in faces
    assert {topic for person in world.people for topic in person.topics} <= HEADERS.keys()


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_a_scene_is_another_picture_for_other_words(scene: str):
    size = 150, 50
    one, again, other = (draw_scene(scene, words, size) for words in ("one", "one", "other"))
    assert one.size == size
    assert one.tobytes() == again.tobytes() != other.tobytes()


# Lived through


def few_of(world: World) -> World:
    """The people of a few conversations, so that the test is short."""
    return msgspec.structs.replace(
        world,
        people=[person for person in world.people if person.username in FEW],
        scenes=[scene for scene in world.scenes if {line.author for line in scene} <= FEW],
    )


def with_recordings(world: World) -> World:
    scenes = parse_scenes("= hollis\nSeen.\n[film] The sea.\n\n= lupe\nHeard.\n[tune] A tune.", "en")
    return msgspec.structs.replace(world, scenes=[*world.scenes, *scenes])


def test_a_picture_that_is_refused_ends_it_before_anything_is_written(
    operator: Operator, world: World, capsys: pytest.CaptureFixture[str]
):
    settings = msgspec.structs.replace(load_settings(), picture_size_bytes_max=60_000)
    with pytest.raises(OperatorError, match=r"larger than 0 MB.*nothing was written"):
        run_demo(settings, few_of(world), pictures=4)

    async def look(database: Database) -> None:
        async with database.reading() as conn:
            assert await conn.fetch_value("select count(*) from accounts") == 0
        assert [each async for each in make_store(settings).all_files()] == []

    operator.looks(look)


def test_a_small_world_is_alive_and_in_order(
    operator: Operator, world: World, capsys: pytest.CaptureFixture[str]
):
    # The hour decides which polls are over. Yesterday's: folders of work in use would look forgotten from later.
    noon = clock.today_start() - timedelta(hours=12)
    with clock.shifted(noon - clock.now()):
        run_demo(load_settings(), with_recordings(few_of(world)), pictures=5)
    printed = capsys.readouterr().out
    password = printed.partition("password  ")[2].partition("\n")[0]
    posts = int(re.findall(rf"{len(FEW)} people, (\d+) posts", printed)[0])

    async def look(database: Database) -> None:
        async with database.reading() as conn:
            assert await broken_invariants(conn) == []
            assert await conn.fetch_value("select count(*) from accounts") == len(FEW)
            rows = await conn.fetch_rows(
                "select id, created_at from statuses where reblog_of_id is null order by id"
            )
            assert len(rows) == posts
            assert all(abs(moment_of(each) - at) < timedelta(seconds=1) for each, at in rows)
            assert noon - timedelta(days=11) < rows[0][1] < noon - timedelta(days=9)
            assert len({at.date() for _, at in rows}) >= 10
            told = await conn.fetch_rows("select id, type from notifications")
            assert {kind for _, kind in told} >= {
                "follow",
                "mention",
                "favourite",
                "reblog",
                "poll",
                "status",
            }
            # Each when it happened, not when the demo was made.
            assert sum(moment_of(each) > noon - timedelta(minutes=1) for each, _ in told) < 3
            # Who followed before the first post finds in their home all that is said to everybody.
            assert await conn.fetch_column(HOME_LACKS) == []
            closed, over = await conn.fetch_one(tuple_of, POLLS, noon) or (0, 0)
            assert closed == over > 0
            kinds = await conn.fetch_rows("select purpose, kind, count(*) from media_files group by 1, 2")
            assert {(purpose, kind): count for purpose, kind, count in kinds} == {
                ("attachment", "film"): 1,
                ("attachment", "sound"): 1,
                ("avatar", "picture"): 1,
                ("attachment", "picture"): 1,
                ("header", "picture"): 1,
            }
            assert await conn.fetch_value("select count(*) from media_files where status_id is null") == 2
        assert (await check_password(database, GUIDE, password)).account_id

    operator.looks(look)
    assert operator.types("media", "check") == "7 files are as they should be.\n"
    complaint = operator.fails("demo")
    assert "there are members on this server" in complaint


def tuple_of(*values: Any) -> tuple[Any, ...]:
    return values


POLLS = """
    select count(*) filter (where closed_at is not null), count(*) filter (where expires_at <= $1) from polls
"""
HOME_LACKS = """
    select status.id from statuses status
    join relationships author on author.account_id = status.account_id
    where status.visibility = 0 and status.reblog_of_id is null and status.in_reply_to_id is null
    and author.followed_by_id < status.id and not exists (
        select from home_entries entry where entry.owner_id = author.other_id and entry.status_id = status.id)
"""
