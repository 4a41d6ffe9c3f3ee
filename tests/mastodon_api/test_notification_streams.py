"""Streams bring what a policy lets through, and tell when what was held back has come among the others."""

from tests.mastodon_api.stream_readers import socket
from tests.mastodon_api.streaming_world import app, cast, hub, says, services
from tests.world import ok, settle

__all__ = ["app", "cast", "hub", "services"]

REQUESTS = "/api/v1/notifications/requests"


async def test_what_is_held_back_is_streamed_to_nobody_until_it_is_merged(services, app, cast):
    async with (
        socket(app, cast.alice.headers, stream="user") as user,
        socket(app, cast.alice.headers, stream="user:notification") as notifications,
        socket(app, cast.carol.headers, stream="user:notification") as others,
    ):
        await says(services, cast.bob, "@alice psst", visibility="direct")
        said = await says(services, cast.bob, "@alice hello")
        for reader in (user, notifications):
            _, event, payload = await reader.event()
            assert (event, payload["status"]["id"]) == ("notification", said["id"])
        [request] = await cast.alice.list_ids(REQUESTS)
        ok(await cast.alice.post(f"{REQUESTS}/{request}/accept"))
        await settle(services)
        for reader in (user, notifications):
            _, event, payload = await reader.event()
            assert (event, payload) == ("notifications_merged", 1)
        await others.settled()
