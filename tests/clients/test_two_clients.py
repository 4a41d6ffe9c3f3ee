"""Two clients that know nothing of each other meet on one server."""

import re
from collections.abc import Callable

import pytest

from tests.clients.conftest import SCOPES
from tests.clients.running_server import PASSWORD, RunningServer
from tests.clients.strict_mastodon import StrictMastodon
from tests.clients.toot_command import Toot
from tests.clients.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("clients")]


def test_they_sign_up_follow_each_other_and_read_each_other(
    server: RunningServer, application: tuple[str, str], toot_of: Callable[[str], Toot]
) -> None:
    for name in ("Alice", "Bob"):
        StrictMastodon(*application, api_base_url=server.url).create_account(
            name, PASSWORD, f"{name}@mail.test", agreement=True, scopes=SCOPES
        )
    alice, bob = toot_of("Alice"), StrictMastodon(*application, api_base_url=server.url)
    alice("login_cli", "-i", server.url, "-e", "alice@mail.test", "-p", PASSWORD)
    bob.log_in("bob@mail.test", PASSWORD, scopes=SCOPES, allow_http=True)

    alice("follow", "bob")
    bob.account_follow(bob.account_lookup("alice"))
    alice("post", "Hello from a terminal")
    bob.toot("Hello from a script")

    eventually(lambda: "Hello from a script" in alice("timelines", "home", "--no-pager"))
    (heard,) = eventually(lambda: [each for each in bob.timeline_home() if each.account.acct == "Alice"])
    assert heard.content == "<p>Hello from a terminal</p>"

    reply = bob.status_reply(heard, "well heard")
    eventually(lambda: "@Bob mentioned you" in alice("notifications"))
    assert re.search(r"^@Alice well heard$", alice("thread", heard.id), re.MULTILINE)
    assert alice.json("favourite", reply.id)["favourites_count"] == 1
    eventually(lambda: "favourite" in {each.type for each in bob.notifications()})
