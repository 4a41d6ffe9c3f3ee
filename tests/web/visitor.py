"""Somebody with a browser and no JavaScript: opens pages, fills in the forms that stand on them, keeps cookies."""

from html import unescape
from html.parser import HTMLParser
from re import sub
from typing import Any

import httpx
from litestar import Litestar
from msgspec import Struct, field

from parley.kit.db import Connection
from parley.kit.ids import AccountId
from tests.conftest import client_of
from tests.identity.world import PASSWORD, make_member


class Form(Struct):
    """`actions`: where its buttons lead. Fields hold what a browser would send if nothing was touched."""

    actions: list[str]
    fields: dict[str, Any] = field(default_factory=dict)


class Forms(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open = False
        self._select = ""
        self._textarea = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self.forms.append(Form([given["action"]] if "action" in given else []))
            self._open = True
        elif not self._open:
            return
        elif tag == "button" and "formaction" in given:
            self.forms[-1].actions.append(given["formaction"])
        elif tag == "input" and name:
            self._take_input(given)
        elif tag == "select":
            self._select = name
        elif (
            tag == "option"
            and self._select
            and ("selected" in given or self._select not in self.forms[-1].fields)
        ):
            self.forms[-1].fields[self._select] = given.get("value", "")
        elif tag == "textarea":
            self._textarea = name
            self.forms[-1].fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            # The first line break in a text area's markup is none of its text.
            fields = self.forms[-1].fields
            fields[self._textarea] = fields[self._textarea].removeprefix("\n")
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.forms[-1].fields[self._textarea] += data

    def _take_input(self, given: dict[str, str]) -> None:
        fields, name = self.forms[-1].fields, given["name"]
        ticked = given.get("type") in {"checkbox", "radio"}
        if given.get("type") == "file" or (ticked and "checked" not in given):
            return
        before = fields.get(name)
        value = given.get("value", "on" if ticked else "")
        fields[name] = (
            value if before is None else [*(before if isinstance(before, list) else [before]), value]
        )


class Visitor:
    """`page` is what the browser shows now."""

    def __init__(self, app: Litestar, base_url: str, name: str = "", account_id: int = 0) -> None:
        self.client = client_of(app, base_url)
        self.name = name
        self.id = AccountId(account_id)
        self.page = httpx.Response(204)

    async def open(self, path: str, status: int = 200) -> str:
        """The page's markup, wherever redirects on the site lead; its status must be the expected one."""
        answer = await self.client.get(path)
        while answer.has_redirect_location and answer.headers["location"].startswith("/"):
            answer = await self.client.get(answer.headers["location"])
        assert answer.status_code == status, (path, answer.status_code, text_of(answer.text))
        self.page = answer
        return answer.text

    async def get(self, path: str) -> httpx.Response:
        """One answer, redirects not followed."""
        return await self.client.get(path)

    async def send(self, action: str, **fields: Any) -> httpx.Response:
        """Fills in the form on the open page that leads to `action`, and sends it; redirects are not followed.

        `files` as httpx takes them.
        """
        files = fields.pop("files", None)
        filled = {**form_on(self.page.text, action).fields, **fields}
        origin = {"origin": str(self.client.base_url).rstrip("/"), "sec-fetch-site": "same-origin"}
        return await self.client.post(action, data=filled, files=files, headers=origin)

    async def does(self, action: str, **fields: Any) -> str:
        """Sends it, expects to be led on, and shows where that is."""
        answer = await self.send(action, **fields)
        assert answer.status_code == 303, (action, answer.status_code, text_of(answer.text))
        return await self.open(answer.headers["location"])

    async def sign_in(self, password: str = PASSWORD) -> httpx.Response:
        await self.open("/auth/sign_in")
        return await self.send("/auth/sign_in", name=self.name, password=password)

    async def says(self, text: str, **fields: Any) -> str:
        """The new post's path."""
        await self.open("/compose")
        await self.does("/compose", text=text, **fields)
        return await self.newest_path()

    async def newest_path(self) -> str:
        return _post_path(await self.open(f"/@{self.name}?replies=1"), self.name)


async def member(app: Litestar, conn: Connection, base_url: str, name: str, **changes: Any) -> Visitor:
    account_id = await make_member(conn, name, **changes)
    visitor = Visitor(app, base_url, name, account_id)
    assert (await visitor.sign_in()).status_code == 303
    return visitor


def form_on(html: str, action: str) -> Form:
    for form in Forms(html).forms:
        if action in form.actions:
            return form
    raise AssertionError(f"no form leads to {action}: {[form.actions for form in Forms(html).forms]}")


def text_of(html: str) -> str:
    """What a reader sees of a page, roughly: the main part without tags."""
    main = html.partition("<main")[2].partition("</main>")[0] or html
    return " ".join(unescape(sub(r"<[^>]*>", " ", f"<main{main}")).split())


def _post_path(html: str, name: str) -> str:
    for piece in html.split(f'href="/@{name}/')[1:]:
        status_id = piece.partition('"')[0].partition("#")[0]
        if status_id.isdigit():
            return f"/@{name}/{status_id}"
    raise AssertionError(f"no post of {name} on the page")
