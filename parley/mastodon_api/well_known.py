"""/.well-known/*: how others find this server's documents and accounts; /health.

WebFinger (RFC 7033) and NodeInfo; for OAuth's document see oauth.py.
"""

from typing import Any
from xml.sax.saxutils import quoteattr

import msgspec

from parley.identity.accounts import find_account_by_handle
from parley.identity.addresses import (
    Handle,
    account_uri,
    account_url,
    avatar_url,
    parse_handle,
    username_at,
)
from parley.identity.models import Account
from parley.kit.config import Settings
from parley.kit.errors import BadRequest, Gone, NotFound
from parley.mastodon_api.call import Answer, Call, Route, json_answer

_NODEINFO_RELATION = "http://nodeinfo.diaspora.software/ns/schema/"
_PROFILE_RELATION = "http://webfinger.net/rel/profile-page"
_AVATAR_RELATION = "http://webfinger.net/rel/avatar"


class WebFingerParams(msgspec.Struct, frozen=True):
    resource: str = ""


async def web_finger(call: Call) -> Answer:
    """`acct:name@here`, or the address of a profile here."""
    resource = call.query(WebFingerParams).resource.strip()
    if not resource:
        raise BadRequest("The parameter resource is missing")
    # Names can be guessed here as ids can elsewhere, though no sign-in wall stands before it.
    call.limiter.refuse_guesser(call.viewer.account_id, call.scope)
    handle = _handle_of(resource, call.settings)
    if handle is None or handle.domain is not None:
        raise NotFound
    async with call.database.reading() as conn:
        view = await find_account_by_handle(conn, handle)
    if view is None:
        raise NotFound
    if view.account.suspended_at is not None:
        raise Gone
    content = msgspec.json.encode(_descriptor(view.account, call.settings))
    return Answer(content, media_type=b"application/jrd+json")


def _handle_of(resource: str, settings: Settings) -> Handle | None:
    username = username_at(settings.base_url, resource)
    return Handle(username, None) if username is not None else parse_handle(resource, settings.domain)


def _descriptor(account: Account, settings: Settings) -> dict[str, Any]:
    url = account_url(settings.base_url, account)
    return {
        "subject": f"acct:{account.username}@{settings.domain}",
        "aliases": [url, account_uri(settings.base_url, account)],
        "links": [
            {"rel": _PROFILE_RELATION, "type": "text/html", "href": url},
            {"rel": _AVATAR_RELATION, "type": "image/png", "href": avatar_url(settings.base_url, account)},
        ],
    }


async def host_meta(call: Call) -> Answer:
    """RFC 6415: where to ask for WebFinger."""
    template = quoteattr(f"{call.settings.base_url}/.well-known/webfinger?resource={{uri}}")
    document = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" template={template}/>\n'
        "</XRD>\n"
    )
    return Answer(document.encode(), media_type=b"application/xrd+xml")


async def nodeinfo_links(call: Call) -> Answer:
    links = [
        {"rel": f"{_NODEINFO_RELATION}{version}", "href": f"{call.settings.base_url}/nodeinfo/{version}"}
        for version in ("2.0", "2.1")
    ]
    return json_answer({"links": links})


async def health(call: Call) -> Answer:
    """OK while the database can be reached; 503 otherwise."""
    async with call.database.reading():
        return Answer(b"OK", media_type=b"text/plain; charset=utf-8")


ROUTES: tuple[Route, ...] = (
    Route(
        "GET", "/.well-known/webfinger", web_finger, who="anyone", takes=WebFingerParams, refuses=(404, 410)
    ),
    Route("GET", "/.well-known/host-meta", host_meta, who="anyone"),
    Route("GET", "/.well-known/nodeinfo", nodeinfo_links, who="anyone"),
    Route("GET", "/health", health, who="anyone"),
)
