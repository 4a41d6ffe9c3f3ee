"""What the site says of itself at length: its texts, their versions, and its source code."""

import asyncio
from datetime import date

from litestar import Response

from parley.kit.errors import NotFound
from parley.kit.source_archive import source_archive
from parley.moderation.default_texts import DEFAULT_PRIVACY_POLICY
from parley.moderation.site_texts import NAMES, require_text, text_in_force, text_versions
from parley.web.render import page
from parley.web.session import PageCall


async def show_privacy_policy(call: PageCall) -> Response[bytes]:
    async with call.database.reading() as conn:
        text = await text_in_force(conn, "privacy_policy")
    html = DEFAULT_PRIVACY_POLICY if text is None else text.html
    day = None if text is None else text.effective_on
    return await page(
        call, "site_text", name=NAMES["privacy_policy"], html=html, day=day, versions=[], followed_by=None
    )


async def show_terms(call: PageCall) -> Response[bytes]:
    return await _terms(call, None)


async def show_terms_of_day(call: PageCall) -> Response[bytes]:
    try:
        day = date.fromisoformat(call.path_text("date"))
    except ValueError:
        raise NotFound from None
    return await _terms(call, day)


async def _terms(call: PageCall, day: date | None) -> Response[bytes]:
    async with call.database.reading() as conn:
        found = await require_text(conn, "terms_of_service", day)
        versions = await text_versions(conn, "terms_of_service")
    return await page(
        call,
        "site_text",
        name=NAMES["terms_of_service"],
        html=found.text.html,
        day=found.text.effective_on,
        versions=[each.effective_on for each in versions if each.effective_on != found.text.effective_on],
        followed_by=found.followed_by,
    )


async def download_source(_call: PageCall) -> Response[bytes]:
    content = await asyncio.to_thread(source_archive)
    headers = {"content-disposition": 'attachment; filename="parley-source.tar.gz"'}
    return Response(content, media_type="application/gzip", headers=headers)
