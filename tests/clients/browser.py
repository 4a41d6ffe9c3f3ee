"""A browser as far as signing in and consenting need one: cookies, forms, redirects inside the site."""

from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

from tests.clients.running_server import PASSWORD, RunningServer


class Form(HTMLParser):
    """The form of a page that leads to `action`, with its fields as the page filled them in."""

    def __init__(self, html: str, action: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._action = action
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._inside = given.get("action") == self._action
        elif tag == "input" and self._inside and given.get("name"):
            self.fields[str(given["name"])] = given.get("value") or ""


class _Code(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.code = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("id") == "code":
            self.code = given.get("value") or ""


def consent(
    server: RunningServer, username: str, authorize_url: str, decision: str = "allow"
) -> httpx.Response:
    """Opens the address that an app hands to its user, signs in, and decides; where that leads outside the
    site, the answer that redirects there.
    """
    with httpx.Client(base_url=server.url, timeout=60) as browser:
        sign_in = _follow(browser, browser.get(authorize_url))
        fields = Form(sign_in.text, "/auth/sign_in").fields | {"name": username, "password": PASSWORD}
        asked = _follow(browser, browser.post("/auth/sign_in", data=fields, headers=_origin(server)))
        fields = Form(asked.text, "/oauth/authorize").fields | {"decision": decision}
        return _follow(browser, browser.post("/oauth/authorize", data=fields, headers=_origin(server)))


def shown_code(page: httpx.Response) -> str:
    """The code to copy over, of an out-of-band authorization."""
    code = _Code(page.text).code
    assert code, page.text
    return code


def _origin(server: RunningServer) -> dict[str, str]:
    return {"origin": server.url}


def _follow(browser: httpx.Client, answer: httpx.Response) -> httpx.Response:
    while answer.is_redirect:
        target = urljoin(str(answer.url), answer.headers["location"])
        if not target.startswith(str(browser.base_url)):
            return answer
        answer = browser.get(target)
    assert answer.is_success, (answer.status_code, answer.text)
    return answer
