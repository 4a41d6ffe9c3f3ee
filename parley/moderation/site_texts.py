"""The site's long texts: what it is, its privacy policy, its terms of service; versions, each in force from a day on."""

from datetime import date

import msgspec

from parley.identity.staff import Permission, require_staff
from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound
from parley.kit.ids import AccountId
from parley.moderation import site_queries as queries
from parley.moderation.audit import note_act
from parley.moderation.models import TEXT_KINDS, SiteText
from parley.moderation.prose import to_html
from parley.moderation.site_news import note_site_changed

TEXT_LENGTH_MAX = 100_000
VERSIONS_MAX = 100
NAMES = {
    "extended_description": "About this site",
    "privacy_policy": "Privacy policy",
    "terms_of_service": "Terms of service",
}


class TextInForce(msgspec.Struct, frozen=True):
    """`followed_by` is the day on which another version takes its place, if one is known."""

    text: SiteText
    in_force: bool
    followed_by: date | None


def staff_for_texts(viewer: Viewer) -> AccountId:
    return require_staff(viewer, Permission.MANAGE_SETTINGS)


async def text_in_force(conn: Connection, kind: str) -> SiteText | None:
    return await queries.find_text(conn, kind, clock.now().date())


async def text_versions(conn: Connection, kind: str) -> list[SiteText]:
    """Newest first, those to come among them."""
    _require_kind(kind)
    return await queries.versions_of_text(conn, kind, VERSIONS_MAX)


async def require_text(conn: Connection, kind: str, effective_on: date | None = None) -> TextInForce:
    """The version of one day, or the one in force. Raises NotFound."""
    today = clock.now().date()
    if effective_on is None:
        found = await queries.find_text(conn, kind, today)
    else:
        found = await queries.find_text_of_day(conn, kind, effective_on)
    if found is None:
        raise NotFound
    after = await queries.find_text_after(conn, kind, found.effective_on)
    in_force = found.effective_on <= today and (after is None or after.effective_on > today)
    return TextInForce(found, in_force, None if after is None else after.effective_on)


async def publish_text(
    conn: Connection, staff_id: AccountId | None, kind: str, text: str, effective_on: date | None = None
) -> SiteText:
    """A new version, from today on or from a day to come. Those that were in force stay as they were.

    Today's, and one to come, may be written anew. `staff_id` is None for the operator at the command line.
    """
    _require_kind(kind)
    text = text.strip()
    if not text:
        raise Invalid("Validation failed: Text can't be blank")
    if len(text) > TEXT_LENGTH_MAX:
        raise Invalid(f"Validation failed: Text is too long (maximum is {TEXT_LENGTH_MAX} characters)")
    today = clock.now().date()
    effective_on = effective_on or today
    if effective_on < today:
        raise Invalid("Validation failed: Effective date must not lie in the past")
    made = SiteText(kind, effective_on, text, to_html(text), clock.now())
    await queries.put_text(conn, made)
    await note_act(conn, staff_id, "text.publish", "text", f"{NAMES[kind]}, {effective_on.isoformat()}")
    await note_site_changed(conn, staff_id)
    return made


async def withdraw_text(conn: Connection, staff_id: AccountId | None, kind: str, effective_on: date) -> None:
    """Only of today, or to come: what was in force once can be looked up for good."""
    _require_kind(kind)
    if effective_on < clock.now().date() or not await queries.delete_text(conn, kind, effective_on):
        raise NotFound
    await note_act(conn, staff_id, "text.withdraw", "text", f"{NAMES[kind]}, {effective_on.isoformat()}")
    await note_site_changed(conn, staff_id)


def _require_kind(kind: str) -> None:
    if kind not in TEXT_KINDS:
        raise NotFound
