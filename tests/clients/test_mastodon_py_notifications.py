"""Mastodon.py: notifications in groups, the policy, and those whose notifications it holds back."""

import pytest
from mastodon import MastodonNotFoundError

from tests.clients.conftest import Join
from tests.clients.strict_mastodon import StrictMastodon
from tests.clients.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("clients")]


def test_notifications_in_groups(alice: StrictMastodon, bob: StrictMastodon, join: Join) -> None:
    carol, posted = join(), alice.status_post("please notice me")
    for fan in (bob, carol):
        fan.status_favourite(posted)
    bob.status_reply(posted, "I did")
    eventually(lambda: len(alice.notifications()) == 3)
    assert alice.unread_grouped_notifications_count() in {2, 3}, "three when a day ends in between"

    found = alice.grouped_notifications(expand_accounts="full")
    assert found.partial_accounts is None
    by_type = {each.type: each for each in found.notification_groups}
    assert set(by_type) == {"favourite", "mention"}
    likes = by_type["favourite"]
    assert likes.status_id == posted.id
    assert set(likes.sample_account_ids) <= {each.id for each in found.accounts}
    partial = alice.grouped_notifications(types=["favourite"], grouped_types=["favourite"])
    assert partial.partial_accounts is not None
    assert len(partial.accounts) + len(partial.partial_accounts) == 2
    assert len(alice.grouped_notifications(grouped_types=["reblog"]).notification_groups) == 3

    one = alice.grouped_notification(likes.group_key)
    assert one.notification_groups[0].notifications_count == likes.notifications_count
    accounts = alice.grouped_notification_accounts(likes.group_key)
    assert {each.id for each in accounts} <= {bob.me().id, carol.me().id}
    alice.dismiss_grouped_notification(likes.group_key)
    with pytest.raises(MastodonNotFoundError):
        alice.grouped_notification(likes.group_key)


def test_the_policy_and_who_waits(alice: StrictMastodon, join: Join) -> None:
    assert alice.notifications_policy().for_private_mentions == "filter"
    policy = alice.update_notifications_policy(for_not_following="filter", for_new_accounts="drop")
    assert (policy.for_not_following, policy.for_new_accounts) == ("filter", "drop")
    policy = alice.update_notifications_policy(for_new_accounts="accept")
    assert policy.summary.pending_requests_count == 0

    strangers = [join() for _ in range(5)]
    for stranger in strangers:
        stranger.status_post(f"@{alice.me().username} psst", visibility="direct")
    eventually(lambda: len(alice.notification_requests()) == 5)
    assert alice.notifications() == []
    pages = alice.fetch_remaining(alice.notification_requests(limit=2))
    first, second, *others = pages
    assert len(others) == 3
    assert alice.notification_request(first).account.id == first.account.id
    assert first.notifications_count == "1"
    assert first.last_status is not None

    alice.dismiss_notification_request(first)
    alice.accept_notification_request(second)
    alice.dismiss_multiple_notification_requests([others[0]])
    alice.accept_multiple_notification_requests(others[1:])
    eventually(alice.notifications_merged)
    assert alice.notification_requests() == []
    through = {each.account.id for each in (second, *others[1:])}
    assert {each.account.id for each in alice.notifications()} == through


def test_version_two_is_announced(alice: StrictMastodon) -> None:
    assert alice.instance_v2().api_versions["mastodon"] >= 2
