"""toot's command line, as its users type it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.clients.browser import consent, shown_code
from tests.clients.conftest import Join
from tests.clients.running_server import PASSWORD, RunningServer
from tests.clients.strict_mastodon import StrictMastodon
from tests.clients.toot_command import Toot, TootFailed
from tests.clients.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("clients")]


def posted_id(output: str) -> str:
    """toot takes the id out of the address it prints, and so do its users."""
    found = re.fullmatch(r"Toot posted: http://[^/]+/@[^/]+/([0-9]+)\n", output)
    assert found, output
    return found[1]


# Signing in


def test_login_by_password(
    server: RunningServer, bob: StrictMastodon, carol: StrictMastodon, toot_of: Callable[[str], Toot]
) -> None:
    name, other = bob.me().username, carol.me().username
    toot = toot_of(name)
    process = toot.as_module("login_cli", "-i", server.url, "-e", name, "-p", PASSWORD)
    printed, _ = process.communicate(timeout=30)
    assert "Successfully logged in" in printed, printed
    assert toot.json("whoami")["id"] == bob.me().id

    toot("login_cli", "-i", server.url, "-e", other, "-p", PASSWORD)
    assert f"{other}@{server.domain} ACTIVE" in toot("auth")
    assert toot.json("--as", toot.address, "whoami")["username"] == name
    toot("activate", toot.address)
    assert toot.json("whoami")["username"] == name
    assert f"{toot.address} logged out" in toot("logout", toot.address)
    with pytest.raises(TootFailed, match="requires you to be logged in"):
        toot("whoami")


def test_login_with_a_wrong_password(
    server: RunningServer, bob: StrictMastodon, toot_of: Callable[[str], Toot]
) -> None:
    with pytest.raises(TootFailed, match="Login failed"):
        toot_of("nobody")("login_cli", "-i", server.url, "-e", bob.me().username, "-p", "guess")


def test_login_with_a_code_from_the_browser(
    server: RunningServer, bob: StrictMastodon, toot_of: Callable[[str], Toot]
) -> None:
    toot = toot_of(bob.me().username)
    process = toot.as_module("login", "-i", server.url)
    assert process.stdout is not None
    address = ""
    while not address.startswith(f"{server.url}/oauth/authorize"):
        address = process.stdout.readline().strip()
    code = shown_code(consent(server, toot.username, address))
    printed, _ = process.communicate(f"n\n{code}\n", timeout=30)
    assert "Successfully logged in" in printed, printed
    assert toot.json("whoami")["id"] == bob.me().id


# Posting


def test_a_post_with_every_option(anna: Toot) -> None:
    posted = anna.json(
        *("post", "Danke für den #Fisch", "--visibility", "unlisted", "--sensitive"),
        *("--spoiler-text", "Fisch", "--language", "de", "--content-type", "text/plain"),
    )
    assert (posted["visibility"], posted["sensitive"], posted["language"]) == ("unlisted", True, "de")
    assert (posted["spoiler_text"], posted["tags"][0]["name"]) == ("Fisch", "fisch")
    assert posted["application"]["name"]
    shown = anna("status", posted["id"])
    assert "Danke für den #Fisch" in shown
    assert "Visibility: unlisted" in shown
    assert anna.json("status", posted["id"])["id"] == posted["id"]


def test_posts_with_pictures(anna: Toot, tmp_path: Path) -> None:
    file = tmp_path / "sky.png"
    Image.new("RGB", (64, 48), (90, 120, 200)).save(file)
    assert "/media/" in anna("upload", str(file), "--description", "the sky")
    posted = anna.json("post", "look up", "--media", str(file), "--description", "the sky")
    assert [each["description"] for each in posted["media_attachments"]] == ["the sky"]


def test_a_post_from_a_pipe(anna: Toot) -> None:
    status_id = posted_id(anna("post", stdin="piped\n\nin\n"))
    assert anna.json("status", status_id)["content"] == "<p>piped</p><p>in</p>"


def test_threads(anna: Toot, bob: StrictMastodon) -> None:
    first = posted_id(anna("post", "one"))
    second = posted_id(anna("post", "two", "--reply-last"))
    reply = bob.status_post("three", in_reply_to_id=second)
    fourth = posted_id(anna("post", "four", "--reply-to", reply.id))
    context = anna.json("thread", second)
    assert [each["id"] for each in context["ancestors"]] == [first]
    assert [each["id"] for each in context["descendants"]] == [reply.id, fourth]
    printed = anna("thread", first)
    assert re.findall(r"^(one|two|three|four)$", printed, re.MULTILINE) == ["one", "two", "three", "four"]
    assert f"In reply to {first}" in printed


def test_polls(anna: Toot, bob: StrictMastodon) -> None:
    poll = anna.json(
        *("post", "Tea?", "--poll-option", "yes", "--poll-option", "no", "--poll-option", "both"),
        *("--poll-expires-in", "2h", "--poll-multiple"),
    )["poll"]
    assert poll["multiple"]
    assert "no" in anna("polls", "show", poll["id"])
    bob.poll_vote(poll["id"], [0])
    assert anna.json("polls", "show", poll["id"])["votes_count"] == 1
    asked = bob.status_post("And you?", poll=bob.make_poll(["a", "b"], expires_in=3600)).poll
    assert "You voted!" in anna("polls", "vote", asked.id, "1")
    assert anna.json("polls", "show", asked.id)["own_votes"] == [1]
    with pytest.raises(TootFailed, match="already voted"):
        anna("polls", "vote", asked.id, "0")


def test_posting_later(anna: Toot, server: RunningServer) -> None:
    assert "Toot scheduled for" in anna("post", "in an hour", "--scheduled-in", "1h")
    assert "2030-01-31" in anna("post", "then", "--scheduled-at", "2030-01-31T12:00:00Z")
    assert "in an hour" not in anna("timelines", "account", anna.address)


def test_deleting(anna: Toot) -> None:
    status_id = posted_id(anna("post", "soon gone"))
    assert "Status deleted" in anna("delete", status_id)
    with pytest.raises(TootFailed, match="Record not found"):
        anna("status", status_id)


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        (["x" * 1001], "Validation failed"),
        (["too soon", "--scheduled-in", "1m"], "Validation failed"),
        (["to nobody", "--reply-to", "1"], "does not appear to exist"),
        (["only one", "--poll-option", "a"], "Validation failed"),
    ],
)
def test_refusals_are_sentences(anna: Toot, options: list[str], refusal: str) -> None:
    with pytest.raises(TootFailed, match=refusal):
        anna("post", *options)


# Acting on statuses


def test_acts_on_a_status_and_their_undoing(anna: Toot, bob: StrictMastodon) -> None:
    status = bob.status_post("an excellent post")
    own = posted_id(anna("post", "mine"))
    assert anna.json("favourite", status.id)["favourited"]
    assert "an excellent post" in anna("timelines", "favourites", "--no-pager")
    assert not anna.json("unfavourite", status.id)["favourited"]
    assert anna.json("bookmark", status.id)["bookmarked"]
    assert "an excellent post" in anna("bookmarks", "--once")
    assert not anna.json("unbookmark", status.id)["bookmarked"]
    assert anna.json("pin", own)["pinned"]
    assert not anna.json("unpin", own)["pinned"]
    with pytest.raises(TootFailed, match="Validation failed"):
        anna("pin", status.id)


def test_boosts(anna: Toot, bob: StrictMastodon) -> None:
    status = bob.status_post("worth boosting")
    assert "not reblogged by anyone" in anna("reblogged-by", status.id)
    # By its address: toot looks the id up.
    assert anna.json("reblog", status.url, "--visibility", "private")["reblog"]["id"] == status.id
    assert [each["acct"] for each in anna.json("reblogged-by", status.id)] == [anna.username]
    assert f"@{anna.username} boosted" in anna("timelines", "home", "--no-pager")
    assert anna.json("unreblog", status.id)["reblogged"] is False


# Timelines


def test_home(anna: Toot, bob: StrictMastodon) -> None:
    assert "You are now following" in anna("follow", bob.me().username)
    ids = [bob.status_post(f"number {number}").id for number in range(3)]

    def home(*options: str) -> list[str]:
        return [each["id"] for each in anna.json("timelines", "home", *options)]

    eventually(lambda: home() == ids[::-1])
    assert home("--limit", "1") == [ids[2]]
    assert home("--max-id", ids[1]) == [ids[0]]
    assert home("--since-id", ids[1]) == [ids[2]]
    assert home("--min-id", ids[0], "--limit", "1") == [ids[1]]
    # Every page is asked for by the Link header of the one before.
    assert "number 2" in anna("timelines", "home", "--limit", "1")
    assert "number 0" in anna("timelines", "home", "--limit", "5", "--no-pager")
    assert "number 2" in anna("timeline", "--once", "--count", "1")


def test_public_timelines(anna: Toot, server: RunningServer) -> None:
    status_id = posted_id(anna("post", "hello, world"))
    for options in ([], ["--local"], ["-i", server.url]):
        assert status_id in [each["id"] for each in anna.json("timelines", "public", *options)]
    assert anna.json("timelines", "public", "--remote") == []
    assert status_id not in [each["id"] for each in anna.json("timelines", "public", "--only-media")]
    assert "hello, world" in anna("timelines", "public", "-i", server.url, "--no-pager")
    assert "hello, world" in anna("timeline", "--public", "--local", "--once")
    assert "hello, world" in anna("timeline", "--public", "-i", server.url, "--once", "--reverse")


def test_hashtag_timelines(anna: Toot, server: RunningServer) -> None:
    both, one = posted_id(anna("post", "#salt #pepper")), posted_id(anna("post", "#salt"))

    def tagged(*options: str) -> list[str]:
        return [each["id"] for each in anna.json("timelines", "tag", "salt", *options)]

    assert tagged() == [one, both]
    assert tagged("--all", "pepper") == [both]
    assert tagged("--none", "pepper") == [one]
    assert tagged("--any", "sugar", "--local") == [one, both]
    assert tagged("-i", server.url) == [one, both]
    assert "#pepper" in anna("timeline", "--tag", "salt", "--once")
    assert "#pepper" in anna("timeline", "--tag", "salt", "-i", server.url, "--once")


def test_an_accounts_timeline(anna: Toot, bob: StrictMastodon) -> None:
    status, name = bob.status_post("my own words"), bob.me().username
    assert [each["id"] for each in anna.json("timelines", "account", name)] == [status.id]
    assert "my own words" in anna("timelines", "account", f"@{name}", "--no-pager")
    assert "my own words" in anna("timeline", "--account", name, "--once")
    with pytest.raises(TootFailed, match="Record not found"):
        anna("timelines", "account", "nobodyofthisname")


# Other members


def test_following(anna: Toot, bob: StrictMastodon) -> None:
    name = bob.me().username
    assert anna.json("follow", name)["following"]
    assert [each["acct"] for each in anna.json("following")] == [name]
    assert f"@{anna.username}" in anna("followers", f"@{name}")
    assert anna.json("followers") == []
    assert "no longer following" in anna("unfollow", f"{name}@{anna.server.domain}")
    assert anna.json("following", anna.username) == []
    with pytest.raises(TootFailed, match="Account not found"):
        anna("follow", "nobodyofthisname")


def test_all_followers_are_listed(anna: Toot, join: Join) -> None:
    followers = [join() for _ in range(3)]
    for each in followers:
        each.account_follow(each.account_lookup(anna.username))
    listed = anna("followers").splitlines()
    assert [line.split()[1] for line in listed] == [f"@{each.me().acct}" for each in reversed(followers)]


def test_muting_and_blocking(anna: Toot, bob: StrictMastodon) -> None:
    name = bob.me().username
    assert "No accounts muted" in anna("muted")
    assert anna.json("mute", name)["muting"]
    assert f"@{name}" in anna("muted")
    assert not anna.json("unmute", name)["muting"]
    assert anna.json("muted") == []
    assert "No accounts blocked" in anna("blocked")
    assert anna.json("block", name)["blocking"]
    assert [each["acct"] for each in anna.json("blocked")] == [name]
    assert not anna.json("unblock", name)["blocking"]


def test_follow_requests(anna: Toot, bob: StrictMastodon, carol: StrictMastodon) -> None:
    anna("update-account", "--locked")
    for each in (bob, carol):
        assert each.account_follow(each.account_lookup(anna.username)).requested
    assert {each["id"] for each in anna.json("follow-requests", "list")} == {bob.me().id, carol.me().id}
    assert anna.json("follow-requests", "accept", bob.me().username)["followed_by"]
    assert "rejected" in anna("follow-requests", "reject", carol.me().username)
    assert anna("follow-requests", "list") == ""
    assert [each["id"] for each in anna.json("followers")] == [bob.me().id]


def test_lists(anna: Toot, bob: StrictMastodon) -> None:
    name = bob.me().username
    assert "no lists defined" in anna("lists", "list")
    made = anna.json("lists", "create", "Tea drinkers", "--replies-policy", "list")
    assert "Tea drinkers" in anna("lists", "list")
    with pytest.raises(TootFailed, match="You must follow"):
        anna("lists", "add", "Tea drinkers", name)
    anna("follow", name)
    assert "Added account" in anna("lists", "add", "Tea drinkers", name)
    assert f"@{name}" in anna("lists", "accounts", "--id", made["id"])
    status = bob.status_post("boil it")
    eventually(lambda: [each["id"] for each in anna.json("timelines", "list", "Tea drinkers")] == [status.id])
    assert "boil it" in anna("timeline", "--list", "Tea drinkers", "--once")
    assert "Removed account" in anna("lists", "remove", "Tea drinkers", name)
    assert anna.json("lists", "accounts", "Tea drinkers") == []
    assert "deleted" in anna("lists", "delete", "Tea drinkers")
    assert anna.json("lists", "list") == []


def test_notifications(anna: Toot, bob: StrictMastodon) -> None:
    assert "no notifications" in anna("notifications")
    status_id, me = posted_id(anna("post", "talk to me")), bob.account_lookup(anna.username)
    bob.account_follow(me)
    bob.status_favourite(status_id)
    bob.status_reblog(status_id)
    bob.status_post(f"@{anna.username} hello", in_reply_to_id=status_id)
    eventually(lambda: len(anna.json("notifications")) == 4)
    printed = anna("notifications", "--reverse")
    for sentence in ("now follows you", "favourited your status", "boosted your status", "mentioned you"):
        assert f"@{bob.me().acct} {sentence}" in printed
    assert [each["type"] for each in anna.json("notifications", "--type", "follow")] == ["follow"]
    kept = anna.json("notifications", "--exclude-type", "follow", "--exclude-type", "mention")
    assert {each["type"] for each in kept} == {"favourite", "reblog"}
    assert "mentioned you" in anna("notifications", "--mentions")
    assert "Notifications cleared" in anna("notifications", "--clear")
    assert anna.json("notifications") == []


# Looking


def test_who_is_who(anna: Toot, bob: StrictMastodon) -> None:
    bob.account_update_credentials(note="tea &\ncake", fields=[("site", "https://bob.test")])
    printed = anna("whois", bob.me().username)
    assert "tea &\ncake" in printed
    assert "https://bob.test" in printed
    assert anna.json("whois", f"@{bob.me().username}")["id"] == bob.me().id
    assert f"@{anna.username}" in anna("whoami")


def test_searching(anna: Toot, bob: StrictMastodon) -> None:
    name, status = bob.me().username, bob.status_post("look for me")
    assert f"@{name}" in anna("search", name)
    assert anna.json("search", name, "--type", "accounts", "--limit", "1")["accounts"][0]["acct"] == name
    assert status.id in anna("search", status.url, "--resolve", "--type", "statuses")
    assert "Nothing found" in anna("search", "nobodyofthisname", "--offset", "3")


def test_the_instance(anna: Toot, server: RunningServer) -> None:
    printed = anna("instance", server.url)
    assert printed.splitlines()[:3] == ["Parley", server.domain, "running Mastodon " + _version(anna)]
    assert server.domain in anna("diag", "--server")


def _version(toot: Toot) -> str:
    return str(toot.json("instance")["version"])


def test_updating_the_account(anna: Toot) -> None:
    anna("post", "so that the server has my preferences in mind")
    assert "Account updated" in anna("update-account", "--display-name", "Anna <3", "--note", "hi #tea")
    updated = anna.json(
        *("update-account", "--bot", "--no-discoverable", "--locked", "--privacy", "private"),
        *("--sensitive", "--language", "fr"),
    )
    assert (updated["bot"], updated["discoverable"], updated["locked"]) == (True, False, True)
    assert updated["display_name"] == "Anna <3"
    source = updated["source"]
    assert (source["privacy"], source["sensitive"], source["language"]) == ("private", True, "fr")
    assert anna.json("post", "as I like it")["visibility"] == "private"


# Tags and trends


def test_tags_are_followed_and_featured(anna: Toot) -> None:
    assert "followed" not in anna("tags", "followed")
    anna("tags", "follow", "gardening")
    assert "gardening" in anna("tags", "followed")
    anna("post", "all about #gardening")
    found = eventually(lambda: anna.json("search", "gardening", "--type", "hashtags")["hashtags"])
    assert found[0]["following"] is True
    assert anna.json("tags", "info", "gardening")["name"] == "gardening"
    anna("tags", "unfollow", "gardening")
    assert "gardening" not in anna("tags", "followed")
    anna("tags", "feature", "gardening")
    assert "gardening" in anna("tags", "featured")
    anna("tags", "unfeature", "gardening")
    assert "gardening" not in anna("tags", "featured")


def test_lists_that_have_nothing_yet(anna: Toot) -> None:
    anna("timelines", "trending")
    anna("timelines", "link", "https://news.example/article")


_COMMANDS_LEFT_OUT = {
    "tui",
}


def test_every_command_is_used_or_left_out_by_name(anna: Toot) -> None:
    groups = {"follow-requests", "lists", "polls", "tags", "timelines"}
    commands = _commands(anna("--help")) - groups
    for group in groups:
        commands |= {f"{group} {each}" for each in _commands(anna(group, "--help"))}
    typed = re.findall(r'\("([a-z_-]+)"(?:, "([a-z-]+)")?', Path(__file__).read_text(encoding="utf-8"))
    used = {word for word, _ in typed} | {f"{word} {second}" for word, second in typed}
    assert commands - used == _COMMANDS_LEFT_OUT


def _commands(help_text: str) -> set[str]:
    return set(re.findall(r"^  ([a-z_-]+)  ", help_text.partition("Commands:")[2], re.MULTILINE))
