"""Staff at their pages: who gets in, who waits, accounts, reports, rules, texts, blocks, announcements, the log."""

import io
import re
import tarfile
from datetime import timedelta
from html import unescape

import pytest

from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.services import Services
from parley.moderation.figures import note_figures
from parley.web.routes import ROUTES
from tests.identity.world import make_member
from tests.mastodon_api.test_media import jpeg
from tests.web.conftest import Joining
from tests.web.test_every_page import path_of
from tests.web.visitor import Forms, Visitor, text_of
from tests.world import settle


@pytest.fixture
async def boss(join: Joining) -> Visitor:
    return await join("boss", role="admin")


@pytest.fixture
async def warden(join: Joining) -> Visitor:
    return await join("warden", role="moderator")


async def report(reporter: Visitor, target: Visitor, path: str = "", **fields: str) -> None:
    """Through the form, of an account or of a post of it."""
    status = f"&status={path.rpartition('/')[2]}" if path else ""
    await reporter.open(f"/report?account={target.id}{status}")
    answer = await reporter.send("/report", **fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/@{target.name}")


async def test_for_members_there_are_no_pages_of_staff(alice: Visitor, warden: Visitor) -> None:
    assert "Staff" not in await alice.open("/home")
    assert 'href="/admin"' in await warden.open("/home")
    for route in ROUTES:
        if route.needs is not None and route.method == "GET":
            assert (await alice.get(path_of(route))).status_code == 404, route.path
    for path, status in (("/admin/reports", 200), ("/admin/rules", 404), ("/admin/blocks", 404)):
        assert (await warden.get(path)).status_code == status, path


async def test_who_waits_is_let_in_or_turned_away(conn: Connection, warden: Visitor, boss: Visitor) -> None:
    good = await make_member(conn, "good", approved_at=None, sign_up_reason="I paint <b>birds</b>")
    bad = await make_member(conn, "bad", approved_at=None)
    page = await warden.open("/admin/approvals")
    assert "I paint &lt;b&gt;birds" in page
    assert "good@mail.test" not in page, "moderators see no addresses"
    assert "good@mail.test" in await boss.open("/admin/approvals")
    assert "approved" in await warden.does(f"/admin/approvals/{good}/approve")
    refused = await warden.send(f"/admin/approvals/{bad}/reject", reason="Kept " + "x" * 2000)
    assert (refused.status_code, "Kept xxx" in refused.text) == (422, True)
    assert "turned away" in await warden.does(f"/admin/approvals/{bad}/reject", reason="Spam")
    late = await boss.send(f"/admin/approvals/{good}/approve")
    assert (late.status_code, "isn&#39;t waiting for approval" in late.text) == (422, True)
    assert "Nobody waits" in text_of(await warden.open("/admin/approvals"))
    log = text_of(await warden.open("/admin/log?about=good"))
    assert ("let in @good" in log, "turned away" in log) == (True, False)


async def test_files_of_what_a_reported_post_quotes_are_covered(
    services: Services, alice: Visitor, bob: Visitor, warden: Visitor
) -> None:
    quoted = await bob.says("Rude before", files={"file": ("a.jpg", jpeg((30, 30)), "image/jpeg")})
    await bob.open(f"/compose?quote={quoted.rpartition('/')[2]}")
    await bob.does("/compose", text="Look at this")
    await report(alice, bob, await bob.newest_path(), category="spam")
    await settle(services)
    desk = re.findall(r"/admin/reports/[0-9]+", await warden.open("/admin/reports"))[0]
    page = await warden.open(desk)
    assert "Rude before" in page
    assert "1 reported file" in text_of(page)


async def test_a_report_from_the_form_to_the_decision(
    services: Services, alice: Visitor, bob: Visitor, warden: Visitor
) -> None:
    path = await bob.says("Something rude", files={"file": ("a.jpg", jpeg((30, 30)), "image/jpeg")})
    assert "reported file" not in await alice.open(path)
    assert f"/report?account={bob.id}" in await alice.open(path)
    assert f"/report?account={bob.id}" in await alice.open("/@bob")
    await report(alice, bob, path, category="spam", comment="Look at <this>")
    await alice.open(f"/report?account={bob.id}")
    wrong = await alice.send("/report", category="boring", comment="kept")
    assert (wrong.status_code, "kept" in wrong.text) == (422, True)
    for query in ("", f"?account={alice.id}", "?account=12345", f"?account={alice.id}&status=1"):
        assert (await alice.get(f"/report{query}")).status_code == 404, query
    await settle(services)
    listed = await warden.open("/admin/reports")
    desk = re.findall(r"/admin/reports/[0-9]+", listed)[0]
    page = await warden.open(desk)
    assert "Something rude" in page
    assert "1 reported file" in text_of(page)
    assert page.count("warned covered") == 1
    assert "Look at &lt;this&gt;" in page
    assert "warden" in text_of(await warden.does(f"{desk}/assign"))
    assert "Against the law" in text_of(await warden.does(f"{desk}/category", category="legal"))
    account = f"/admin/accounts/{bob.id}"
    await warden.open(f"{account}?report={desk.rpartition('/')[2]}")
    decided = await warden.does(f"{account}/act", type="silence", reason="Be kind")
    assert "limited" in text_of(decided)
    assert "Be kind" in decided
    assert "No report waits" in text_of(await warden.open("/admin/reports"))
    assert "resolved" in text_of(await warden.open("/admin/reports?state=resolved"))
    await warden.open(desk)
    assert "open" in text_of(await warden.does(f"{desk}/reopen"))
    await warden.open(account)
    assert "Take back" not in await warden.does(f"{account}/unsilence", reason="Said sorry")
    await settle(services)
    assert "Be kind" in text_of(await bob.open("/notifications"))


async def test_accounts_are_found_and_acted_upon(
    conn: Connection, services: Services, alice: Visitor, boss: Visitor, warden: Visitor
) -> None:
    assert "@alice" in text_of(await warden.open("/admin/accounts?name=ALI"))
    assert "@alice" in text_of(await boss.open("/admin/accounts?email=alice@mail.test"))
    assert (await warden.get("/admin/accounts?email=alice@mail.test")).status_code == 403
    assert (await boss.get("/admin/accounts?ip=junk")).status_code == 422
    assert "Nobody here" in text_of(await boss.open("/admin/accounts?standing=suspended"))
    path = f"/admin/accounts/{alice.id}"
    assert "alice@mail.test" in await boss.open(path)
    assert "alice@mail.test" not in await warden.open(path)
    assert "same or a higher role" in text_of(await warden.open(f"/admin/accounts/{boss.id}"))
    await boss.open(path)
    for wrong in ("Kept " + "x" * 3000, " "):
        refused = await boss.send(f"{path}/act", type="suspend", reason=wrong, report_id="7", send_email="")
        assert (refused.status_code, 'value="suspend" selected' in refused.text) == (422, True)
        assert (wrong in refused.text, 'name="report_id" value="7"' in refused.text) == (True, True)
        assert 'name="send_email" value="1">' in refused.text, "unticked it stays"
    assert "suspended" not in text_of(await boss.open("/admin/log?about=alice"))
    await boss.open(path)
    await boss.does(f"{path}/act", type="suspend", reason="Enough")
    assert (await alice.get("/home")).status_code == 303, "signed out"
    unsure = await boss.send(f"{path}/erase", reason="A shop")
    assert (unsure.status_code, 'value="A shop"' in unsure.text) == (422, True)
    assert "erased" in text_of(await boss.does(f"{path}/erase", reason="A shop", sure="1"))
    log = text_of(await boss.open("/admin/log"))
    assert "deleted all that was left by @alice" in log
    assert "A shop" in log
    await settle(services)
    assert await conn.fetch_value("select count(*) from users where account_id = $1", alice.id) == 0


async def test_rules_and_texts_come_onto_the_pages_about_the_site(anyone: Visitor, boss: Visitor) -> None:
    assert "Be kind." in text_of(await anyone.open("/about"))
    await boss.open("/admin/rules")
    assert (await boss.send("/admin/rules", text=" ", hint="kept")).status_code == 422
    page = await boss.does("/admin/rules", text="No shouting", hint="Nor whispering")
    edit = re.findall(r"/admin/rules/[0-9]+/edit", page)[0]
    await boss.does(edit, text="No shouting!", language="de", translated_text="Kein Geschrei")
    assert "Kein Geschrei" in boss.page.text
    wrong = await boss.send(edit, text=" ", language="nl", translated_text="Niet schreeuwen")
    assert (wrong.status_code, "Niet schreeuwen" in wrong.text) == (422, True)
    assert 'value="nl" selected' in wrong.text
    about = text_of(await anyone.open("/about"))
    assert "No shouting!" in about
    assert "Nor whispering" in about
    await boss.open("/admin/rules")
    await boss.does(edit.replace("/edit", "/remove"))
    assert "No shouting" not in await anyone.open("/about")

    today = clock.now().date()
    await anyone.open("/terms-of-service", status=404)
    assert "What is kept" in await anyone.open("/privacy-policy")
    for kind, text in (("privacy_policy", "# Ours"), ("extended_description", "We are <us>")):
        await boss.open(f"/admin/texts/{kind}")
        await boss.does(f"/admin/texts/{kind}", text=text)
    assert "<h2>Ours</h2>" in await anyone.open("/privacy-policy")
    assert "We are &lt;us&gt;" in await anyone.open("/about")
    terms, later = "/admin/texts/terms_of_service", (today + timedelta(days=9)).isoformat()
    await boss.open(terms)
    await boss.does(terms, text="First")
    await boss.does(terms, text="Second", effective_on=later)
    wrong = await boss.send(terms, text="Kept", effective_on="2020-01-01")
    assert (wrong.status_code, "Kept" in wrong.text, 'value="2020-01-01"' in wrong.text) == (422, True, True)
    shown = await anyone.open("/terms-of-service")
    assert "First" in text_of(shown)
    assert later in text_of(shown)
    assert "Second" in text_of(await anyone.open(f"/terms-of-service/{later}"))
    await boss.open(terms)
    assert later not in await boss.does(terms, withdraw=later)
    await boss.open("/admin/texts/nonsense", status=404)


async def test_blocks_and_announcements(alice: Visitor, boss: Visitor, services: Services) -> None:
    await boss.open("/admin/blocks")
    await boss.does("/admin/blocks/networks", ip="192.0.2.0/24", severity="sign_up_block", days="3")
    await boss.does("/admin/blocks/email_domains", domain="trash.example")
    await boss.does("/admin/blocks/emails", email="Bad.Guy@mail.test")
    page = await boss.does("/admin/blocks/domains", domain="bad.example", severity="suspend", reason="x")
    shown = text_of(page)
    for word in ("192.0.2.0/24", "trash.example", "bad.example"):
        assert word in shown
    assert "bad.guy" not in page.lower()
    for wrong in (
        {"ip": "junk", "reason": "Kept"},
        {"ip": "192.0.2.0/24", "reason": "Kept"},
        # Whoever mistypes how long has not said for good.
        {"ip": "198.51.100.0/24", "reason": "Kept", "days": "ten"},
        {"ip": "198.51.100.0/24", "reason": "Kept", "days": "0"},
    ):
        refused = await boss.send("/admin/blocks/networks", severity="no_access", **wrong)
        assert refused.status_code == 422
        for typed in (*wrong.values(), "no_access"):
            assert f'value="{typed}"' in refused.text, wrong
    for action in set(re.findall(r"/admin/blocks/[a-z_]+/[0-9]+/remove", page)):
        await boss.open("/admin/blocks")
        await boss.does(action)
    assert "192.0.2.0/24" not in await boss.open("/admin/blocks")
    await boss.open("/admin/announcements")
    page = await boss.does("/admin/announcements", text="Tea at five")
    assert "Tea at five" in await alice.open("/home")
    await boss.does(re.findall(r"/admin/announcements/[0-9]+/delete", page)[0])
    await settle(services)
    refused = await boss.send("/admin/announcements", text=" ", until="2031-02-03")
    assert (refused.status_code, 'value="2031-02-03"' in refused.text) == (422, True)
    log = text_of(await boss.open("/admin/log"))
    for word in (
        "blocked the network 192.0.2.0/24",
        "no longer blocks the server bad.example",
        "announced Tea at five",
        "deleted the announcement Tea at five",
    ):
        assert word in log


async def test_every_link_of_the_pages_of_staff_leads_somewhere(
    conn: Connection, alice: Visitor, bob: Visitor, boss: Visitor
) -> None:
    await report(alice, bob, await bob.says("Hm"), category="other")
    await make_member(conn, "waits", approved_at=None)
    await note_figures(conn)
    await boss.open("/admin/rules")
    await boss.does("/admin/rules", text="Be good")
    waiting, seen = ["/admin"], set()
    actions: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        page = await boss.open(path)
        actions |= {action for form in Forms(page).forms for action in form.actions}
        waiting += [unescape(each) for each in re.findall(r'href="(/(?:admin|report)[^"#]*)', page)]
    assert len(seen) > 20
    patterns = [re.compile(re.sub(r"\{\w+:str\}", "[^/]+", route.path)) for route in ROUTES]
    for action in actions:
        assert any(pattern.fullmatch(action) for pattern in patterns), action


async def test_the_source_is_everybodys_to_have(anyone: Visitor) -> None:
    assert 'href="/source.tar.gz"' in await anyone.open("/")
    answer = await anyone.get("/source.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as archive:
        names = archive.getnames()
    assert {"parley/parley/asgi.py", "parley/LICENSE", "parley/parley/migrations/0010_pre_staff.sql"} <= set(
        names
    )
    assert not [each for each in names if "/data/" in each or each.endswith((".pyc", "parley.toml"))]
