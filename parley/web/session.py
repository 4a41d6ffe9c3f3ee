"""PageCall: one request at this door, with its viewer and form; the session's cookie; refusing forged forms."""

import hashlib
import hmac
import re
import string
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from litestar import Request, Response

from parley.identity.errors import LoginNotReady
from parley.identity.reading import Budgets
from parley.identity.sessions import SESSION_LIFETIME
from parley.identity.tokens import IssuedToken, TokenCache
from parley.identity.viewer import ANONYMOUS, Viewer, require_account
from parley.kit import crypto
from parley.kit.client_address import client_address
from parley.kit.config import Settings
from parley.kit.db import Database
from parley.kit.errors import Forbidden, NotFound, Unauthorized
from parley.kit.ids import AccountId, parse_id
from parley.kit.rate_limit import RateLimiter
from parley.kit.services import Services
from parley.media.origins import files_url
from parley.web.forms import Fields, read_form, read_query

# An application's request to authorize stands in it whole.
PATH_LENGTH_MAX = 16_000
_NOTICE_SECONDS = 60
# A path of this server: browsers read `//` and `/\` as the beginning of another server's address.
_OWN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")
_POLICY = (
    "default-src 'self'; img-src 'self' blob: {files}; media-src 'self' {files}; script-src 'self'; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action "
)


class FormRefused(Forbidden):
    default = (
        "This form was not sent from a page of this server that is still open to you. "
        "Go back, load the page again, and send it once more."
    )


class PageCall:
    """What a page's handler gets: who is looking, what was sent, and the services to answer with."""

    __slots__ = (
        "_cookies", "_form_secret", "bearer", "form", "form_targets", "framed", "limiter", "query", "request", "services",
        "tokens", "viewer",
    )  # fmt: skip

    def __init__(
        self, request: Request[Any, Any, Any], services: Services, limiter: RateLimiter, tokens: TokenCache
    ) -> None:
        self.request = request
        self.services = services
        self.limiter = limiter
        self.tokens = tokens
        self.viewer: Viewer = ANONYMOUS
        self.bearer = ""
        self.query = read_query(request)
        self.form = Fields()
        # Other places that this page's forms may lead to, in the words of a Content-Security-Policy.
        self.form_targets: tuple[str, ...] = ()
        # Whether other sites may show this page inside theirs: then it is nobody's own.
        self.framed = False
        self._form_secret = request.cookies.get(self._cookie_name("form"), "")
        self._cookies: dict[str, tuple[str, int | None]] = {}

    @property
    def settings(self) -> Settings:
        return self.services.settings

    @property
    def budgets(self) -> Budgets:
        """Of what may be read in a day."""
        found: Budgets = self.request.scope["litestar_app"].state.budgets
        return found

    @property
    def database(self) -> Database:
        return self.services.database

    @property
    def account_id(self) -> AccountId:
        """The member looking; only in routes for members."""
        return require_account(self.viewer)

    @property
    def user_agent(self) -> str:
        return self.request.headers.get("user-agent", "")

    @property
    def address(self) -> str:
        """Who asks, as far as the network knows."""
        return client_address(self.request.scope, self.settings.trusted_proxies)

    @property
    def here(self) -> str:
        """The path and query of this request, as a browser would write them."""
        path = quote(self.request.scope["path"], safe="/@:!$&'()*+,;=~")
        query = urlencode(self.query.pairs())
        return f"{path}?{query}" if query else path

    @property
    def back(self) -> str:
        """Where the page that holds the sent form wants to be returned to."""
        return own_path(self.form.text("back")) or "/home"

    @property
    def form_token(self) -> str:
        """What every form of this page carries; known to this session, or to this browser, alone."""
        if not self.bearer and not self._form_secret:
            self._form_secret = crypto.new_secret()
            self._set_cookie("form", self._form_secret, None)
        return _token_for(self.bearer or self._form_secret)

    def path_id(self, name: str = "id") -> int:
        """An id out of the path. Raises NotFound: what can't be an id is nobody's."""
        value = parse_id(self.request.path_params[name])
        if value is None:
            raise NotFound
        return value

    def path_text(self, name: str) -> str:
        text = str(self.request.path_params[name])
        if "\0" in text:
            raise NotFound
        return text

    def redirect(self, path: str, notice: str = "") -> Response[bytes]:
        """To a path of ours (or where a member allowed an application to be answered); `notice` names the sentence to show there (wording.NOTICES)."""
        if notice:
            self._set_cookie("notice", notice, _NOTICE_SECONDS)
        location = quote(path, safe=string.punctuation)
        return Response(b"", status_code=303, headers={"location": location}, media_type="text/plain")

    def take_notice(self) -> str:
        """The name of the sentence that an act before this page left for it; once."""
        name = self.request.cookies.get(self._cookie_name("notice"), "")
        if name:
            self._set_cookie("notice", "", 0)
        return name

    def begin_session(self, issued: IssuedToken) -> None:
        self._set_cookie("session", issued.bearer, int(SESSION_LIFETIME.total_seconds()))
        self._set_cookie("form", "", 0)

    def forget_session(self) -> None:
        self._set_cookie("session", "", 0)

    async def recognise(self) -> None:
        """Finds out who is looking. A session that is no longer good is no error: it is nobody's."""
        bearer = self.request.cookies.get(self._cookie_name("session"), "")
        if not bearer:
            return
        try:
            viewer = await self.tokens.viewer_of_bearer(self.database, bearer)
        except (Unauthorized, LoginNotReady):
            viewer = ANONYMOUS
        # An application's token is good for its scopes alone: here it would open everything.
        if viewer.account_id is None or viewer.application_id is not None:
            self.forget_session()
            return
        self.viewer, self.bearer = viewer, bearer

    async def receive_form(self, files_bytes_max: int = 0) -> None:
        """`files_bytes_max`: how much room there is for files, where a form may bear some."""
        self.form = await read_form(self.request, self.settings.body_size_bytes_max, files_bytes_max)

    @property
    def from_own_page(self) -> bool:
        """As far as the browser tells."""
        headers = self.request.headers
        if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return False
        origin = headers.get("origin")
        return origin is None or origin == self.settings.base_url or _same_host(origin, headers.get("host"))

    def refuse_forged(self) -> None:
        """Raises FormRefused unless the form came from a page of ours, made for this session or browser."""
        if not self.from_own_page:
            raise FormRefused
        secret = self.bearer or self._form_secret
        sent = self.form.text("form_token").encode()
        if not secret or not hmac.compare_digest(sent, _token_for(secret).encode()):
            raise FormRefused

    def finish(self, response: Response[bytes]) -> Response[bytes]:
        """Cookies and the headers that every page bears."""
        if self.framed:
            response.headers.update(framed_headers(self.settings.base_url))
            return response
        for kind, (value, max_age_seconds) in self._cookies.items():
            response.set_cookie(
                key=self._cookie_name(kind),
                value=value,
                max_age=max_age_seconds,
                path="/",
                secure=self.settings.secure,
                httponly=True,
                samesite="lax",
            )
        private = self.viewer.account_id is not None or bool(self._cookies) or bool(self._form_secret)
        response.headers["cache-control"] = "private, no-store" if private else "no-cache"
        response.headers["vary"] = "Cookie"
        response.headers.update(page_headers(self.form_targets))
        return response

    def _set_cookie(self, kind: str, value: str, max_age_seconds: int | None) -> None:
        self._cookies[kind] = (value, max_age_seconds)

    def _cookie_name(self, kind: str) -> str:
        """Cookies don't tell ports apart, and two servers may run on one machine."""
        return f"__Host-parley-{kind}" if self.settings.secure else f"parley-{kind}-{self.settings.port}"


def page_headers(form_targets: tuple[str, ...] = ()) -> dict[str, str]:
    return {
        "content-security-policy": _POLICY.format(files=files_url("")) + " ".join(("'self'", *form_targets)),
        "x-frame-options": "DENY",
    }


def framed_headers(base_url: str) -> dict[str, str]:
    """Anybody may frame it, so it can do nothing: no script, no form, no cookie, and an origin of its own."""
    files = files_url(base_url)
    policy = (
        f"default-src 'none'; style-src {base_url}; img-src {base_url} {files}; media-src {files}; base-uri 'none'; "
        "form-action 'none'; "
        "frame-ancestors *; sandbox allow-popups allow-popups-to-escape-sandbox"
    )
    return {"content-security-policy": policy, "cache-control": "public, max-age=60"}


def own_path(text: str) -> str | None:
    """The text, if it is an address on this server that a browser may be sent to; else None."""
    return text if len(text) <= PATH_LENGTH_MAX and _OWN_PATH.fullmatch(text) else None


def _token_for(secret: str) -> str:
    return hmac.new(secret.encode(), b"parley form", hashlib.sha256).hexdigest()


def _same_host(origin: str, host: str | None) -> bool:
    """Somebody may have opened `localhost` where the settings say `127.0.0.1`."""
    try:
        return host is not None and urlsplit(origin).netloc == host
    except ValueError:
        return False
