"""Refusals as pages: in the frame of the site, with what is wrong in plain words and a way on."""

import logging
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from parley.kit import templates
from parley.kit.db import may_pass
from parley.kit.errors import Forbidden, Invalid, NotFound, ParleyError, TooMany, Unauthorized, Unavailable
from parley.kit.readings import ReadEnough
from parley.kit.services import Services
from parley.web.render import HTML, Surroundings, page
from parley.web.session import PageCall, own_path, page_headers
from parley.web.wording import in_about, sentence_of

log = logging.getLogger(__name__)


class SessionOver(Unauthorized):
    """Of somebody who was still writing."""

    default = "You are not signed in any more. Copy what you typed, sign in, and send it again."


# Where programs ask, and must never get a page.
_NO_PAGES = (
    "/api/",
    "/oauth/token",
    "/oauth/revoke",
    "/oauth/userinfo",
    "/.well-known/",
    "/nodeinfo/",
    "/static/",
)

_TITLES = {
    400: "That can't be read",
    401: "Please sign in",
    403: "That isn't allowed",
    404: "There is nothing here",
    405: "That doesn't work here",
    409: "Somebody was quicker",
    410: "This is gone",
    413: "That is too much",
    422: "That doesn't work",
    429: "Too fast",
    500: "Something went wrong",
    503: "Back in a moment",
}
# What stands beside a form that was filled in, rather than on a page of its own.
BESIDE = (Invalid, NotFound, Forbidden, TooMany, Unavailable)
_TYPED_FIELDS = ("text", "comment")
_SENTENCES = {
    404: "The page may have been deleted, or it isn't meant for you, or the address has a mistake in it.",
    405: "This address doesn't take what was sent to it.",
    413: "That is more than this server takes at once. Go back, and send less, or smaller files.",
    429: "That was a lot in a short time. Please try again {}.",
    500: "That is our mistake, not yours. It has been noted down; please try again later.",
    503: "The server is busy or being worked on. Please try again in a minute.",
}


def wants_page(request: Request[Any, Any, Any]) -> bool:
    """Whether whoever asks this address is a person with a browser."""
    return not request.scope["path"].startswith(_NO_PAGES)


def page_refused(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """For what no route of this door has answered: unknown addresses, and faults. Knows nobody, asks nothing."""
    refusal = _as_refusal(request, error)
    services: Services = request.scope["litestar_app"].state.services
    html = templates.render(
        "pages/stranded.html", settings=services.settings, around=Surroundings(), **_told(refusal)
    )
    headers = {"cache-control": "no-store", **page_headers(), **_more_headers(refusal)}
    return Response(html.encode(), status_code=_status(refusal), media_type=HTML, headers=headers)


async def refused_page(call: PageCall, refusal: ParleyError) -> Response[bytes]:
    """For what a handler of this door refused."""
    back = own_path(call.form.text("back"))
    told = _told_reader(call, refusal) if isinstance(refusal, ReadEnough) else _told(refusal)
    sign_in = isinstance(refusal, ReadEnough | SessionOver) and call.viewer.account_id is None
    after = call.here if call.request.method == "GET" else back
    response = await page(
        call,
        "refused",
        status=refusal.status,
        back=back,
        sign_in=sign_in,
        after=after,
        typed=typed_by(call),
        **told,
    )
    response.headers.update(_more_headers(refusal))
    return response


def typed_by(call: PageCall) -> str:
    """What somebody wrote in the form of a page of ours; whoever sends one from elsewhere gets nothing shown here."""
    if not call.from_own_page:
        return ""
    return next((call.form.text(name) for name in _TYPED_FIELDS if call.form.text(name).strip()), "")


def complaint_of(refusal: ParleyError | None) -> str:
    """For a form that is shown again; empty for none."""
    if refusal is None:
        return ""
    if isinstance(refusal, TooMany | Unavailable) and refusal.shown == refusal.default:
        return _SENTENCES[refusal.status].format(in_about(refusal.retry_after_seconds))
    return sentence_of(refusal)


def beside(response: Response[bytes], refusal: ParleyError | None) -> Response[bytes]:
    """A page with its form again, whose fault lies in what was sent unless the refusal says when to come back."""
    if refusal is not None:
        passing = isinstance(refusal, TooMany | Unavailable)
        response.status_code = refusal.status if passing else Invalid.status
        response.headers.update(_more_headers(refusal))
    return response


def _told_reader(call: PageCall, refusal: ReadEnough) -> dict[str, Any]:
    """A budget of reading is used up; members' own places stay open to them."""
    if call.viewer.account_id is not None and not refusal.shared:
        happened = "You have read a great deal since yesterday."
    else:
        happened = (
            "A great deal has been read since yesterday from where you are, by you or by others around you."
        )
    return {
        "title": "That is all for now",
        "sentence": f"{happened} So that nobody can copy all that people say here, there is an end to it.",
        "way_on": f"You can read on {in_about(refusal.retry_after_seconds)}. {_open_to(call, refusal)}",
    }


def _open_to(call: PageCall, refusal: ReadEnough) -> str:
    days = call.settings.new_member_days
    if call.viewer.account_id is not None:
        shared = (
            f" From {days} days after joining, only what you read yourself counts." if refusal.shared else ""
        )
        return f"Your home, notifications and messages stay open.{shared}"
    if refusal.shared:
        return f"Those who joined more than {days} days ago read on after signing in."
    return "Members read on after signing in."


def _told(refusal: ParleyError | HTTPException) -> dict[str, Any]:
    status = _status(refusal)
    own_words = isinstance(refusal, TooMany) and refusal.shown != refusal.default
    known = None if own_words else _SENTENCES.get(status)
    sentence = sentence_of(refusal) if known is None and isinstance(refusal, ParleyError) else known
    if isinstance(refusal, TooMany) and known is not None:
        sentence = known.format(in_about(refusal.retry_after_seconds))
    return {"title": _TITLES.get(status, "That doesn't work"), "sentence": sentence or "", "way_on": ""}


def _as_refusal(request: Request[Any, Any, Any], error: Exception) -> ParleyError | HTTPException:
    if isinstance(error, ParleyError | HTTPException):
        return error
    if may_pass(error):
        log.warning("the database gave up: %s", error)
        return Unavailable()
    log.error("%s %s failed", request.method, request.scope["path"], exc_info=error)
    return ParleyError()


def _status(refusal: ParleyError | HTTPException) -> int:
    return refusal.status if isinstance(refusal, ParleyError) else refusal.status_code


def _more_headers(refusal: ParleyError | HTTPException) -> dict[str, str]:
    if isinstance(refusal, TooMany | Unavailable):
        return {"retry-after": str(refusal.retry_after_seconds)}
    allowed = refusal.headers if isinstance(refusal, HTTPException) else None
    return {"allow": allowed["allow"]} if allowed and "allow" in allowed else {}
