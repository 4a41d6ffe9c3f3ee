"""Profiles through HTTP: seen by oneself and by others, edited, looked up."""

from datetime import date, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.identity.accounts import add_to_counts
from parley.identity.models import AccountCounts, AccountView, Field
from parley.identity.signup import new_account
from parley.kit import clock
from parley.kit.ids import AccountId, new_account_id
from parley.mastodon_api.entities.account import (
    Account,
    CredentialAccount,
    Preferences,
    Profile,
    account_json,
    to_account,
)
from tests.database import CountingConnection
from tests.graph.world import events_so_far
from tests.identity.world import bearer, change_user, make_application, make_member, make_token, suspend
from tests.mastodon_api.answers import refusal, strictly

BASE = "https://parley.test"
ACCOUNTS = "/api/v1/accounts"
OWN = f"{ACCOUNTS}/verify_credentials"
EDIT = f"{ACCOUNTS}/update_credentials"

Headers = dict[str, str]


@pytest.fixture
async def alice(conn: CountingConnection) -> AccountId:
    return await make_member(conn, "Alice")


@pytest.fixture
async def as_alice(conn: CountingConnection, alice: AccountId) -> Headers:
    return bearer(await make_token(conn, alice))


# Seen by others


async def test_an_account_is_the_same_for_everybody(
    client: httpx.AsyncClient, conn: CountingConnection, alice: AccountId, as_alice: Headers
) -> None:
    await add_to_counts(conn, alice, statuses=3, followers=2, following=1, last_status_on=date(2030, 5, 17))
    shown = strictly(await client.get(f"{ACCOUNTS}/{alice}"), Account)
    assert shown == strictly(await client.get(f"{ACCOUNTS}/{alice}", headers=as_alice), Account)
    assert (shown.id, shown.username, shown.acct) == (str(alice), "Alice", "Alice")
    assert (shown.url, shown.uri) == (f"{BASE}/@Alice", f"{BASE}/users/Alice")
    assert (shown.avatar, shown.header) == (f"{BASE}/static/avatar.png", f"{BASE}/static/header.png")
    assert (shown.statuses_count, shown.followers_count, shown.following_count) == (3, 2, 1)
    assert shown.last_status_at == "2030-05-17"
    assert shown.created_at == f"{clock.now():%Y-%m-%d}T00:00:00.000Z"


async def test_who_moderates_is_not_shown(client: httpx.AsyncClient, conn: CountingConnection) -> None:
    moderator = await make_member(conn, "mona", role="moderator")
    assert strictly(await client.get(f"{ACCOUNTS}/{moderator}"), Account).roles == ()
    own = await client.get(OWN, headers=bearer(await make_token(conn, moderator)))
    assert strictly(own, CredentialAccount).role.name == "Moderator"


async def test_nobodys_id(client: httpx.AsyncClient) -> None:
    for wrong in ("1", "0", "-1", "abc", "9" * 19, "9" * 30, "%00", "1%2F2"):
        assert refusal(await client.get(f"{ACCOUNTS}/{wrong}"))[0] == 404, wrong
        assert refusal(await client.get(f"{ACCOUNTS}/{wrong}/featured_tags"))[0] == 404, wrong


async def test_who_has_not_been_let_in_is_not_there(
    client: httpx.AsyncClient, conn: CountingConnection, alice: AccountId
) -> None:
    for missing in ("confirmed_at", "approved_at"):
        await change_user(conn, alice, **{missing: None})
        assert refusal(await client.get(f"{ACCOUNTS}/{alice}"))[0] == 404
        assert refusal(await client.get(f"{ACCOUNTS}/lookup", params={"acct": "alice"}))[0] == 404
        assert (await client.get(ACCOUNTS, params={"id[]": str(alice)})).json() == []
        await change_user(conn, alice, **{missing: clock.now()})
        assert (await client.get(f"{ACCOUNTS}/{alice}")).status_code == 200


async def test_a_suspended_account_is_a_name_only(
    client: httpx.AsyncClient, conn: CountingConnection, alice: AccountId, as_alice: Headers
) -> None:
    await client.patch(EDIT, json={"display_name": "Alice L.", "note": "Hello"}, headers=as_alice)
    await add_to_counts(conn, alice, statuses=3, last_status_on=date(2030, 5, 17))
    await suspend(conn, alice, clock.now())
    _forget_what_was_read()
    shown = strictly(await client.get(f"{ACCOUNTS}/{alice}"), Account)
    assert shown.suspended is True
    assert (shown.username, shown.display_name, shown.note, shown.statuses_count) == ("Alice", "", "", 0)
    assert shown.last_status_at is None


def _forget_what_was_read() -> None:
    """The tests suspend behind the version's back."""
    from parley.identity import cache
    from parley.mastodon_api import entities

    cache.clear()
    entities.clear_fragments()


async def test_several_at_once(client: httpx.AsyncClient, conn: CountingConnection, alice: AccountId) -> None:
    bob = await make_member(conn, "bob")
    ids = [str(bob), "17", "nonsense", str(alice), str(bob)]
    for name in ("id[]", "id"):
        answer = await client.get(ACCOUNTS, params=[(name, each) for each in ids])
        assert [each.username for each in strictly(answer, list[Account])] == ["bob", "Alice"]
    assert (await client.get(ACCOUNTS)).json() == []


NAMES_OF_ALICE = (
    "alice", "@Alice", "ALICE", "alice@parley.test", "@Alice@PARLEY.test", "acct:alice@parley.test",
)  # fmt: skip
NAMES_OF_NOBODY = (
    "", "@", "bob", "alice@elsewhere.test", "alice@@parley.test", "al ice", "a" * 5000, "älice", "alice@ä..test",
)  # fmt: skip


async def test_looked_up_by_name(client: httpx.AsyncClient, alice: AccountId) -> None:
    for acct in NAMES_OF_ALICE:
        found = strictly(await client.get(f"{ACCOUNTS}/lookup", params={"acct": acct}), Account)
        assert found.id == str(alice), acct
    for acct in NAMES_OF_NOBODY:
        assert refusal(await client.get(f"{ACCOUNTS}/lookup", params={"acct": acct}))[0] == 404, acct


async def test_lists_nobody_has_anything_on(client: httpx.AsyncClient, alice: AccountId) -> None:
    for name in ("featured_tags", "identity_proofs", "endorsements"):
        assert (await client.get(f"{ACCOUNTS}/{alice}/{name}")).json() == []


async def test_a_profile_read_again_costs_one_statement(
    client: httpx.AsyncClient, conn: CountingConnection, alice: AccountId
) -> None:
    costs = []
    for _ in range(2):
        before = conn.statements
        await client.get(f"{ACCOUNTS}/{alice}")
        costs.append(conn.statements - before)
    assert costs == [2, 1]


# Seen by oneself


async def test_own_credentials(client: httpx.AsyncClient, alice: AccountId, as_alice: Headers) -> None:
    own = strictly(await client.get(OWN, headers=as_alice), CredentialAccount)
    assert own.id == str(alice)
    assert own.role.id == "-99"
    assert own.source.privacy == "public"
    assert (own.source.sensitive, own.source.language, own.source.follow_requests_count) == (False, None, 0)


async def test_who_may_read_own_credentials(
    client: httpx.AsyncClient, conn: CountingConnection, alice: AccountId
) -> None:
    assert refusal(await client.get(OWN)) == (401, "The access token is invalid")
    application = bearer(await make_token(conn, None, "read"))
    assert refusal(await client.get(OWN, headers=application)) == (
        422,
        "This method requires an authenticated user",
    )
    for scopes, status in {"profile": 200, "read:accounts": 200, "read": 200, "write": 403}.items():
        registered = await make_application(conn, scopes)
        issued = await make_token(conn, alice, scopes, registered)
        assert (await client.get(OWN, headers=bearer(issued))).status_code == status


# Editing

FIELDS = [("Pronouns", "she/her"), ("Site", "https://example.org/me")]
TEXTS = {"display_name": "Alice ✨", "note": "Hi @bob & <b>all</b> #Tea\n\nhttps://example.org"}
ENCODINGS: dict[str, dict[str, Any]] = {
    "json": {
        "json": TEXTS
        | {"fields_attributes": [{"name": n, "value": v} for n, v in FIELDS], "locked": True}
        | {"source": {"privacy": "private", "sensitive": True, "language": "de"}}
    },
    "form": {
        "data": TEXTS
        | {f"fields_attributes[{i}][name]": FIELDS[i][0] for i in range(2)}
        | {f"fields_attributes[{i}][value]": FIELDS[i][1] for i in range(2)}
        | {"locked": "1", "source[privacy]": "private", "source[sensitive]": "on", "source[language]": "de"}
    },
    "multipart": {
        "files": [
            *((name, (None, text)) for name, text in TEXTS.items()),
            *(
                pair
                for name, value in FIELDS
                for pair in (
                    ("fields_attributes[][name]", (None, name)),
                    ("fields_attributes[][value]", (None, value)),
                )
            ),
            ("locked", (None, "true")),
            ("source[privacy]", (None, "private")),
            ("source[sensitive]", (None, "true")),
            ("source[language]", (None, "de")),
        ]
    },
}


@pytest.mark.parametrize(("method", "encoding"), [("PATCH", "json"), ("PUT", "form"), ("PATCH", "multipart")])
async def test_editing_in_every_encoding(
    client: httpx.AsyncClient,
    conn: CountingConnection,
    alice: AccountId,
    as_alice: Headers,
    method: str,
    encoding: str,
) -> None:
    await make_member(conn, "bob")
    await client.get(f"{ACCOUNTS}/{alice}")
    edited = strictly(
        await client.request(method, EDIT, headers=as_alice, **ENCODINGS[encoding]), CredentialAccount
    )
    assert (edited.display_name, edited.locked) == ("Alice ✨", True)
    assert edited.source.note == TEXTS["note"]
    assert [(each.name, each.value) for each in edited.source.fields] == FIELDS
    assert (edited.source.privacy, edited.source.sensitive, edited.source.language) == ("private", True, "de")
    seen = strictly(await client.get(f"{ACCOUNTS}/{alice}"), Account)
    assert seen.note == edited.note
    assert f'<a href="{BASE}/@bob" class="u-url mention">@<span>bob</span></a>' in seen.note
    assert "&amp; &lt;b&gt;all&lt;/b&gt;" in seen.note
    assert f'<a href="{BASE}/tags/tea" class="mention hashtag" rel="tag">#<span>Tea</span></a>' in seen.note
    assert 'rel="me nofollow noopener noreferrer"' in seen.fields[1].value


async def test_an_edit_is_told_once_and_only_if_it_edits(
    client: httpx.AsyncClient, conn: CountingConnection, alice: AccountId, as_alice: Headers
) -> None:
    await client.patch(EDIT, headers=as_alice)
    await client.patch(EDIT, json={"source": {"sensitive": True}}, headers=as_alice)
    assert await events_so_far(conn) == []
    await client.patch(EDIT, json={"bot": True}, headers=as_alice)
    assert await events_so_far(conn) == [("ProfileEdited", {"account_id": alice})]


async def test_what_is_not_given_stays_and_what_is_empty_goes(
    client: httpx.AsyncClient, as_alice: Headers
) -> None:
    await client.patch(EDIT, headers=as_alice, **ENCODINGS["json"])
    await client.patch(EDIT, json={"note": ""}, headers=as_alice)
    fields = [{"name": "", "value": ""}, {"name": "Site", "value": ""}]
    await client.patch(EDIT, json={"fields_attributes": fields, "source": {"language": ""}}, headers=as_alice)
    own = strictly(await client.get(OWN, headers=as_alice), CredentialAccount)
    assert (own.display_name, own.note, own.locked) == ("Alice ✨", "", True)
    assert [(each.name, each.value) for each in own.fields] == [("Site", "")]
    assert (own.source.privacy, own.source.language) == ("private", None)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"display_name": "x" * 31}, "Display name is too long (maximum is 30 characters)"),
    ({"note": "é" * 501}, "Note is too long (maximum is 500 characters)"),
    ({"note": "\x00"}, "note must not contain NUL characters"),
    (
        {"fields_attributes": [{"name": "a", "value": "b"}] * 5},
        "Fields are too many (maximum is 4)",
    ),
    ({"fields_attributes": [{"name": "", "value": "b"}]}, "Field name can't be blank"),
    (
        {"fields_attributes": [{"name": "a", "value": "b" * 256}]},
        "Field value is too long (maximum is 255 characters)",
    ),
    ({"fields_attributes": "everything"}, "fields_attributes must have named parts"),
    ({"locked": "maybe"}, "locked must be true or false"),
    ({"source": {"privacy": "secret"}}, "source[privacy] is not included in the list"),
    ({"source": {"language": "Klingon!"}}, "Language is not a language code such as en or pt-BR"),
]


async def test_refused_edits_leave_everything(
    client: httpx.AsyncClient, conn: CountingConnection, as_alice: Headers
) -> None:
    for change, sentence in REFUSED:
        answer = await client.patch(EDIT, json={"bot": True, **change}, headers=as_alice)
        assert refusal(answer) == (422, f"Validation failed: {sentence}")
    own = strictly(await client.get(OWN, headers=as_alice), CredentialAccount)
    assert (own.bot, own.display_name, own.note, own.fields) == (False, "", "", ())
    assert await events_so_far(conn) == []


async def test_what_is_no_picture_is_refused(client: httpx.AsyncClient, as_alice: Headers) -> None:
    for name in ("avatar", "header"):
        picture = {name: ("me.png", b"\x89PNG", "image/png")}
        answer = await client.patch(EDIT, files=picture, headers=as_alice)
        assert refusal(answer) == (422, "Validation failed: The file is not of a kind that is taken here")
        deleted = await client.delete(f"/api/v1/profile/{name}", headers=as_alice)
        assert strictly(deleted, CredentialAccount).avatar == f"{BASE}/static/avatar.png"


async def test_who_may_edit(client: httpx.AsyncClient, conn: CountingConnection, alice: AccountId) -> None:
    assert refusal(await client.patch(EDIT, json={"bot": True}))[0] == 401
    reader = bearer(await make_token(conn, alice, "read"))
    assert refusal(await client.patch(EDIT, json={"bot": True}, headers=reader))[0] == 403


async def test_the_profile_as_typed(client: httpx.AsyncClient, alice: AccountId, as_alice: Headers) -> None:
    answer = await client.patch("/api/v1/profile", json={"note": "a < b", "locked": True}, headers=as_alice)
    profile = strictly(answer, Profile)
    assert (profile.id, profile.note, profile.locked, profile.avatar) == (str(alice), "a < b", True, None)
    assert strictly(await client.get("/api/v1/profile", headers=as_alice), Profile) == profile


async def test_what_a_profile_shows_and_who_may_credit_it(
    client: httpx.AsyncClient, as_alice: Headers
) -> None:
    ok = {"show_media": False, "show_media_replies": "0", "show_featured": False}
    domains = ["News.example", "bücher.example", "news.example"]
    answer = await client.patch(
        "/api/v1/profile", json={**ok, "attribution_domains": domains}, headers=as_alice
    )
    profile = strictly(answer, Profile)
    assert (profile.show_media, profile.show_media_replies, profile.show_featured) == (False, False, False)
    assert profile.attribution_domains == ("news.example", "xn--bcher-kva.example")
    made = await client.post("/api/v1/featured_tags", json={"name": "tea"}, headers=as_alice)
    profile = strictly(await client.get("/api/v1/profile", headers=as_alice), Profile)
    assert [each.id for each in profile.featured_tags] == [made.json()["id"]]
    source = (await client.get("/api/v1/accounts/verify_credentials", headers=as_alice)).json()["source"]
    assert source["attribution_domains"] == list(profile.attribution_domains)
    for wrong in (["no domain"], [f"a{each}.example" for each in range(101)]):
        refused = await client.patch("/api/v1/profile", json={"attribution_domains": wrong}, headers=as_alice)
        assert refusal(refused)[0] == 422
    cleared = await client.patch("/api/v1/profile", data={"attribution_domains[]": ""}, headers=as_alice)
    assert strictly(cleared, Profile).attribution_domains == ()


async def test_posts_are_not_sent_by_mail(client: httpx.AsyncClient, alice: AccountId) -> None:
    for account_id in (alice, 1):
        path = f"/api/v1/accounts/{account_id}/email_subscriptions"
        assert refusal(await client.post(path, json={"email": "a@mail.test"}))[0] == 404


async def test_preferences(client: httpx.AsyncClient, as_alice: Headers) -> None:
    await client.patch(EDIT, json={"source": {"privacy": "unlisted", "language": "pt-BR"}}, headers=as_alice)
    found = strictly(await client.get("/api/v1/preferences", headers=as_alice), Preferences)
    assert (found.posting_default_visibility, found.posting_default_language) == ("unlisted", "pt-BR")
    assert refusal(await client.get("/api/v1/preferences"))[0] == 401


# The fragment

texts = st.text(st.characters(codec="utf-8"), max_size=50)
counts = st.builds(
    AccountCounts,
    account_id=st.just(AccountId(7)),
    version=st.integers(1, 3),
    statuses_count=st.integers(0, 2**31),
    followers_count=st.integers(0, 2**31),
    following_count=st.integers(0, 2**31),
    last_status_on=st.none() | st.dates(min_value=date(2000, 1, 1)),
)


@given(st.lists(counts, min_size=1, max_size=4), texts, st.booleans())
def test_fragments_are_what_the_struct_says(many: list[AccountCounts], text: str, suspended: bool) -> None:
    """However the counts change between two answers, and whatever stands in the texts before them."""
    account = msgspec.structs.replace(
        new_account(new_account_id(), "alice"),
        display_name=text + ',"followers_count":',
        fields=(Field(text, text, text, clock.now() - timedelta(days=1)),),
        suspended_at=clock.now() if suspended else None,
    )
    for each in many:
        view = AccountView(account, msgspec.structs.replace(each, account_id=account.id))
        assert account_json(view, BASE) == msgspec.json.encode(to_account(view, BASE))
