"""Mastodon.py: filters of both versions, blocked domains, announcements."""

from datetime import timedelta
from typing import Any

import pytest
from mastodon import MastodonAPIError, MastodonNotFoundError

from parley.kit import clock
from tests.clients.running_server import RunningServer
from tests.clients.strict_mastodon import StrictMastodon
from tests.clients.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("clients")]


def test_filters_of_version_two(alice: StrictMastodon, bob: StrictMastodon) -> None:
    alice.account_follow(bob.me())
    said = bob.status_post("what a goal")
    words: Any = [{"keyword": "goal", "whole_word": True}, {"keyword": "cup", "whole_word": False}]
    made = alice.create_filter_v2("Sport", ["home", "thread"], "warn", 3600, words)
    assert (made.title, made.context, made.filter_action) == ("Sport", ["home", "thread"], "warn")
    left = made.expires_at - clock.now()
    assert timedelta(minutes=50) < left <= timedelta(hours=1)
    (match,) = alice.status(said).filtered
    assert (match.filter.title, match.keyword_matches, match.status_matches) == ("Sport", ["goal"], None)

    changes: Any = [{"id": made.keywords[1].id, "_destroy": True}, {"keyword": "match", "whole_word": True}]
    changed = alice.update_filter_v2(made, title="Games", filter_action="hide", keywords_attributes=changes)
    assert (changed.title, [each.keyword for each in changed.keywords]) == ("Games", ["goal", "match"])
    assert alice.filter_v2(made).id == made.id
    assert [each.id for each in alice.filters_v2()] == [made.id]

    keyword = alice.add_filter_keyword_v2(made, "race", whole_word=True)
    assert [each.keyword for each in alice.filter_keywords_v2(made)] == ["goal", "match", "race"]
    alice.delete_filter_keyword_v2(keyword)
    other = bob.status_post("nothing of the kind")
    entry = alice.add_filter_status_v2(made, other)
    assert entry.status_id == other.id
    assert alice.filter_status_v2(entry) == entry
    assert alice.filter_statuses_v2(made) == [entry]
    assert alice.status(other).filtered[0].status_matches == [other.id]
    alice.delete_filter_status_v2(entry)
    assert alice.status(other).filtered == []
    with pytest.raises(MastodonNotFoundError):
        bob.update_filter_v2(made, title="mine")
    alice.delete_filter_v2(made)
    assert alice.filters_v2() == []


def test_filters_of_version_one(alice: StrictMastodon, bob: StrictMastodon) -> None:
    made = alice.filter_create("goal", ["home"], irreversible=True, whole_word=False, expires_in=600)
    assert (made.phrase, made.irreversible, made.whole_word) == ("goal", True, False)
    said = bob.status_post("what a goal")
    assert alice.status(said).filtered[0].filter.filter_action == "hide"
    assert alice.filter(made) == made
    assert [each.id for each in alice.filters()] == [made.id]
    plain = bob.status_post("tea")
    assert [each.id for each in alice.filters_apply([said, plain], alice.filters(), "home")] == [plain.id]
    changed = alice.filter_update(
        made, phrase="goals", context=["public"], irreversible=False, whole_word=True
    )
    assert (changed.phrase, changed.context, changed.irreversible) == ("goals", ["public"], False)
    alice.filter_delete(made)
    assert alice.filters() == []


def test_domains_are_blocked(alice: StrictMastodon) -> None:
    alice.domain_block("elsewhere.example")
    assert alice.domain_blocks() == ["elsewhere.example"]
    with pytest.raises(MastodonAPIError):
        alice.domain_block("not a domain")
    alice.domain_unblock("elsewhere.example")
    assert alice.domain_blocks() == []


def test_announcements_are_read_and_reacted_to(
    alice: StrictMastodon, bob: StrictMastodon, server: RunningServer
) -> None:
    name = bob.me().username
    number = server.run("announcement", "create", f"Tea with @{name} #tea").split()[0]

    def told(reader: StrictMastodon) -> Any:
        return next((each for each in reader.announcements() if each.id == number), None)

    eventually(lambda: told(alice) is not None)
    assert (told(alice).read, [each.acct for each in told(alice).mentions]) == (False, [name])
    alice.announcement_dismiss(told(alice))
    assert (told(alice).read, told(bob).read) == (True, False)
    alice.announcement_reaction_create(told(alice), "🎉")
    with pytest.raises(MastodonAPIError):
        alice.announcement_reaction_create(told(alice), "🎉")
    with pytest.raises(MastodonAPIError):
        alice.announcement_reaction_create(told(alice), "tada")
    (reaction,) = told(bob).reactions
    assert (reaction.name, reaction.count, reaction.me) == ("🎉", 1, False)
    alice.announcement_reaction_delete(told(alice), "🎉")
    assert told(bob).reactions == []
    server.run("announcement", "delete", number)
    eventually(lambda: told(alice) is None)
