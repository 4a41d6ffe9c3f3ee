"""A first visit in a real browser without JavaScript: sign up, confirm, post, reply, boost; then what a script adds."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, FilePayload, Page, async_playwright, expect

from tests.clients.running_server import RunningServer, start_server
from tests.conftest import copy_template
from tests.mastodon_api.test_media import jpeg

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PASSWORD = "correct horse battery"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.server,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]


@pytest.fixture
async def server(server_dsn: str, worker_name: str, tmp_path: Path) -> AsyncIterator[RunningServer]:
    database_url = await copy_template(server_dsn, f"parley_test_walk_{worker_name}")
    started = start_server(tmp_path, database_url, PARLEY_CONFIRM_EMAIL="on")
    yield started
    started.stop()


@pytest.fixture
def worker_name(request: pytest.FixtureRequest) -> str:
    return str(getattr(request.config, "workerinput", {}).get("workerid", "main"))


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        await started.close()


async def new_page(browser: Browser, server: RunningServer, width: int) -> Page:
    context = await browser.new_context(
        base_url=server.url, java_script_enabled=False, viewport={"width": width, "height": 800}
    )
    return await context.new_page()


async def fits(page: Page) -> None:
    """Nothing sticks out sideways."""
    widths = await page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert widths[0] <= widths[1], page.url


async def sign_up(page: Page, server: RunningServer, name: str) -> None:
    await page.goto("/")
    await page.get_by_role("link", name="Sign up").first.click()
    await fits(page)
    await page.get_by_label("Username").fill(name)
    await page.get_by_label("E-mail address").fill(f"{name}@mail.test")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_label("I have read the rules").check()
    await page.get_by_role("main").get_by_role("button", name="Sign up").click()
    await expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
    await page.goto(link_for(f"{name}@mail.test", server.run("outbox")))
    await page.get_by_role("button", name="Confirm my address").click()
    await expect(page.get_by_role("heading", name="Your address is confirmed")).to_be_visible()
    await page.get_by_role("main").get_by_role("link", name="Sign in").click()
    await page.get_by_label("E-mail address or username").fill(name)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page).to_have_url(f"{server.url}/home")


def link_for(email: str, outbox: str) -> str:
    link = re.search(r"/auth/confirm\?token=\S+", outbox.partition(email)[2])
    assert link is not None, outbox
    return link[0]


async def test_a_first_visit(browser: Browser, server: RunningServer) -> None:
    alice, bob = await new_page(browser, server, 360), await new_page(browser, server, 1200)
    await sign_up(alice, server, "alice")
    await alice.get_by_label("What's on your mind?").fill("Hello from a phone, #world")
    await alice.get_by_role("button", name="Post").click()
    await expect(alice.get_by_role("status")).to_have_text("Your post is out.")
    await expect(alice.get_by_role("article")).to_contain_text("Hello from a phone")
    await fits(alice)

    await sign_up(bob, server, "bob")
    await bob.get_by_role("navigation", name="Main").get_by_role("link", name="Local").click()
    await bob.get_by_role("article").get_by_role("link", name="Reply").click()
    await expect(bob.get_by_label("Your reply")).to_have_value("@alice ")
    await bob.get_by_label("Your reply").fill("@alice Hello from a desk")
    await bob.get_by_role("button", name="Reply").click()
    await expect(bob.get_by_role("article")).to_have_count(2)
    first = bob.get_by_role("article").first
    await first.get_by_role("button", name="Boost").click()
    await expect(
        bob.get_by_role("article").first.get_by_role("button", name="Take the boost back")
    ).to_be_visible()
    await fits(bob)

    for path, words in (("/notifications", "boosted your post"), ("/notifications", "Hello from a desk")):
        await alice.goto(path)
        await expect(alice.get_by_role("main")).to_contain_text(words)
    await alice.get_by_label("Menu").click()
    await alice.get_by_role("navigation", name="More").get_by_role("button", name="Sign out").click()
    await expect(alice.get_by_role("status")).to_have_text("You are signed out.")
    await alice.goto("/home")
    await expect(alice.get_by_role("heading", name="Sign in")).to_be_visible()

    await script_only_adds(browser, server, bob)


async def script_only_adds(browser: Browser, server: RunningServer, bob: Page) -> None:
    """With JavaScript: times of one's own zone, and what is chosen is shown, under the policy that pages bear."""
    context = await browser.new_context(
        base_url=server.url, storage_state=await bob.context.storage_state(), timezone_id="Asia/Tokyo"
    )
    page, complaints = await context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    await page.goto(bob.url)
    await expect(page.locator("time.full").first).to_have_text(re.compile(r"GMT\+9$"))
    await page.locator("summary", has_text="Pictures, film, sound").click()
    picture = FilePayload(name="one.jpg", mimeType="image/jpeg", buffer=jpeg((20, 20)))
    await page.get_by_label("Pictures, or a film or sound").set_input_files(picture)
    await expect(page.locator(".chosen img")).to_be_visible()
    assert complaints == []
