"""Settings: profile, posting, password, sessions; the administrator's outbox."""

from parley.kit.db import Connection
from parley.kit.mail import list_outbox, queue_mail
from tests.identity.world import PASSWORD, make_token
from tests.web.conftest import Joining
from tests.web.visitor import Visitor, form_on, text_of


async def test_the_profile(alice: Visitor, anyone: Visitor) -> None:
    await alice.open("/settings")
    changes = {
        "display_name": "Alice Appleby",
        "note": "Likes #tomatoes\nand @alice",
        "field_name": ["Website", "", "", ""],
        "field_value": ["https://alice.test", "", "", ""],
        "bot": "1",
        "indexable": "1",
    }
    await alice.does("/settings", **changes)
    fields = form_on(alice.page.text, "/settings").fields
    assert {name: fields[name] for name in changes} == changes
    page = await anyone.open("/@alice")
    assert 'href="https://alice.test" target="_blank" rel="me nofollow' in page
    assert "Alice Appleby @alice@parley.test bot" in text_of(page)
    assert "noindex" not in page
    await alice.does("/settings", bot="", indexable="", locked="1", discoverable="")
    page = await anyone.open("/@alice")
    assert "approves followers" in page
    assert "noindex" in page


async def test_a_profile_too_long_keeps_what_was_typed(alice: Visitor) -> None:
    await alice.open("/settings")
    answer = await alice.send("/settings", note="x" * 501, field_name=["Website", "", "", ""])
    assert answer.status_code == 422
    assert "Note is too long" in text_of(answer.text)
    fields = form_on(answer.text, "/settings").fields
    assert (fields["note"], fields["field_name"][0]) == ("x" * 501, "Website")


async def test_preferences_refuse_nonsense(alice: Visitor) -> None:
    await alice.open("/settings/preferences")
    for wrong in ({"visibility": "all"}, {"language": "1"}, {"visibility": ""}):
        assert (await alice.send("/settings/preferences", **wrong)).status_code == 422
    page = await alice.does("/settings/preferences", sensitive="1")
    assert form_on(page, "/settings/preferences").fields["sensitive"] == "1"


async def test_changing_the_password_signs_other_browsers_out(
    alice: Visitor, anyone: Visitor, conn: Connection
) -> None:
    anyone.name = "alice"
    await anyone.sign_in()
    action = "/settings/account/password"
    await alice.open("/settings/account")
    wrong = await alice.send(action, current="wrong", password="another password")
    assert (wrong.status_code, 'id="e-current"' in wrong.text) == (422, True)
    short = await alice.send(action, current=PASSWORD, password="short")
    assert (short.status_code, 'id="e-password"' in short.text) == (422, True)
    assert "Your password is changed" in text_of(
        await alice.does(action, current=PASSWORD, password="another password")
    )
    assert (await anyone.get("/home")).status_code == 303
    assert (await anyone.sign_in()).status_code == 422
    assert (await anyone.sign_in("another password")).status_code == 303
    assert "password" in (await list_outbox(conn))[0].subject.lower()


async def test_sessions_and_applications_can_be_ended(
    alice: Visitor, bob: Visitor, anyone: Visitor, conn: Connection
) -> None:
    anyone.name = "alice"
    anyone.client.headers["user-agent"] = (
        "Mozilla/5.0 (Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0"
    )
    await anyone.sign_in()
    issued = await make_token(conn, alice.id, scopes="read")
    page = text_of(await alice.open("/settings/account"))
    assert "Firefox on Android" in page
    assert "Test app" in page
    app = {"authorization": f"Bearer {issued.bearer}"}
    revoke = f"/settings/account/sessions/{issued.token.id}/revoke"
    await bob.open("/settings/account")
    token = form_on(bob.page.text, "/settings/account/password").fields["form_token"]
    assert (await bob.client.post(revoke, data={"form_token": token})).status_code == 404
    assert (await alice.client.get("/api/v1/accounts/verify_credentials", headers=app)).status_code == 200
    assert "It is signed out" in text_of(await alice.does(revoke))
    assert (await alice.client.get("/api/v1/accounts/verify_credentials", headers=app)).status_code == 401
    await alice.does("/settings/account/sessions/revoke_others")
    assert (await anyone.get("/home")).status_code == 303
    assert (await alice.get("/home")).status_code == 200


async def test_the_outbox_is_for_administrators(alice: Visitor, join: Joining, conn: Connection) -> None:
    await queue_mail(
        conn,
        "dora@mail.test",
        "Confirm <now>",
        "Hello,\n\nhttps://parley.test/auth/confirm?token=1\n\n<bye>",
        "<p>",
    )
    refused = await alice.get("/outbox")
    assert (refused.status_code, "token=1" in refused.text) == (403, False)
    admin = await join("boss", role="admin")
    page = await admin.open("/outbox")
    assert 'href="https://parley.test/auth/confirm?token=1"' in page
    assert "dora@mail.test" in page
    assert "<bye>" not in page
    assert 'href="/outbox"' in page
    assert 'href="/outbox"' not in await alice.open("/home")
