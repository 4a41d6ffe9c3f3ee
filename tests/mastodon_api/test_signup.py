"""Signing up through HTTP, with and without confirmation and approval; what is refused, and what is not told."""

import re
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from parley.identity.accounts import find_local_account
from parley.identity.confirmation import confirm_address
from parley.identity.email_addresses import find_holder
from parley.identity.errors import SecretSpent
from parley.identity.jobs import prune_unconfirmed
from parley.identity.signup import approve_sign_up, pending_sign_ups, reject_sign_up
from parley.identity.tokens import TokenCache
from parley.kit import clock
from parley.kit.config import Settings
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import AccountId
from parley.kit.mail import Mail, list_outbox
from parley.kit.services import Services
from parley.mastodon_api.entities.token import Token
from tests.identity.world import bearer, make_application, make_member, make_token

FORM = {
    "username": "Alice_1",
    "email": "alice@mail.test",
    "password": "long enough",
    "agreement": "true",
    "locale": "en",
}


@pytest.fixture
async def app_token(conn: Connection) -> dict[str, str]:
    return bearer(
        await make_token(conn, None, "read write", await make_application(conn, "read write profile"))
    )


async def sign_up(client: httpx.AsyncClient, headers: dict[str, str], **changes: Any) -> httpx.Response:
    return await client.post("/api/v1/accounts", data={**FORM, **changes}, headers=headers)


async def act_as(client: httpx.AsyncClient, answer: httpx.Response) -> httpx.Response:
    token = msgspec.json.decode(answer.content, type=Token)
    return await client.get("/oauth/userinfo", headers={"authorization": f"Bearer {token.access_token}"})


async def mail_to(conn: Connection, address: str) -> Mail:
    """The newest."""
    return next(mail for mail in await list_outbox(conn) if mail.recipient == address)


def secret_in(mail: Mail) -> str:
    found = re.search(r"\?token=(\S+)", mail.text_body)
    assert found is not None, mail.text_body
    return found[1]


async def id_of(conn: Connection, username: str) -> AccountId:
    account = await find_local_account(conn, username)
    assert account is not None
    return account.id


# Open at once


async def test_member_may_act_at_once(
    client: httpx.AsyncClient, conn: Connection, app_token: dict[str, str]
) -> None:
    answer = await sign_up(client, app_token)
    assert answer.status_code == 200
    assert msgspec.json.decode(answer.content, type=Token).scope == "read write profile"
    assert (await act_as(client, answer)).json()["preferred_username"] == "Alice_1"
    account = await find_local_account(conn, "aLICE_1")
    assert account is not None
    assert not account.locked
    events = await conn.fetch_column("select payload from jobs where lane = 'events'")
    assert any(b"AccountCreated" in payload for payload in events)


FAULTS = [
    ({"username": ""}, "username", "ERR_BLANK"),
    ({"username": "no spaces"}, "username", "ERR_INVALID"),
    ({"username": "dots.too"}, "username", "ERR_INVALID"),
    ({"username": "ünicode"}, "username", "ERR_INVALID"),
    ({"username": "trailing\n"}, "username", "ERR_INVALID"),
    ({"username": "x" * 31}, "username", "ERR_TOO_LONG"),
    ({"username": "Admin"}, "username", "ERR_RESERVED"),
    ({"email": " "}, "email", "ERR_BLANK"),
    ({"email": "alice"}, "email", "ERR_INVALID"),
    ({"email": "a@b"}, "email", "ERR_INVALID"),
    ({"email": "a,b@mail.test"}, "email", "ERR_INVALID"),
    ({"email": "a@mail.test\nBcc: b@mail.test"}, "email", "ERR_INVALID"),
    ({"email": "x" * 250 + "@mail.test"}, "email", "ERR_TOO_LONG"),
    ({"password": ""}, "password", "ERR_BLANK"),
    ({"password": "short"}, "password", "ERR_TOO_SHORT"),
    ({"password": "x" * 1001}, "password", "ERR_TOO_LONG"),
    ({"agreement": "false"}, "agreement", "ERR_ACCEPTED"),
    ({"reason": "x" * 2001}, "reason", "ERR_TOO_LONG"),
]


async def test_faults_have_their_codes(client: httpx.AsyncClient, app_token: dict[str, str]) -> None:
    for change, field, code in FAULTS:
        answer = await sign_up(client, app_token, **change)
        assert answer.status_code == 422, change
        assert [each["error"] for each in answer.json()["details"][field]] == [code], change
        assert answer.json()["error"].startswith("Validation failed: ")


async def test_all_faults_at_once(client: httpx.AsyncClient, app_token: dict[str, str]) -> None:
    answer = await client.post("/api/v1/accounts", json={}, headers=app_token)
    assert set(answer.json()["details"]) == {"username", "email", "password", "agreement"}


async def test_names_and_addresses_are_given_once(
    client: httpx.AsyncClient, conn: Connection, app_token: dict[str, str]
) -> None:
    assert (await sign_up(client, app_token)).status_code == 200
    name = await sign_up(client, app_token, username="aLICE_1", email="other@mail.test")
    address = await sign_up(client, app_token, username="other", email="ALICE@Mail.Test")
    assert name.json()["details"]["username"][0]["error"] == "ERR_TAKEN"
    assert address.json()["details"]["email"][0]["error"] == "ERR_TAKEN"
    assert await find_local_account(conn, "other") is None
    assert (await sign_up(client, app_token, username="other", email="o@mail.test")).status_code == 200


async def test_who_may_ask(client: httpx.AsyncClient, conn: Connection, app_token: dict[str, str]) -> None:
    member = bearer(await make_token(conn, await make_member(conn, "bob")))
    narrow = bearer(await make_token(conn, None, "read"))
    assert (await sign_up(client, {})).status_code == 401
    assert (await sign_up(client, member)).status_code == 403
    assert (await sign_up(client, narrow)).status_code == 403
    assert await find_local_account(conn, "Alice_1") is None
    assert (await sign_up(client, app_token)).status_code == 200


class TestClosed:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, registrations="closed")

    async def test_nobody_gets_in(
        self, client: httpx.AsyncClient, conn: Connection, app_token: dict[str, str]
    ) -> None:
        answer = await sign_up(client, app_token)
        assert (answer.status_code, "no new members" in answer.json()["error"]) == (403, True)
        assert await find_local_account(conn, "Alice_1") is None


class TestRateLimited:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(
            settings, rate_limits=True, trusted_proxies=("127.0.0.1",), sign_ups_by_block_max=7
        )

    async def test_mistakes_are_free_and_accounts_are_not(
        self, client: httpx.AsyncClient, app_token: dict[str, str]
    ) -> None:
        mistakes = [await sign_up(client, app_token, agreement="false") for _ in range(6)]
        assert {each.status_code for each in mistakes} == {422}
        made = [await sign_up(client, app_token, username=f"a{n}", email=f"{n}@x.test") for n in range(6)]
        assert [each.status_code for each in made] == [200] * 5 + [429]
        around = [
            await sign_up(
                client,
                {**app_token, "x-forwarded-for": f"2001:db8:7:{n}::1"},
                username=f"b{n}",
                email=f"b{n}@x.test",
            )
            for n in range(9)
        ]
        assert [each.status_code for each in around] == [200] * 7 + [429] * 2, "a /48 is one holder's"


# With confirmation


class TestConfirmed:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, confirm_email=True)

    async def test_link_opens_the_account(
        self, client: httpx.AsyncClient, conn: Connection, app_token: dict[str, str]
    ) -> None:
        answer = await sign_up(client, app_token)
        refused = await act_as(client, answer)
        assert (refused.status_code, "confirmed e-mail" in refused.json()["error"]) == (403, True)
        mail = await mail_to(conn, "alice@mail.test")
        assert "https://parley.test/auth/confirm?token=" in mail.text_body
        await confirm_address(conn, TokenCache(), secret_in(mail))
        assert (await act_as(client, answer)).status_code == 200
        with pytest.raises(SecretSpent):
            await confirm_address(conn, TokenCache(), secret_in(mail))

    async def test_links_that_do_not_serve(
        self, client: httpx.AsyncClient, conn: Connection, app_token: dict[str, str]
    ) -> None:
        await sign_up(client, app_token)
        secret = secret_in(await mail_to(conn, "alice@mail.test"))
        for wrong in ("", "nonsense", f"{secret}x", f"1.{secret.partition('.')[2]}"):
            with pytest.raises(SecretSpent):
                await confirm_address(conn, TokenCache(), wrong)
        with clock.shifted(timedelta(days=2, seconds=1)), pytest.raises(SecretSpent):
            await confirm_address(conn, TokenCache(), secret)
        await confirm_address(conn, TokenCache(), secret)

    async def test_address_of_a_member_is_not_told(
        self, client: httpx.AsyncClient, conn: Connection, app_token: dict[str, str]
    ) -> None:
        """Same answer, same refusals, same number of mails; only the owner's mailbox tells the difference."""
        await make_member(conn, "bob")
        free = await sign_up(client, app_token, username="one", email="free@mail.test")
        taken = await sign_up(client, app_token, username="two", email="Bob@mail.test")
        assert free.status_code == taken.status_code == 200
        assert free.json().keys() == taken.json().keys()
        assert (await act_as(client, free)).json() == (await act_as(client, taken)).json()
        for answer in (free, taken):
            headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
            again = await client.post("/api/v1/emails/confirmations", headers=headers)
            assert (again.status_code, again.json()) == (200, {})
        mail = await mail_to(conn, "bob@mail.test")
        assert "@bob" in mail.text_body
        assert "token=" not in mail.text_body
        holder = await find_holder(conn, "bob@mail.test")
        assert holder == await id_of(conn, "bob")

    async def test_who_only_typed_an_address_does_not_hold_it(
        self, client: httpx.AsyncClient, conn: Connection, app_token: dict[str, str]
    ) -> None:
        await sign_up(client, app_token, username="squatter")
        squatted = secret_in(await mail_to(conn, "alice@mail.test"))
        with clock.shifted(timedelta(minutes=1)):
            await sign_up(client, app_token, username="alice")
        await confirm_address(conn, TokenCache(), secret_in(await mail_to(conn, "alice@mail.test")))
        holder = await find_holder(conn, "alice@mail.test")
        assert holder == await id_of(conn, "alice")
        with pytest.raises(SecretSpent):
            await confirm_address(conn, TokenCache(), squatted)

    async def test_resending_is_for_the_unconfirmed(
        self, client: httpx.AsyncClient, conn: Connection, app_token: dict[str, str]
    ) -> None:
        confirmed = bearer(await make_token(conn, await make_member(conn, "bob")))
        for headers, status in ((confirmed, 403), (app_token, 422), ({}, 401)):
            answer = await client.post("/api/v1/emails/confirmations", headers=headers)
            assert answer.status_code == status

    async def test_a_mistyped_address_can_be_corrected_before_it_is_confirmed(
        self, client: httpx.AsyncClient, conn: Connection, app_token: dict[str, str]
    ) -> None:
        signed_up = await sign_up(client, app_token, email="alcie@mail.test")
        headers = {"authorization": f"Bearer {signed_up.json()['access_token']}"}
        mistyped = secret_in(await mail_to(conn, "alcie@mail.test"))
        path = "/api/v1/emails/confirmations"
        for wrong in ("nothing at all", "a@b@c", "x" * 300 + "@mail.test"):
            answer = await client.post(path, data={"email": wrong}, headers=headers)
            assert (answer.status_code, "details" in answer.json()) == (422, True)
        with clock.shifted(timedelta(minutes=1)):
            answer = await client.post(path, json={"email": "alice@mail.test"}, headers=headers)
            assert (answer.status_code, answer.json()) == (200, {})
            link = secret_in(await mail_to(conn, "alice@mail.test"))
        # The first mail is with a stranger.
        with pytest.raises(SecretSpent):
            await confirm_address(conn, TokenCache(), mistyped)
        assert await find_holder(conn, "alcie@mail.test") is None
        await confirm_address(conn, TokenCache(), link)
        holder = await find_holder(conn, "alice@mail.test")
        assert holder == await id_of(conn, "alice_1")
        again = await client.post(path, data={"email": "other@mail.test"}, headers=headers)
        assert again.status_code == 403

    async def test_names_of_those_who_never_came_are_free_again(
        self, client: httpx.AsyncClient, conn: Connection, app_token: dict[str, str], services: Services
    ) -> None:
        await sign_up(client, app_token)
        await make_member(conn, "bob")
        await prune_unconfirmed(conn, services)
        assert await find_local_account(conn, "alice_1") is not None
        with clock.shifted(timedelta(days=8)):
            await prune_unconfirmed(conn, services)
            assert await find_local_account(conn, "alice_1") is None
            assert await find_local_account(conn, "bob") is not None
            assert (await sign_up(client, app_token)).status_code == 200


# With approval


class TestApproved:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return msgspec.structs.replace(settings, registrations="approval")

    async def test_approval_opens_the_account(
        self, client: httpx.AsyncClient, conn: Connection, app_token: dict[str, str], services: Services
    ) -> None:
        answer = await sign_up(client, app_token, reason="I like gardens")
        refused = await act_as(client, answer)
        assert (refused.status_code, "approval" in refused.json()["error"]) == (403, True)
        waiting = await pending_sign_ups(conn, 10)
        assert [(each.username, each.words.sign_up_reason) for each in waiting] == [
            ("Alice_1", "I like gardens")
        ]
        await approve_sign_up(conn, services.settings, TokenCache(), await id_of(conn, "alice_1"))
        assert (await act_as(client, answer)).status_code == 200
        assert "approved" in (await mail_to(conn, "alice@mail.test")).text_body
        assert await pending_sign_ups(conn, 10) == []

    async def test_rejection_leaves_nothing(
        self, client: httpx.AsyncClient, conn: Connection, app_token: dict[str, str], services: Services
    ) -> None:
        answer = await sign_up(client, app_token)
        account_id = await id_of(conn, "alice_1")
        await reject_sign_up(conn, services.settings, TokenCache(), account_id)
        assert (await act_as(client, answer)).status_code == 401
        assert await find_local_account(conn, "alice_1") is None
        assert "not approved" in (await mail_to(conn, "alice@mail.test")).text_body
        assert (await sign_up(client, app_token)).status_code == 200

    async def test_members_can_not_be_rejected(self, conn: Connection, services: Services) -> None:
        bob = await make_member(conn, "bob")
        with pytest.raises(NotFound):
            await reject_sign_up(conn, services.settings, TokenCache(), bob)
        assert await find_local_account(conn, "bob") is not None
