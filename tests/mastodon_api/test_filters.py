"""Filters through HTTP: making them, both versions of them, and what they tell of statuses in every list."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from parley.kit import clock
from parley.mastodon_api.entities.filter import Filter, FilterKeyword, FilterStatus, V1Filter
from parley.mastodon_api.entities.status import Status
from tests.mastodon_api.answers import strictly
from tests.world import Member, make_cast, ok, refused, settle

ALL, OLD = "/api/v2/filters", "/api/v1/filters"


@pytest.fixture
async def cast(conn, client):
    return await make_cast(conn, client)


async def make(member: Member, title: str, *keywords: Any, **more: Any) -> dict[str, Any]:
    """Keywords are words, taken as whole words, or dicts."""
    attributes = [
        {"keyword": each, "whole_word": True} if isinstance(each, str) else each for each in keywords
    ]
    body = {"title": title, "context": ["home"], "keywords_attributes": attributes, **more}
    made: dict[str, Any] = ok(await member.post(ALL, body))
    return made


def matches(status: dict[str, Any]) -> list[tuple[str, str, list[str] | None, list[str] | None]]:
    msgspec.convert(status, Status)
    return [
        (
            each["filter"]["title"],
            each["filter"]["filter_action"],
            each["keyword_matches"],
            each["status_matches"],
        )
        for each in status["filtered"]
    ]


async def make_sport(member: Member) -> Filter:
    return strictly(
        await member.post(
            ALL,
            {
                "title": "Sport",
                "context": ["thread", "home", "home"],
                "filter_action": "hide",
                "expires_in": 3600,
                "keywords_attributes": [{"keyword": "goal", "whole_word": False}, {"keyword": " cup "}],
            },
        ),
        Filter,
    )


async def test_filters_come_change_and_go(cast):
    alice, bob = cast.alice, cast.bob
    made = await make_sport(alice)
    assert (made.title, made.context, made.filter_action) == ("Sport", ("home", "thread"), "hide")
    assert [(each.keyword, each.whole_word) for each in made.keywords] == [("goal", False), ("cup", True)]
    assert made.expires_at is not None
    assert strictly(await alice.get(ALL), list[Filter]) == [made]
    goal, cup = made.keywords

    edited = strictly(
        await alice.put(
            f"{ALL}/{made.id}",
            {
                "filter_action": "blur",
                "expires_in": "",
                "keywords_attributes": [
                    {"id": goal.id, "keyword": "goals"},
                    {"id": cup.id, "_destroy": True},
                    {"keyword": "match", "whole_word": True},
                ],
            },
        ),
        Filter,
    )
    assert (edited.title, edited.context, edited.filter_action) == ("Sport", ("home", "thread"), "blur")
    assert edited.expires_at is None
    assert [(each.keyword, each.whole_word) for each in edited.keywords] == [
        ("goals", False),
        ("match", True),
    ]

    one = f"{ALL}/{made.id}"
    added = strictly(
        await alice.post(f"{one}/keywords", {"keyword": "race", "whole_word": "0"}), FilterKeyword
    )
    changed = strictly(await alice.put(f"{ALL}/keywords/{added.id}", {"keyword": "races"}), FilterKeyword)
    assert (changed.keyword, changed.whole_word) == ("races", False)
    assert strictly(await alice.get(f"{ALL}/keywords/{added.id}"), FilterKeyword) == changed
    assert ok(await alice.delete(f"{ALL}/keywords/{goal.id}")) == {}
    assert [each.keyword for each in strictly(await alice.get(f"{one}/keywords"), list[FilterKeyword])] == [
        "match",
        "races",
    ]

    said = await bob.says("no sport at all")
    entry = strictly(await alice.post(f"{one}/statuses", {"status_id": said["id"]}), FilterStatus)
    assert strictly(await alice.get(f"{one}/statuses"), list[FilterStatus]) == [entry]
    assert strictly(await alice.get(f"{ALL}/statuses/{entry.id}"), FilterStatus) == entry
    refused(await alice.post(f"{one}/statuses", {"status_id": said["id"]}), 422)
    assert strictly(await alice.delete(f"{ALL}/statuses/{entry.id}"), FilterStatus) == entry
    refused(await alice.get(f"{ALL}/statuses/{entry.id}"), 404)
    hidden = await bob.says("not for alice", visibility="private")
    refused(await alice.post(f"{one}/statuses", {"status_id": hidden["id"]}), 404)
    refused(await alice.post(f"{one}/statuses", {}), 404)

    for path in (one, f"{one}/keywords", f"{one}/statuses", f"{ALL}/keywords/{added.id}"):
        refused(await bob.get(path), 404)
    refused(await bob.put(one, {"title": "mine"}), 404)
    refused(await bob.put(f"{ALL}/keywords/{added.id}", {"keyword": "mine"}), 404)
    refused(await bob.delete(f"{ALL}/keywords/{added.id}"), 404)
    refused(await bob.delete(one), 404)
    others = await make(bob, "Bob's", "word")
    foreign = {"keywords_attributes": [{"id": others["keywords"][0]["id"], "_destroy": True}]}
    refused(await alice.put(one, foreign), 404)
    assert ok(await alice.delete(one)) == {}
    refused(await alice.get(one), 404)
    refused(await alice.get(f"{ALL}/keywords/{added.id}"), 404)
    assert ok(await alice.get(ALL)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": " "},
        {"title": "x" * 257},
        {"context": []},
        {"context": ["home", "abroad"]},
        {"filter_action": "burn"},
        {"expires_in": -5},
        {"expires_in": "soon"},
        {"expires_in": 9_999_999_999},
        {"keywords_attributes": [{"keyword": " "}]},
        {"keywords_attributes": [{"keyword": "x" * 513}]},
        {"keywords_attributes": [{"whole_word": True}]},
        {"keywords_attributes": [{"keyword": f"word{each}"} for each in range(500)] + [{"keyword": "more"}]},
    ],
)
async def test_what_no_filter_can_be(cast, wrong):
    good = {"title": "Good", "context": ["home"], "filter_action": "warn"}
    refused(await cast.alice.post(ALL, {**good, **wrong}), 422)
    assert ok(await cast.alice.get(ALL)) == []


async def test_there_is_an_end_to_filters_and_keywords(cast, monkeypatch):
    monkeypatch.setattr("parley.graph.filters.FILTERS_MAX", 1)
    monkeypatch.setattr("parley.graph.filters.KEYWORDS_MAX", 1)
    monkeypatch.setattr("parley.graph.filters.STATUSES_MAX", 1)
    made = await make(cast.alice, "First", "word")
    refused(await cast.alice.post(ALL, {"title": "Second", "context": ["home"]}), 422)
    refused(await cast.alice.post(f"{ALL}/{made['id']}/keywords", {"keyword": "more"}), 422)
    first, second = await cast.bob.says("one"), await cast.bob.says("two")
    ok(await cast.alice.post(f"{ALL}/{made['id']}/statuses", {"status_id": first["id"]}))
    refused(await cast.alice.post(f"{ALL}/{made['id']}/statuses", {"status_id": second["id"]}), 422)


async def test_older_applications_have_a_filter_for_each_keyword(cast):
    alice = cast.alice
    made = strictly(
        await alice.post(OLD, {"phrase": "goal", "context": ["home", "public"], "irreversible": True}),
        V1Filter,
    )
    assert (made.phrase, made.context, made.irreversible, made.whole_word) == (
        "goal",
        ("home", "public"),
        True,
        True,
    )
    assert made.expires_at is None
    (whole,) = ok(await alice.get(ALL))
    assert (whole["title"], whole["filter_action"]) == ("goal", "hide")
    assert [each["id"] for each in whole["keywords"]] == [made.id]
    assert strictly(await alice.get(f"{OLD}/{made.id}"), V1Filter) == made
    assert strictly(await alice.get(OLD), list[V1Filter]) == [made]

    edited = strictly(
        await alice.put(
            f"{OLD}/{made.id}",
            {
                "phrase": "goals",
                "context": ["thread"],
                "irreversible": False,
                "whole_word": False,
                "expires_in": 60,
            },
        ),
        V1Filter,
    )
    assert (edited.phrase, edited.context, edited.irreversible, edited.whole_word) == (
        "goals",
        ("thread",),
        False,
        False,
    )
    assert edited.expires_at is not None
    assert ok(await alice.get(ALL))[0]["title"] == "goals"

    more = ok(await alice.post(f"{ALL}/{whole['id']}/keywords", {"keyword": "cup"}))
    refused(await alice.put(f"{OLD}/{made.id}", {"context": ["home"]}), 422)
    kept = strictly(await alice.put(f"{OLD}/{made.id}", {"phrase": "goal!", "context": ["thread"]}), V1Filter)
    assert kept.phrase == "goal!"
    assert [each["phrase"] for each in ok(await alice.get(OLD))] == ["goal!", "cup"]
    assert ok(await alice.delete(f"{OLD}/{made.id}")) == {}
    assert [each["phrase"] for each in ok(await alice.get(OLD))] == ["cup"]
    assert ok(await alice.delete(f"{OLD}/{more['id']}")) == {}
    assert ok(await alice.get(ALL)) == []

    refused(await alice.post(OLD, {"phrase": "", "context": ["home"]}), 422)
    refused(await alice.post(OLD, {"phrase": "x", "context": []}), 422)
    foreign = (await make(cast.bob, "Bob's", "word"))["keywords"][0]["id"]
    for answer in (
        await alice.get(f"{OLD}/{foreign}"),
        await alice.put(f"{OLD}/{foreign}", {"phrase": "x"}),
        await alice.delete(f"{OLD}/{foreign}"),
    ):
        refused(answer, 404)


async def test_every_list_tells_which_filters_a_status_meets(cast, services):
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    await alice.follows(bob)
    await alice.follows(carol)
    await settle(services)
    said = await bob.says("@alice a GOAL in the #cup final")
    plain = await bob.says("nothing of the kind")
    ok(await carol.post(f"/api/v1/statuses/{said['id']}/reblog"))
    await bob.says("what do you think", spoiler_text="About the Goal")
    await bob.says("which?", poll={"options": ["a goal", "a cup"], "expires_in": 999})
    await settle(services)
    ok(await alice.get("/api/v1/timelines/home"))

    await make(alice, "Sport", "goal", {"keyword": "nal", "whole_word": False}, context=["notifications"])
    hide = await make(alice, "Cups", "cup", context=["home", "public"], filter_action="hide")
    ok(await alice.post(f"{ALL}/{hide['id']}/statuses", {"status_id": plain["id"]}))
    await make(alice, "Nothing", "oal", "fina", "oa-l", filter_action="blur")
    both = [("Cups", "hide", ["cup"], None), ("Sport", "warn", ["goal", "nal"], None)]

    home = {each["content"] or each["id"]: each for each in ok(await alice.get("/api/v1/timelines/home"))}
    by_text = {text.split(">")[1].split("<")[0]: matches(each) for text, each in home.items()}
    assert by_text["which?"] == [("Cups", "hide", ["cup"], None), ("Sport", "warn", ["goal"], None)]
    assert by_text["what do you think"] == [("Sport", "warn", ["goal"], None)]
    assert by_text["nothing of the kind"] == [("Cups", "hide", None, [plain["id"]])]
    (boost,) = [each for each in home.values() if each["reblog"]]
    assert matches(boost) == matches(boost["reblog"]) == both

    # The filters for this kind of list come first.
    told = ok(await alice.get("/api/v1/notifications"))[0]["status"]
    assert matches(told) == both[::-1]
    grouped = ok(await alice.get("/api/v2/notifications"))["statuses"]
    assert [matches(each) for each in grouped] == [both[::-1]]
    ancestor = ok(await alice.get(f"/api/v1/statuses/{said['id']}"))
    assert sorted(matches(ancestor)) == both
    answer = await carol.says("well", in_reply_to_id=said["id"])
    context = ok(await alice.get(f"/api/v1/statuses/{answer['id']}/context"))
    assert sorted(matches(context["ancestors"][0])) == both
    for path in (
        "/api/v1/timelines/public",
        "/api/v1/timelines/tag/cup",
        f"/api/v1/accounts/{bob.id}/statuses",
    ):
        found = {each["id"]: each for each in ok(await alice.get(path))}
        assert sorted(matches(found[said["id"]])) == both, path
    assert sorted(matches(ok(await alice.post(f"/api/v1/statuses/{said['id']}/favourite")))) == both

    # Others', and visitors', lists know nothing of it; nor are one's own words filtered.
    assert {str(each["filtered"]) for each in ok(await bob.get("/api/v1/timelines/home"))} == {"[]"}
    anyone = await alice.client.get("/api/v1/timelines/public")
    assert not [each for each in anyone.json() if "filtered" in each]
    assert matches(await alice.says("my own goal")) == []
    ok(await bob.post(f"/api/v1/statuses/{(await alice.says('a second goal'))['id']}/reblog"))
    await settle(services)
    newest = ok(await alice.get("/api/v1/timelines/home", limit="1"))[0]
    assert newest["reblog"] is not None
    assert matches(newest) == []


async def test_a_filter_ends_at_once(cast):
    alice, bob = cast.alice, cast.bob
    said = await bob.says("a goal")
    path = f"/api/v1/statuses/{said['id']}"
    assert matches(ok(await alice.get(path))) == []
    made = await make(alice, "Sport", "goal", expires_in=60)
    assert len(matches(ok(await alice.get(path)))) == 1
    # Not so long that what is kept in memory would be read anew.
    ok(await alice.put(f"{ALL}/{made['id']}", {"expires_in": 5}))
    assert len(matches(ok(await alice.get(path)))) == 1
    with clock.shifted(timedelta(seconds=6)):
        assert matches(ok(await alice.get(path))) == []
        assert ok(await alice.get(ALL))[0]["id"] == made["id"]
    ok(await alice.put(f"{ALL}/{made['id']}", {"title": "Sports", "expires_in": None}))
    assert matches(ok(await alice.get(path))) == [("Sports", "warn", ["goal"], None)]
    ok(await alice.delete(f"{ALL}/{made['id']}"))
    assert matches(ok(await alice.get(path))) == []


@pytest.mark.parametrize(
    ("keyword", "whole_word", "text", "found"),
    [
        ("cat", True, "concatenate", False),
        ("cat", False, "concatenate", True),
        ("cat", True, "A CAT.", True),
        ("cat", True, "cat_", False),
        ("cat", True, "category, cat", True),
        ("STRASSE", True, "die Straße", True),
        ("café", True, "Un CAFE\u0301!", True),
        ("cafe", True, "cafe\u0301", False),
        ("слово", True, "Слово, слова", True),
        ("слов", True, "слова", False),
        ("#cup", True, "at the #cup now", True),
        ("#cup", True, "x#cupboard", False),
        ("c++", True, "I write c++17", True),
        ("猫", True, "白い猫がいる", True),
        ("cat", True, "白い猫catがいる", True),
        ("แมว", True, "ฉันรักแมวมาก", True),
        ("two words", True, "in two words", True),
        ("example.com/a", True, "see https://example.com/a here", True),
        ("<b>", False, "is <b> a tag", True),
        ("&", True, "this & that", True),
        ("strong", True, "<strong>weak</strong>", True),
        ("span", True, "@alice #tag https://example.com/something-rather-long-to-read", False),
    ],
)
async def test_what_stands_in_a_text(cast, keyword, whole_word, text, found):
    await make(cast.alice, "Filter", {"keyword": keyword, "whole_word": whole_word})
    said = await cast.bob.says(text)
    shown = ok(await cast.alice.get(f"/api/v1/statuses/{said['id']}"))
    assert matches(shown) == ([("Filter", "warn", [keyword], None)] if found else [])


async def test_a_quoted_post_is_filtered_by_itself(cast):
    alice, bob, carol = cast.alice, cast.bob, cast.carol
    await make(alice, "Sport", "goal")
    quoted = await bob.says("a goal")
    quoting = await carol.says("look at this", quoted_status_id=quoted["id"])
    shown = ok(await alice.get(f"/api/v1/statuses/{quoting['id']}"))
    assert matches(shown) == []
    assert matches(shown["quote"]["quoted_status"]) == [("Sport", "warn", ["goal"], None)]


async def test_a_member_without_filters_pays_nothing(cast, conn, services):
    from tests.database import counted

    await cast.alice.follows(cast.bob)
    await cast.bob.says("hello")
    await settle(services)
    ok(await cast.alice.get("/api/v1/timelines/home"))
    with counted(conn) as without:
        ok(await cast.alice.get("/api/v1/timelines/home"))
    await make(cast.alice, "Greetings", "hello")
    ok(await cast.alice.get("/api/v1/timelines/home"))
    with counted(conn) as with_filters:
        home = ok(await cast.alice.get("/api/v1/timelines/home"))
    assert len(matches(home[0])) == 1
    assert without.statements == with_filters.statements
