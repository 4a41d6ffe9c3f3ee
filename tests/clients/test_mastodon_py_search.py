"""Mastodon.py and toot: posts are found by their words, hashtags by how they begin, accounts despite a slip."""

from functools import partial

import pytest

from tests.clients.strict_mastodon import StrictMastodon
from tests.clients.toot_command import Toot
from tests.clients.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("clients")]


def test_posts_tags_and_people_are_found(alice: StrictMastodon, bob: StrictMastodon, anna: Toot) -> None:
    bob.account_update_credentials(display_name="Hyacinth Bucket", indexable=True)
    posted = bob.status_post("Quokkas smile. #QuokkaDay")
    assert eventually(lambda: alice.search("quokkas smile").statuses)[0].id == posted.id
    assert (
        alice.search_v2("quokka", result_type="statuses", account_id=bob.me().id).statuses[0].id == posted.id
    )
    assert alice.search_v2("quokka", result_type="statuses", max_id=posted.id).statuses == []
    assert alice.search("quokkas from:me").statuses == []
    tag = alice.search("quokkad", result_type="hashtags", exclude_unreviewed=False).hashtags[0]
    assert (tag.name, tag.following, len(tag.history)) == ("QuokkaDay", False, 7)
    # The library leaves out by itself what staff have not decided upon.
    assert alice.search("quokkad", result_type="hashtags").hashtags == []
    for name in ("bucket", "hyacinht", "hyacinth buc"):
        assert bob.me().id in {each.id for each in eventually(partial(alice.account_search, name))}
    bob.status_delete(posted)
    assert alice.search("quokkas smile").statuses == []
    again = bob.status_post("Wombats dig. #WombatDay")
    assert eventually(lambda: again.id in anna("search", "wombats dig", "--type", "statuses"))
    assert "WombatDay" in anna("search", "wombatd", "--type", "hashtags")
