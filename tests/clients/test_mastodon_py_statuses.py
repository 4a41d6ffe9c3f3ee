"""Mastodon.py: statuses, what is done to them, polls, and every timeline with its paging."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mastodon import MastodonAPIError, MastodonNotFoundError

from tests.clients.running_server import RunningServer
from tests.clients.strict_mastodon import StrictMastodon
from tests.clients.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("clients")]


# Writing


def test_a_status_with_everything(alice: StrictMastodon, bob: StrictMastodon, server: RunningServer) -> None:
    name = bob.me().username
    posted = alice.status_post(
        f"<b>Tea</b> & @{name} at https://tea.test/green #Tea",
        visibility="unlisted",
        sensitive=True,
        spoiler_text="Hot & wet",
        language="en",
    )
    assert (posted.visibility, posted.sensitive, posted.language) == ("unlisted", True, "en")
    assert posted.spoiler_text == "Hot & wet"
    assert "&lt;b&gt;Tea&lt;/b&gt; &amp;" in posted.content
    assert [(each.acct, each.url) for each in posted.mentions] == [(name, f"{server.url}/@{name}")]
    assert [(each.name, each.url) for each in posted.tags] == [("tea", f"{server.url}/tags/tea")]
    assert posted.url == f"{server.url}/@{alice.me().username}/{posted.id}"
    assert posted.application.name == alice.app_verify_credentials().name
    assert bob.status(posted).content == posted.content


def test_one_key_posts_once(alice: StrictMastodon) -> None:
    first = alice.status_post("only once", idempotency_key="a key")
    assert alice.status_post("only once", idempotency_key="a key").id == first.id
    assert alice.status_post("only once", idempotency_key="another").id != first.id
    assert len(alice.account_statuses(alice.me())) == 2


def test_a_thread(alice: StrictMastodon, bob: StrictMastodon) -> None:
    root = alice.toot("one")
    reply = bob.status_reply(root, "two", untag=False)
    answer = alice.status_post("three", in_reply_to_id=reply)
    assert reply.in_reply_to_account_id == alice.me().id
    assert f"@{alice.me().username}" in bob.status_source(reply).text
    context = alice.status_context(reply)
    assert [each.id for each in context.ancestors] == [root.id]
    assert [each.id for each in context.descendants] == [answer.id]
    assert alice.status(root).replies_count == 1


def test_several_statuses_at_once(alice: StrictMastodon, bob: StrictMastodon) -> None:
    one, two = alice.status_post("one"), bob.status_post("two")
    hidden = bob.status_post("three", visibility="direct")
    assert {each.id for each in alice.statuses([one, two, hidden])} == {one.id, two.id}


def test_an_edit_keeps_what_was(alice: StrictMastodon, bob: StrictMastodon) -> None:
    posted = alice.status_post("frist")
    edited = alice.status_update(posted, "first", spoiler_text="corrected", sensitive=True)
    assert (edited.id, edited.spoiler_text) == (posted.id, "corrected")
    assert edited.edited_at > edited.created_at
    history = bob.status_history(posted)
    assert [(each.content, each.spoiler_text) for each in history] == [
        ("<p>frist</p>", ""),
        ("<p>first</p>", "corrected"),
    ]
    source = alice.status_source(posted)
    assert (source.text, source.spoiler_text) == ("first", "corrected")
    with pytest.raises(MastodonAPIError):
        bob.status_update(posted, "hers")


def test_delete_and_redraft(alice: StrictMastodon, bob: StrictMastodon) -> None:
    posted = alice.status_post("a *draft*", spoiler_text="draft")
    with pytest.raises(MastodonAPIError):
        bob.status_delete(posted)
    deleted = alice.status_delete(posted, delete_media=True)
    assert (deleted.id, deleted.text, deleted.spoiler_text) == (posted.id, "a *draft*", "draft")
    with pytest.raises(MastodonNotFoundError):
        alice.status(posted)
    assert alice.timeline_home() == []


def test_only_the_mentioned_read_a_direct_status(
    alice: StrictMastodon, bob: StrictMastodon, carol: StrictMastodon
) -> None:
    posted = alice.status_post(f"@{bob.me().username} psst", visibility="direct")
    assert bob.status(posted).content == posted.content
    with pytest.raises(MastodonNotFoundError):
        carol.status(posted)


@pytest.mark.parametrize("text", ["", "x" * 1001])
def test_what_is_no_status_is_refused(alice: StrictMastodon, text: str) -> None:
    with pytest.raises(MastodonAPIError, match="Validation failed"):
        alice.status_post(text)


# What is done to a status


def test_favourites(alice: StrictMastodon, bob: StrictMastodon) -> None:
    posted = alice.status_post("likeable")
    liked = bob.status_favourite(posted)
    assert (liked.favourited, liked.favourites_count) == (True, 1)
    assert [each.id for each in alice.status_favourited_by(posted)] == [bob.me().id]
    assert [each.id for each in bob.favourites()] == [posted.id]
    assert not bob.status_unfavourite(posted).favourited
    assert bob.favourites() == []


def test_reblogs(alice: StrictMastodon, bob: StrictMastodon) -> None:
    posted = alice.status_post("spread this")
    reblog = bob.status_reblog(posted, visibility="unlisted")
    assert reblog.reblog.id == posted.id
    assert (reblog.reblog.reblogged, reblog.reblog.reblogs_count) == (True, 1)
    assert [each.id for each in alice.status_reblogged_by(posted)] == [bob.me().id]
    undone = bob.status_unreblog(posted)
    assert (undone.id, undone.reblogged) == (posted.id, False)


def test_bookmarks_pins_and_mutes(alice: StrictMastodon) -> None:
    posted, me = alice.status_post("remember"), alice.me()
    assert alice.status_bookmark(posted).bookmarked
    assert [each.id for each in alice.bookmarks()] == [posted.id]
    assert not alice.status_unbookmark(posted).bookmarked
    assert alice.status_pin(posted).pinned
    assert [each.id for each in alice.account_statuses(me, pinned=True)] == [posted.id]
    assert not alice.status_unpin(posted).pinned
    assert alice.account_statuses(me, pinned=True) == []
    assert alice.status_mute(posted).muted
    assert not alice.status_unmute(posted).muted


def test_a_muted_thread_is_silent(alice: StrictMastodon, bob: StrictMastodon, carol: StrictMastodon) -> None:
    posted = alice.status_post("a long discussion")
    alice.status_mute(posted)
    bob.status_reply(posted, "indeed")
    carol.account_follow(alice.me())
    eventually(lambda: [each.type for each in alice.notifications()] == ["follow"])


# Polls


def test_a_poll(alice: StrictMastodon, bob: StrictMastodon) -> None:
    asked = alice.make_poll(["Tea", "Coffee"], expires_in=3600, hide_totals=True)
    poll = alice.status_post("Which?", poll=asked).poll
    assert (poll.multiple, poll.expired, [each.title for each in poll.options]) == (
        False,
        False,
        ["Tea", "Coffee"],
    )
    assert poll.expires_at > datetime.now(UTC) + timedelta(minutes=50)
    voted = bob.poll_vote(poll, 1)
    assert (voted.voted, voted.own_votes, voted.votes_count) == (True, [1], 1)
    assert [each.votes_count for each in bob.poll(poll).options] == [None, None]
    with pytest.raises(MastodonAPIError, match="Validation failed"):
        bob.poll_vote(poll, 0)


def test_a_poll_of_several_choices(alice: StrictMastodon, bob: StrictMastodon) -> None:
    asked = alice.make_poll(["Tea", "Coffee", "Milk"], expires_in=3600, multiple=True)
    poll = alice.status_post("Which ones?", poll=asked).poll
    voted = bob.poll_vote(poll, [0, 2])
    assert [each.votes_count for each in voted.options] == [1, 0, 1]
    assert voted.voters_count == 1


# Timelines


def test_home_holds_ones_own_and_whom_one_follows(
    alice: StrictMastodon, bob: StrictMastodon, carol: StrictMastodon
) -> None:
    alice.account_follow(bob.me())
    from_carol, own = carol.status_post("from afar"), alice.status_post("mine")
    followed = bob.status_post("bob's")
    reblog = bob.status_reblog(from_carol)
    expected = [reblog.id, followed.id, own.id]
    eventually(lambda: [each.id for each in alice.timeline_home()] == expected)
    assert [each.id for each in alice.timeline()] == expected
    assert alice.timeline_home()[0].reblog.id == from_carol.id


def test_public_timelines(alice: StrictMastodon, server: RunningServer) -> None:
    shown, hidden = alice.status_post("to all"), alice.status_post("to some", visibility="unlisted")
    visitor = StrictMastodon(api_base_url=server.url)
    for timeline in (
        visitor.timeline_local(),
        visitor.timeline_public(),
        alice.timeline_public(local=True),
        alice.timeline("local"),
    ):
        ids = [each.id for each in timeline]
        assert shown.id in ids
        assert hidden.id not in ids
    assert alice.timeline_public(remote=True) == []
    assert shown.id not in [each.id for each in alice.timeline_public(only_media=True)]


def test_hashtag_timelines(alice: StrictMastodon, bob: StrictMastodon) -> None:
    both = alice.status_post("#Rain and #Wind")
    one = bob.status_post("#rain alone")
    assert [each.id for each in bob.timeline_hashtag("rain")] == [one.id, both.id]
    assert [each.id for each in bob.timeline_hashtag("WIND", local=True)] == [both.id]
    assert bob.timeline_hashtag("neverused") == []


def test_paging_there_and_back(alice: StrictMastodon) -> None:
    posted = [alice.status_post(f"number {number}").id for number in range(7)][::-1]
    first = alice.timeline_home(limit=3)
    second: Any = alice.fetch_next(first)
    assert [each.id for each in [*first, *second]] == posted[:6]
    before: Any = alice.fetch_previous(second)
    assert [each.id for each in before] == posted[:3]
    assert [each.id for each in alice.fetch_remaining(first)] == posted
    assert [each.id for each in alice.pagination_iterator(first)] == posted
    assert [len(page) for page in alice.pagination_page_iterator(first)][:3] == [3, 3, 1]
    bounds: Any = alice.get_pagination_info(first, "next")
    assert bounds["max_id"] == int(posted[2])


def test_ids_bound_a_page(alice: StrictMastodon) -> None:
    me, posted = alice.me(), [alice.status_post(f"number {number}").id for number in range(5)]
    oldest, _, middle, _, newest = posted
    for page in (alice.timeline_home, lambda **bounds: alice.account_statuses(me, **bounds)):
        assert [each.id for each in page(max_id=middle)] == [posted[1], oldest]
        assert [each.id for each in page(since_id=middle, limit=1)] == [newest]
        assert [each.id for each in page(min_id=middle, limit=1)] == [posted[3]]
    # Ids hold their time, as the library assumes of servers.
    assert alice.timeline_home(max_id=datetime.now(UTC) - timedelta(days=1)) == []


def test_an_accounts_statuses_with_every_filter(alice: StrictMastodon, bob: StrictMastodon) -> None:
    other = bob.status_post("bob's")
    plain = alice.status_post("plain #tagged")
    reply = alice.status_reply(other, "a reply")
    reblog = alice.status_reblog(other)
    me = alice.me()

    def ids(**filters: object) -> list[str]:
        return [each.id for each in bob.account_statuses(me, **filters)]

    assert ids() == [reblog.id, reply.id, plain.id]
    assert ids(exclude_replies=True) == [reblog.id, plain.id]
    assert ids(exclude_reblogs=True) == [reply.id, plain.id]
    assert ids(tagged="Tagged") == [plain.id]
    assert ids(only_media=True) == []
    assert ids(exclude_direct=True) == [reblog.id, reply.id, plain.id]
