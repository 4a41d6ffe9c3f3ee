"""Mastodon.py: profiles and what members are to each other."""

from typing import Any

import pytest
from mastodon import MastodonAPIError, MastodonNotFoundError

from tests.clients.conftest import Join
from tests.clients.running_server import RunningServer
from tests.clients.strict_mastodon import StrictMastodon
from tests.clients.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("clients")]


# Profiles


def test_accounts_are_shown_to_everybody(server: RunningServer, alice: StrictMastodon) -> None:
    visitor, me = StrictMastodon(api_base_url=server.url), alice.me()
    shown = visitor.account(me)
    assert (shown.acct, shown.url) == (me.username, f"{server.url}/@{me.username}")
    assert not shown.locked
    assert [each.id for each in visitor.accounts([me])] == [me.id]
    for address in (me.username, me.username.upper(), f"{me.username}@{server.domain}"):
        assert visitor.account_lookup(address).id == me.id
    assert visitor.account_featured_tags(me) == []
    with pytest.raises(MastodonNotFoundError):
        visitor.account("1")
    with pytest.raises(MastodonNotFoundError):
        visitor.account_lookup("nobodyofthisname")


def test_a_profile_is_edited(alice: StrictMastodon, bob: StrictMastodon) -> None:
    alice.account_update_credentials(
        display_name="Alice <3",
        note="I like #tea & @nobody",
        locked=True,
        bot=True,
        discoverable=False,
        indexable=True,
        hide_collections=True,
        fields=[("Home", "https://alice.test"), ("Pronouns", "she")],
        default_quote_policy="nobody",
        attribution_domains=["alice.test"],
    )
    shown = bob.account(alice.me())
    assert (shown.display_name, shown.locked, shown.bot, shown.discoverable) == (
        "Alice <3",
        True,
        True,
        False,
    )
    assert "&amp;" in shown.note
    assert [each.name for each in shown.fields] == ["Home", "Pronouns"]
    assert 'href="https://alice.test"' in shown.fields[0].value
    source = alice.account_verify_credentials().source
    assert source.note == "I like #tea & @nobody"
    assert [each.value for each in source.fields] == ["https://alice.test", "she"]
    assert (source.indexable, source.hide_collections) == (True, True)


def test_a_profile_by_the_newer_method(alice: StrictMastodon) -> None:
    profile = alice.profile_update(display_name="Alice", note="plain", bot=False, fields=[("a", "b")])
    assert (profile.display_name, profile.note) == ("Alice", "plain")
    assert alice.profile() == profile


def test_pictures_can_be_taken_away(alice: StrictMastodon) -> None:
    assert alice.account_delete_avatar().avatar == alice.me().avatar
    assert alice.account_delete_header().header == alice.me().header


# Following


def test_following_and_leaving(alice: StrictMastodon, bob: StrictMastodon) -> None:
    relation = alice.account_follow(bob.me(), reblogs=False, notify=True)
    assert (relation.following, relation.showing_reblogs, relation.notifying) == (True, False, True)
    assert [each.id for each in alice.account_following(alice.me())] == [bob.me().id]
    assert [each.id for each in alice.account_followers(bob.me())] == [alice.me().id]
    eventually(lambda: bob.account(bob.me()).followers_count == 1)

    bob.status_post("a post worth telling of")
    eventually(lambda: [each.type for each in alice.notifications()] == ["status"])

    assert not bob.account_remove_from_followers(alice.me()).followed_by
    assert not alice.account_relationships(bob.me())[0].following
    alice.account_follow(bob.me())
    assert not alice.account_unfollow(bob.me()).following
    assert bob.account_followers(bob.me()) == []


def test_relationships_of_several(alice: StrictMastodon, bob: StrictMastodon, carol: StrictMastodon) -> None:
    bob.account_follow(alice.me())
    relations = {each.id: each for each in alice.account_relationships([bob.me(), carol.me()])}
    assert relations[bob.me().id].followed_by
    assert not relations[carol.me().id].followed_by
    with pytest.raises(MastodonAPIError):
        alice.account_follow(alice.me())


def test_follow_requests(alice: StrictMastodon, bob: StrictMastodon, carol: StrictMastodon) -> None:
    alice.account_update_credentials(locked=True)
    for each in (bob, carol):
        assert each.account_follow(alice.me()).requested
    assert {each.id for each in alice.follow_requests()} == {bob.me().id, carol.me().id}
    eventually(lambda: [each.type for each in alice.notifications()] == ["follow_request"] * 2)
    assert alice.me().source.follow_requests_count == 2
    assert alice.follow_request_authorize(bob.me()).followed_by
    assert not alice.follow_request_reject(carol.me()).followed_by
    assert alice.follow_requests() == []
    assert bob.account_relationships(alice.me())[0].following
    assert not carol.account_relationships(alice.me())[0].requested


def test_followers_come_page_by_page(join: Join, bob: StrictMastodon) -> None:
    followers = [join() for _ in range(3)]
    for each in followers:
        each.account_follow(bob.me())
    newest_first = [each.me().id for each in reversed(followers)]
    first = bob.account_followers(bob.me(), limit=2)
    assert [each.id for each in first] == newest_first[:2]
    assert [each.id for each in bob.fetch_remaining(first)] == newest_first
    before: Any = bob.fetch_previous(bob.fetch_next(first))
    assert [each.id for each in before] == newest_first[:2]


def test_familiar_followers(alice: StrictMastodon, bob: StrictMastodon, carol: StrictMastodon) -> None:
    alice.account_follow(bob.me())
    bob.account_follow(carol.me())
    (familiar,) = alice.account_familiar_followers(carol.me())
    assert (familiar.id, [each.id for each in familiar.accounts]) == (carol.me().id, [bob.me().id])


# Keeping away


def test_blocking(alice: StrictMastodon, bob: StrictMastodon) -> None:
    bob.account_follow(alice.me())
    posted = alice.status_post("not for bob")
    relation = alice.account_block(bob.me())
    assert (relation.blocking, relation.followed_by) == (True, False)
    assert [each.id for each in alice.blocks()] == [bob.me().id]
    with pytest.raises(MastodonNotFoundError):
        bob.status(posted)
    with pytest.raises(MastodonAPIError):
        bob.account_follow(alice.me())
    assert not alice.account_unblock(bob.me()).blocking
    assert alice.blocks() == []
    assert alice.domain_blocks() == []


def test_muting(alice: StrictMastodon, bob: StrictMastodon) -> None:
    relation = alice.account_mute(bob.me(), notifications=False, duration=3600)
    assert (relation.muting, relation.muting_notifications) == (True, False)
    (muted,) = alice.mutes()
    assert (muted.id, muted.mute_expires_at is not None) == (bob.me().id, True)
    assert not alice.account_unmute(bob.me()).muting
    assert alice.mutes() == []


# Notes and endorsements


def test_private_notes(alice: StrictMastodon, bob: StrictMastodon) -> None:
    assert alice.account_note_set(bob.me(), "met at the tea house").note == "met at the tea house"
    assert bob.account_relationships(alice.me())[0].note == ""


def test_endorsements(alice: StrictMastodon, bob: StrictMastodon) -> None:
    with pytest.raises(MastodonAPIError):
        alice.account_endorse(bob.me())
    alice.account_follow(bob.me())
    assert alice.account_endorse(bob.me()).endorsed
    assert [each.id for each in alice.endorsements()] == [bob.me().id]
    assert not alice.account_unendorse(bob.me()).endorsed
    assert alice.account_pin(bob.me()).endorsed
    assert not alice.account_unpin(bob.me()).endorsed
    assert alice.endorsements() == []
