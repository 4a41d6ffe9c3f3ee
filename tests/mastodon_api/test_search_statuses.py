"""Searching posts through HTTP: what is asked, in which language, and by whom it may be found."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from parley.discovery import index_accounts, index_queries, index_statuses
from parley.discovery.decisions import decide
from parley.discovery.index_jobs import index_what_stood_before
from parley.discovery.models import Decided
from parley.discovery.tags import note_spellings, tag_id_of
from parley.kit.clock import shifted
from parley.kit.db import Connection
from parley.kit.ids import StatusId
from parley.kit.services import Services
from parley.mastodon_api.entities.search import Search
from tests.database import CountingConnection, counted
from tests.mastodon_api.answers import refusal, strictly
from tests.world import Cast, Member, make_cast, ok, settle

SEARCH = "/api/v2/search"


@pytest.fixture
async def cast(conn: CountingConnection, client: httpx.AsyncClient) -> Cast:
    return await make_cast(conn, client)


async def found(member: Member, q: str, **more: Any) -> list[str]:
    answer = await member.get(SEARCH, q=q, type="statuses", limit="40", **more)
    return [each.id for each in strictly(answer, Search).statuses]


async def opt_in(member: Member, wanted: bool = True) -> None:
    path = "/api/v1/accounts/update_credentials"
    ok(await member.client.patch(path, json={"indexable": wanted}, headers=member.headers))


# What is asked: of these posts, by bob, each by its letter.
POSTS: dict[str, dict[str, Any]] = {
    "a": {"status": "The quick river runs under old bridges", "language": "en"},
    "b": {"status": "A river, quick as ever", "language": "en", "sensitive": True},
    "c": {"status": "Der Fluß fließt – schön ist die Brücke https://example.org/fluss", "language": "de"},
    "d": {
        "status": "What to drink? #Breakfast",
        "poll": {"options": ["green tea", "kaffee"], "expires_in": 3600},
    },
    "e": {"status": "@alice a riverboat for you", "language": "en-GB"},
    "f": {"status": "Stones", "spoiler_text": "About a river"},
}
TODAY = f"{datetime.now(UTC):%Y-%m-%d}"
QUESTIONS = {
    "river": "abef",
    "RIVER ": "abf",
    "rive": "abef",
    "rive ": "",
    "river quick": "ab",
    '"quick river"': "a",
    "“quick river”": "a",
    '"river quick"': "b",
    "river -quick": "f",
    "river -bridges": "bf",
    'river -"quick river"': "bf",
    "fluss": "c",
    "flu": "c",
    "schon": "c",
    "Brücke": "c",
    "brucke": "c",
    "tea": "d",
    "kaffee drink": "d",
    "stones river": "f",
    '"stones about"': "",
    "#breakfast": "d",
    "#BREAKFAST tea": "d",
    "-#breakfast from:bob": "abcef",
    "#break": "",
    "from:bob": "abcdef",
    "from:@bob@parley.test river": "abef",
    "from:nobody river": "",
    "from:me river": "",
    "river -from:bob": "",
    "river -from:carol": "abf",
    "has:poll": "d",
    "has:poll tea": "d",
    "has:link": "c",
    "from:bob -has:poll": "abcef",
    "has:media": "",
    "has:nothing": "",
    "is:sensitive": "bf",
    "is:sensitive river": "bf",
    "is:reply": "",
    "from:bob -is:sensitive": "acde",
    "language:de": "c",
    "language:en river": "abe",
    "language:en-GB": "e",
    "language:en language:de": "abce",
    "river -language:en": "f",
    "language": "",
    "language:!": "",
    "@alice": "e",
    "@me": "e",
    "rive -@me": "",
    "@alice rive": "e",
    "@nobody_here": "",
    "in:public river": "abef",
    "in:library": "e",
    "in:library river": "e",
    "-in:library rive": "abef",
    f"during:{TODAY} river": "abef",
    f"-during:{TODAY} river": "",
    f"before:{TODAY} river": "",
    f"-before:{TODAY} river": "abef",
    f"after:{TODAY}": "",
    f"-after:{TODAY} quick": "ab",
    "after:2024-01-01 quick": "ab",
    "after:2024-13-01 quick": "",
    "before:1969-01-01 quick": "",
    "unknown:river": "",
    "-river": "",
    "-": "",
    "' \\ \" & | ! ( ) <-> :*": "",
    "it's": "",
}  # fmt: skip


async def test_what_is_asked_and_what_is_found(cast: Cast, services: Services) -> None:
    await opt_in(cast.bob)
    ids = {letter: (await cast.bob.says(**post))["id"] for letter, post in POSTS.items()}
    await settle(services)
    letters = {post_id: letter for letter, post_id in ids.items()}
    wrong = {}
    for question, expected in QUESTIONS.items():
        newest_first = "".join(letters[each] for each in await found(cast.alice, question))
        if newest_first != expected[::-1]:
            wrong[question] = f"{newest_first[::-1]}, not {expected}"
    assert wrong == {}
    assert await found(cast.alice, "river", account_id=cast.bob.wire_id) == [ids[each] for each in "feba"]
    assert await found(cast.alice, "river", account_id=cast.carol.wire_id) == []
    assert await found(cast.alice, "river", max_id=ids["e"]) == [ids["b"], ids["a"]]
    assert await found(cast.alice, "river", min_id=ids["b"]) == [ids["f"], ids["e"]]
    assert await found(cast.alice, "river", offset="1") == [ids[each] for each in "eba"]
    assert await found(cast.alice, "river", offset="300") == []
    assert await found(cast.alice, "river", offset="1", max_id=ids["e"]) == [ids["a"]]


SCRIPTS = {
    "東京都に住んでいます。天気がいい": ("東京", "京都", "住んで", "天", "いい", "東京都"),
    "我们在北京大学学习中文": ("北京", "大学", "北京大学", "习中", "中"),
    "학교에서 한국어를 공부합니다": ("학교", "한국어", "공부", "교에서"),
    "ภาษาไทยง่ายนิดเดียว": ("ภาษา", "ไทย", "ง่าย", "เดียว"),
    "ພາສາລາວບໍ່ຍາກ": ("ພາສາ", "ລາວ"),
    "ភាសាខ្មែរពិរោះ": ("ភាសា", "ខ្មែរ"),
    "မြန်မာဘာသာစကား": ("မြန်မာ", "ဘာသာ"),
    "हिन्दी में लिखो": ("हिन्दी", "लिख"),
    "اَلسَّلَامُ عليكم يا صديقي": ("السلام", "عليكم", "صديقى"),
    "שָׁלוֹם לכולם": ("שלום", "לכולם"),
    "Ήταν ένας Άνθρωπος": ("ηταν", "ανθρωποσ", "άνθρωπος"),
    "Ёлки зелёные, мой друг": ("елки", "зеленые", "МОЙ"),
    "ＦＵＬＬ width ﾊﾝｶｸ": ("full", "ハンカク"),
    "İSTANBUL'da yağmur": ("istanbul", "yagmur"),
    "Đường phố Hà Nội": ("duong", "Hà Nội", "ha noi"),
}


async def test_scripts_and_accents(cast: Cast, services: Services) -> None:
    await opt_in(cast.bob)
    ids = {text: (await cast.bob.says(text))["id"] for text in SCRIPTS}
    await settle(services)
    wrong = [
        (text, question)
        for text, questions in SCRIPTS.items()
        for question in questions
        if ids[text] not in await found(cast.alice, question)
    ]
    assert wrong == []
    assert await found(cast.alice, "大北") == []
    assert await found(cast.alice, "京東") == []
    assert await found(cast.alice, "мои") == []


# Who may find it -------------------------------------------------------------------------------------------


async def test_an_attacker_finds_nothing(cast: Cast, services: Services) -> None:
    """Carol follows nobody and is followed by nobody; words of hers alone tell each case."""
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    await opt_in(bob)
    await alice.says("zebra in the open, but not for search")
    for visibility in ("unlisted", "private", "direct"):
        await bob.says(f"@alice zebra {visibility}", visibility=visibility)
    deleted = await bob.says("zebra deleted")
    edited = await bob.says("zebra edited")
    seen = await bob.says("zebra seen")
    await settle(services)
    ok(await bob.delete(f"/api/v1/statuses/{deleted['id']}"))
    assert await found(carol, "zebra") == [seen["id"], edited["id"]]
    ok(await bob.put(f"/api/v1/statuses/{edited['id']}", {"status": "horse"}))
    await settle(services)
    for question in (
        "zebra",
        "zebra in:all",
        "zebra in:public",
        "from:bob zebra",
        "@alice zebra",
        "zeb",
        "-x zebra",
    ):
        assert await found(carol, question) in ([], [seen["id"]]), question
    assert await found(carol, "zebra") == [seen["id"]]
    assert await found(carol, "from:alice") == []
    assert await found(carol, "in:library zebra") == []
    assert await found(carol, "horse") == [edited["id"]]
    ok(await bob.post(f"/api/v1/accounts/{carol.id}/block"))
    assert await found(carol, "zebra") == []
    assert await found(carol, "from:bob") == []
    visitor = await carol.client.get(SEARCH, params={"q": "zebra"})
    assert strictly(visitor, Search).statuses == ()


async def test_a_post_too_long_to_be_read_is_found_by_its_facts(
    conn: Connection, cast: Cast, services: Services
) -> None:
    await opt_in(cast.bob)
    link = "https://x.test/?" + "&a" * 1000
    post = (await cast.bob.says(" ".join([link] * 20)))["id"]
    await settle(services)
    assert await conn.fetch_value("select count(*) from jobs where last_error is not null") == 0
    assert await found(cast.alice, "from:bob") == [post]


async def test_opting_out_and_in_again(conn: Connection, cast: Cast, services: Services) -> None:
    bob, carol = cast.bob, cast.carol
    await opt_in(bob)
    post = (await bob.says("zebra #stripes"))["id"]
    await settle(services)
    assert await found(carol, "zebra") == [post]
    await opt_in(bob, wanted=False)
    # At once, before any job has run.
    assert await found(carol, "zebra") == []
    await settle(services)
    assert await conn.fetch_value("select count(*) from search_words") == 0
    assert await found(bob, "zebra") == [post]
    await opt_in(bob)
    await settle(services)
    assert await found(carol, "zebra") == [post]
    ok(await bob.delete(f"/api/v1/statuses/{post}"))
    assert await found(carol, "zebra") == []
    await settle(services)
    for table in ("search_words", "search_documents", "library_entries"):
        assert await conn.fetch_value(f"select count(*) from {table}") == 0, table


async def test_ones_own_library(cast: Cast, services: Services) -> None:
    """Nobody here has opted in: own posts, those that mention, and those one liked, boosted, bookmarked or voted in."""
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    kinds = ("favourite", "reblog", "bookmark")
    marked = {act: (await bob.says(f"zebra to {act}"))["id"] for act in kinds}
    asked = await bob.says("zebra?", poll={"options": ["yes", "no"], "expires_in": 3600})
    told = (await bob.says("@alice zebra", visibility="private"))["id"]
    own = (await alice.says("my zebra", visibility="private"))["id"]
    await alice.says("@bob my secret zebra", visibility="direct")
    await bob.says("zebra of nobody")
    for act, post in marked.items():
        ok(await alice.post(f"/api/v1/statuses/{post}/{act}"))
    ok(await alice.post(f"/api/v1/polls/{asked['poll']['id']}/votes", {"choices": [0]}))
    await settle(services)
    everything = [own, told, asked["id"], *reversed(marked.values())]
    for question in ("zebra", "in:library zebra", "in:library"):
        assert await found(alice, question) == everything, question
    assert await found(alice, "in:public zebra") == []
    assert await found(alice, "from:me zebra") == [own]
    assert await found(carol, "zebra") == []
    ok(await alice.post(f"/api/v1/statuses/{marked['bookmark']}/unbookmark"))
    ok(await alice.post(f"/api/v1/accounts/{bob.id}/mute"))
    assert await found(alice, "zebra") == [own, marked["reblog"], marked["favourite"]]


async def test_hashtags_by_how_they_begin(conn: CountingConnection, cast: Cast, services: Services) -> None:
    alice, bob = cast.alice, cast.bob
    await bob.says("#Café is open, #cafeteria and #cafézinho are not")
    await bob.says("#caffeine", visibility="unlisted")
    await settle(services)
    with shifted(timedelta(hours=1)):
        await bob.says("#CAFÉTERIA, #cafeteria")
        await settle(services)
    ok(await alice.post("/api/v1/tags/cafézinho/follow"))
    await settle(services)

    async def tags(q: str, **more: Any) -> list[str]:
        answer = await alice.get(SEARCH, q=q, type="hashtags", **more)
        return [each.name for each in strictly(answer, Search).hashtags]

    assert await tags("cafe") == ["Café", "cafeteria", "CAFÉTERIA", "cafézinho"]
    assert await tags("#CAFÉ") == await tags("cafe")
    assert await tags("cafe", limit="1") == ["Café"]
    assert await tags("cafe", limit="1", offset="3") == ["cafézinho"]
    assert await tags("cafe", exclude_unreviewed="true") == []
    await decide(conn, Decided.TAG, tag_id_of("café"), allowed=True)
    assert await tags("cafe", exclude_unreviewed="true") == ["Café"]
    for nothing in ("caff", "teria", "#", "", "cafe x", "%"):
        assert await tags(nothing) == [], nothing
    both = strictly(await alice.get(SEARCH, q="cafez"), Search)
    (tag,) = both.hashtags
    assert tag.following is True
    assert tag.history[0].uses == "1"
    assert (
        strictly(await alice.client.get(SEARCH, params={"q": "cafez"}), Search).hashtags[0].following is UNSET
    )


async def test_what_stood_before_the_index_comes_in(
    conn: Connection, cast: Cast, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_statuses, "STATUSES_PER_STEP", 2)
    monkeypatch.setattr(index_accounts, "ACCOUNTS_PER_STEP", 2)
    await opt_in(cast.bob)
    posts = [(await cast.bob.says(f"zebra {number} #stripes"))["id"] for number in range(5)]
    await settle(services)
    for table in ("search_documents", "search_words", "account_words", "tag_names"):
        await conn.execute(f"delete from {table}")
    # Left by a post that was deleted when hashtags still stayed.
    await note_spellings(conn, {"strictly": "Strictly"})
    await index_queries.note_tags(conn, [("strictly", "strictly", StatusId(int(posts[0])))])
    assert await found(cast.alice, "zebra") == []
    for _ in range(2):
        await index_what_stood_before(conn, services)
        await settle(services)
        assert await found(cast.alice, "zebra") == posts[::-1]
    assert await conn.fetch_value("select count(*) from search_progress where done") == 3
    everything = strictly(await cast.alice.get(SEARCH, q="stri"), Search)
    assert [each.name for each in everything.hashtags] == ["stripes"]
    assert await conn.fetch_column("select name from tags") == ["stripes"]
    assert [each.acct for each in strictly(await cast.alice.get(SEARCH, q="caro"), Search).accounts] == [
        "carol"
    ]


# Whatever is typed -----------------------------------------------------------------------------------------


async def test_what_a_search_costs_is_bounded(
    conn: CountingConnection, cast: Cast, services: Services
) -> None:
    await opt_in(cast.bob)
    for number in range(60):
        await cast.bob.says(f"common words number{number} {'@alice' if number % 3 else ''}")
    await settle(services)
    for question, most in (
        ("common", 20),
        ("common number7", 20),
        ("comm", 22),
        ("x -common", 25),
        ("from:bob", 18),
    ):
        with counted(conn) as cost:
            await found(cast.alice, question)
        assert cost.statements <= most, (question, cost.statements)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    q=st.lists(
        st.one_of(
            st.text(max_size=20),
            st.text(alphabet="\\'\"&|!()<>:*-#@ -́東ก\x00", max_size=20),
            st.sampled_from(
                ["from:", "-in:library", "before:2024-02-30", "during:9999-12-31", "has:", "#", "@me", '"']
            ),
        ),
        max_size=12,
    ).map(" ".join)
)
async def test_whatever_is_typed(conn: CountingConnection, cast: Cast, q: str) -> None:
    for headers in (cast.alice.headers, {}):
        with counted(conn) as cost:
            answer = await cast.alice.client.get(SEARCH, params={"q": q}, headers=headers)
        assert answer.status_code in {200, 400, 422}, answer.text
        assert cost.statements <= 40


async def test_what_asks_for_a_token(cast: Cast, client: httpx.AsyncClient) -> None:
    for more in ({"resolve": "true"}, {"offset": "1"}):
        assert refusal(await client.get(SEARCH, params={"q": "x", "type": "statuses", **more}))[0] == 401
