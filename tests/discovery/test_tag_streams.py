"""Open streams of members who follow a tag: its posts come to them once, and to nobody who doesn't wish them."""

from parley.timelines import fan_out
from tests.mastodon_api.stream_readers import socket
from tests.mastodon_api.streaming_world import app, befriend, cast, hub, says, services
from tests.world import ok, settle

__all__ = ["app", "cast", "hub", "services"]


async def test_a_post_comes_by_its_tag_once(services, app, cast, monkeypatch):
    """Also where followers, and then the tag's, come in slices of one."""
    monkeypatch.setattr(fan_out, "FOLLOWERS_PER_STEP", 1)
    await befriend(services, (cast.bob, cast.alice))
    for member in (cast.alice, cast.bob, cast.carol):
        ok(await member.post("/api/v1/tags/tea/follow"))
    await settle(services)
    async with (
        socket(app, cast.bob.headers, stream="user") as bob,
        socket(app, cast.carol.headers, stream="user") as carol,
    ):
        said = await says(services, cast.alice, "more #tea")
        ok(await cast.carol.post(f"/api/v1/accounts/{cast.alice.id}/mute"))
        await says(services, cast.alice, "unheard by carol #tea")
        own = await says(services, cast.carol, "mine, without")
        assert [(await carol.event())[2]["id"] for _ in range(2)] == [said["id"], own["id"]]
        seen = [(await bob.event())[2]["content"] for _ in range(2)]
        assert "more" in seen[0]
        assert "unheard" in seen[1]
