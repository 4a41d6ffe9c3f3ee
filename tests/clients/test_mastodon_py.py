"""Mastodon.py: signing up and in, applications, the server's documents, search, markers, notifications, lists."""

import warnings
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from mastodon import MastodonAPIError, MastodonNotFoundError, MastodonUnauthorizedError
from mastodon.types_base import AttribAccessDict, Entity

from tests.clients.browser import consent, shown_code
from tests.clients.conftest import SCOPES, Join
from tests.clients.running_server import PASSWORD, RunningServer
from tests.clients.strict_mastodon import StrictMastodon
from tests.clients.waiting import eventually

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("clients")]


# Applications and OAuth


def test_an_application_is_registered_and_verified(
    server: RunningServer, application: tuple[str, str], alice: StrictMastodon, tmp_path: Path
) -> None:
    secrets = tmp_path / "secrets"
    StrictMastodon.create_app(
        "Kept in a file",
        scopes=["read"],
        redirect_uris=["https://app.test/callback", "urn:ietf:wg:oauth:2.0:oob"],
        website="https://app.test",
        to_file=secrets,
        api_base_url=server.url,
    )
    assert StrictMastodon(secrets).client_secret

    phone = StrictMastodon(*application, api_base_url=server.url)
    phone.log_in(alice.me().username, PASSWORD, scopes=SCOPES, allow_http=True)
    verified = phone.app_verify_credentials()
    assert (verified.name, verified.scopes) == ("Tests of clients", SCOPES)
    assert application[1] not in str(verified)


def test_a_member_signs_in_by_password_and_out(
    server: RunningServer, application: tuple[str, str], alice: StrictMastodon, tmp_path: Path
) -> None:
    phone, kept = StrictMastodon(*application, api_base_url=server.url), tmp_path / "token"
    phone.log_in(alice.me().username, PASSWORD, scopes=SCOPES, to_file=kept, allow_http=True)
    assert phone.me().id == alice.me().id
    to_keep: Any = phone.persistable_login_credentials
    assert kept.read_text(encoding="utf-8") == to_keep()
    assert StrictMastodon(access_token=kept).me().id == alice.me().id

    phone.revoke_access_token(allow_http=True)
    with pytest.raises(MastodonUnauthorizedError):
        StrictMastodon(access_token=kept).me()
    assert alice.me().id, "the other session goes on"


def test_a_member_signs_in_by_code(
    server: RunningServer, application: tuple[str, str], alice: StrictMastodon
) -> None:
    phone = StrictMastodon(*application, api_base_url=server.url)
    asked = phone.auth_request_url(scopes=SCOPES, force_login=True, allow_http=True)
    code = shown_code(consent(server, alice.me().username, asked))
    phone.log_in(code=code, scopes=SCOPES, allow_http=True)
    assert phone.me().id == alice.me().id
    with pytest.raises(ValueError, match="Invalid access token"):
        phone.log_in(code=code, scopes=SCOPES, allow_http=True)


def test_a_site_gets_its_code_by_redirect(server: RunningServer, alice: StrictMastodon) -> None:
    callback = "https://app.test/callback"
    app = StrictMastodon.create_app(
        "A site", scopes=["read"], redirect_uris=callback, api_base_url=server.url
    )
    site = StrictMastodon(*app, api_base_url=server.url)
    asked = site.auth_request_url(redirect_uris=callback, scopes=["read"], state="s&t", allow_http=True)
    answer = parse_qs(urlsplit(_sent_to(consent(server, alice.me().username, asked), callback)).query)
    assert answer["state"] == ["s&t"]
    site.log_in(code=answer["code"][0], redirect_uri=callback, scopes=["read"], allow_http=True)
    assert site.me().id == alice.me().id

    denied = consent(server, alice.me().username, asked, decision="deny")
    assert "error=access_denied" in _sent_to(denied, callback)


def _sent_to(answer: httpx.Response, callback: str) -> str:
    location = answer.headers["location"]
    assert location.startswith(callback), location
    return str(location)


def test_a_code_is_bound_to_its_proof_key(server: RunningServer, alice: StrictMastodon) -> None:
    """The library can't do this part itself, so its request is completed by hand."""
    verifier = "a-proof-key-of-at-least-forty-three-characters"
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    app = StrictMastodon.create_app("With a key", scopes=["read"], api_base_url=server.url)
    asked = StrictMastodon(*app, api_base_url=server.url).auth_request_url(scopes=["read"], allow_http=True)
    asked += f"&code_challenge={challenge}&code_challenge_method=S256"

    def exchange(code_verifier: str) -> httpx.Response:
        form = {"grant_type": "authorization_code", "client_id": app[0], "client_secret": app[1]}
        form |= {"redirect_uri": "urn:ietf:wg:oauth:2.0:oob", "code_verifier": code_verifier}
        form["code"] = shown_code(consent(server, alice.me().username, asked))
        return httpx.post(f"{server.url}/oauth/token", data=form, timeout=60)

    assert exchange(verifier[::-1]).json()["error"] == "invalid_grant"
    token = exchange(verifier).json()["access_token"]
    assert StrictMastodon(access_token=token, api_base_url=server.url).me().id == alice.me().id


def test_wrong_passwords_and_unknown_scopes_are_refused(
    server: RunningServer, application: tuple[str, str], alice: StrictMastodon
) -> None:
    phone, address = StrictMastodon(*application, api_base_url=server.url), alice.me().username
    with pytest.raises(ValueError, match="Invalid user name"):
        phone.log_in(address, "not swordfish", scopes=SCOPES, allow_http=True)
    with pytest.raises(ValueError, match="Invalid user name"):
        phone.log_in(address, PASSWORD, scopes=["admin:read"], allow_http=True)


def test_a_narrow_token_reads_and_does_not_write(
    server: RunningServer, application: tuple[str, str], alice: StrictMastodon
) -> None:
    reader = StrictMastodon(*application, api_base_url=server.url)
    reader.log_in(alice.me().username, PASSWORD, scopes=["read:statuses"], allow_http=True)
    assert reader.timeline_home() == []
    with pytest.raises(MastodonAPIError, match="403"):
        reader.status_post("not with this token")


def test_the_authorization_server_describes_itself(server: RunningServer, alice: StrictMastodon) -> None:
    described = alice.oauth_authorization_server_info()
    assert described.issuer.rstrip("/") == server.url
    assert {"authorization_code", "password"} <= set(described.grant_types_supported)
    assert "S256" in described.code_challenge_methods_supported
    address = alice.auth_request_url(scopes=SCOPES, allow_http=True)
    assert address.startswith(f"{server.url}/oauth/authorize?")


def test_who_a_token_belongs_to(
    server: RunningServer, alice: StrictMastodon, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = StrictMastodon.create_app("Sign in with", scopes=["profile"], api_base_url=server.url)
    visitor = StrictMastodon(*app, api_base_url=server.url)
    visitor.log_in(alice.me().username, PASSWORD, scopes=["profile"], allow_http=True)
    # The library follows the address it was told over https alone; told nothing, it takes the usual one.
    monkeypatch.setattr(visitor, "oauth_authorization_server_info", AttribAccessDict)
    told = visitor.oauth_userinfo()
    assert told.preferred_username == alice.me().username
    assert told.profile == alice.me().url


def test_signing_up(server: RunningServer, application: tuple[str, str]) -> None:
    newcomer = StrictMastodon(*application, api_base_url=server.url)
    token = newcomer.create_account(
        "Newcomer", PASSWORD, "newcomer@mail.test", agreement=True, locale="de", scopes=SCOPES
    )
    assert newcomer.access_token == token
    assert newcomer.me().username == "Newcomer"
    assert newcomer.status_post("hello").account.acct == "Newcomer"


def test_signing_up_names_each_mistake(
    server: RunningServer, application: tuple[str, str], alice: StrictMastodon
) -> None:
    newcomer = StrictMastodon(*application, api_base_url=server.url)

    def mistakes(username: str, password: str, email: str, *, agreement: bool) -> dict[str, list[str]]:
        token, refusal = newcomer.create_account(
            username, password, email, agreement=agreement, scopes=SCOPES, return_detailed_error=True
        )
        assert token is None
        assert refusal.error.startswith("Validation failed: ")
        told = {field: found for field, found in refusal.details.items() if found is not None}
        return {field: [each.error for each in found] for field, found in told.items()}

    assert mistakes("no name", "short", "no address", agreement=False) == {
        "username": ["ERR_INVALID"],
        "password": ["ERR_TOO_SHORT"],
        "email": ["ERR_INVALID"],
        "agreement": ["ERR_ACCEPTED"],
    }
    taken = alice.me().username.upper()
    assert mistakes(taken, PASSWORD, "other@mail.test", agreement=True) == {"username": ["ERR_TAKEN"]}


def test_a_confirmed_member_needs_no_second_confirmation(alice: StrictMastodon) -> None:
    with pytest.raises(MastodonAPIError, match="403"):
        alice.email_resend_confirmation()


# The server's documents


def test_the_instance_introduces_itself(server: RunningServer, alice: StrictMastodon) -> None:
    alice.status_post("counted")
    assert alice.instance().domain == server.domain
    assert alice.instance_v2().configuration.statuses.max_characters == 1000
    old = alice.instance_v1()
    assert old.uri == server.domain
    assert old.urls.streaming_api.startswith("ws://")
    assert alice.instance_nodeinfo().software.name == "parley"
    assert alice.instance_health()
    assert alice.get_approx_server_time()


def test_the_version_is_one_the_library_understands(server: RunningServer) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        visitor = StrictMastodon(api_base_url=server.url, version_check_mode="created")
        assert visitor.retrieve_mastodon_version(fail_hard=True) == "4.5.0"
        assert visitor.verify_minimum_version("4.5.0")
        assert not visitor.verify_minimum_version("4.6.0")
        assert visitor.timeline_is_available("public", local=True, fail_hard=True)


def test_the_instance_lists_what_it_has(alice: StrictMastodon) -> None:
    assert len(alice.instance_activity()) == 12
    assert alice.instance_peers() == []
    assert {each.text for each in alice.instance_rules()} <= {"Be kind"}
    assert alice.instance_domain_blocks() == []
    assert alice.instance_translation_languages() == {}
    assert alice.custom_emojis() == []
    alice.set_language("de")
    assert {"en", "de"} <= {each.code for each in alice.instance_languages()}
    assert alice.instance_extended_description().content


# Search, preferences, markers


def test_accounts_are_found_at_once(alice: StrictMastodon, bob: StrictMastodon) -> None:
    name = bob.me().username
    for found in (
        alice.search(name).accounts,
        alice.search_v2(f"@{name}", result_type="accounts").accounts,
        alice.search(bob.me().url, resolve=True).accounts,
        alice.account_search(name),
    ):
        assert [each.id for each in found][:1] == [bob.me().id]
    assert alice.account_search(name, following=True) == []
    assert alice.search_v2("nobodyofthisname", result_type="accounts").accounts == []


def test_search_results_come_page_by_page(join: Join, alice: StrictMastodon) -> None:
    namesakes = [join() for _ in range(3)]
    for each in namesakes:
        each.account_update_credentials(display_name="Xanthippe")
    eventually(lambda: len(alice.account_search("xanthip")) == len(namesakes))
    first = alice.search_v2("xanthip", result_type="accounts", limit=2)
    assert len(first.accounts) == 2
    second: Any = alice.fetch_next(first)
    assert {each.id for each in [*first.accounts, *second.accounts]} == {each.me().id for each in namesakes}
    before: Any = alice.fetch_previous(second)
    assert before.accounts == first.accounts


def test_a_status_is_found_by_its_address(alice: StrictMastodon, bob: StrictMastodon) -> None:
    posted = bob.status_post("where I am")
    assert [each.id for each in alice.search(posted.url).statuses] == [posted.id]
    hidden = bob.status_post("for nobody", visibility="direct")
    assert alice.search(hidden.url).statuses == []


def test_preferences_follow_the_profile(alice: StrictMastodon) -> None:
    alice.account_update_credentials(
        default_privacy="unlisted", default_sensitive=True, default_language="de"
    )
    preferences = alice.preferences()
    assert preferences["posting:default:visibility"] == "unlisted"
    assert preferences["posting:default:sensitive"] is True
    assert preferences["posting:default:language"] == "de"
    posted = alice.status_post("as I like it")
    assert (posted.visibility, posted.language) == ("unlisted", "de")


def test_markers_are_kept(alice: StrictMastodon) -> None:
    posted = alice.status_post("read up to here")
    assert alice.markers_get() == {}
    saved = alice.markers_set(["home", "notifications"], [posted, "12"])
    assert saved["home"].last_read_id == posted.id
    read = alice.markers_get(["home", "notifications"])
    assert (read["home"].last_read_id, read["notifications"].last_read_id) == (posted.id, "12")
    assert read["home"].version == 1


# Notifications


@pytest.fixture
def notified(alice: StrictMastodon, bob: StrictMastodon) -> StrictMastodon:
    """Alice, whom bob followed, mentioned, favourited and reblogged."""
    posted = alice.status_post("please notice me")
    bob.account_follow(alice.me())
    bob.status_favourite(posted)
    bob.status_reblog(posted)
    bob.status_reply(posted, "I did")
    eventually(lambda: len(alice.notifications()) == 4)
    return alice


def test_notifications_of_every_kind(notified: StrictMastodon, bob: StrictMastodon) -> None:
    received = notified.notifications()
    assert {each.type for each in received} == {"follow", "favourite", "reblog", "mention"}
    assert {each.account.id for each in received} == {bob.me().id}
    assert [each.type for each in notified.notifications(types=["follow"])] == ["follow"]
    assert [each.type for each in notified.notifications(mentions_only=True)] == ["mention"]
    assert len(notified.notifications(exclude_types=["follow", "mention"])) == 2
    assert len(notified.notifications(account_id=bob.me())) == 4
    assert notified.notifications(account_id=notified.me()) == []
    assert notified.notifications(received[0].id) == received[0]


def test_notifications_come_page_by_page(notified: StrictMastodon) -> None:
    everything = notified.notifications()
    pages = notified.fetch_remaining(notified.notifications(limit=1))
    assert [each.id for each in pages] == [each.id for each in everything]


def test_notifications_are_counted_read_and_dismissed(notified: StrictMastodon) -> None:
    first, *others = notified.notifications()
    assert notified.notifications_unread_count().count == 4
    notified.markers_set("notifications", others[0])
    assert notified.notifications_unread_count().count == 1
    notified.notifications_dismiss(first)
    assert [each.id for each in notified.notifications()] == [each.id for each in others]
    with pytest.raises(MastodonNotFoundError):
        notified.notifications(first.id)
    notified.notifications_clear()
    assert notified.notifications() == []


# Lists


def test_lists_are_made_filled_read_and_removed(alice: StrictMastodon, bob: StrictMastodon) -> None:
    alice.account_follow(bob.me())
    made = alice.list_create("Friends", replies_policy="none", exclusive=True)
    alice.list_accounts_add(made, [bob.me()])
    assert [each.id for each in alice.list_accounts(made)] == [bob.me().id]
    assert [each.id for each in alice.account_lists(bob.me())] == [made.id]

    posted = bob.status_post("for lists")
    eventually(lambda: [each.id for each in alice.timeline_list(made)] == [posted.id])
    assert posted.id not in {each.id for each in alice.timeline_home()}

    renamed = alice.list_update(made, "Good friends", replies_policy="followed", exclusive=False)
    assert alice.list(made) == renamed
    assert [(each.title, each.exclusive) for each in alice.lists()] == [("Good friends", False)]
    alice.list_accounts_delete(made, [bob.me()])
    assert alice.list_accounts(made) == []
    alice.list_delete(made)
    assert alice.lists() == []


def test_lists_hold_only_whom_one_follows_and_are_private(alice: StrictMastodon, bob: StrictMastodon) -> None:
    made = alice.list_create("Mine")
    with pytest.raises(MastodonNotFoundError):
        alice.list_accounts_add(made, [bob.me()])
    with pytest.raises(MastodonNotFoundError):
        bob.list(made)


# What was parsed can be kept


def test_entities_survive_being_stored(alice: StrictMastodon) -> None:
    posted = alice.status_post("to be kept")
    assert Entity.from_json(posted.to_json()) == posted
