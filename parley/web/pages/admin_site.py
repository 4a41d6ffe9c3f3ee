"""Staff write what the site says: its rules, its texts and their versions, its announcements."""

from datetime import UTC, date, datetime

from litestar import Response

from parley.identity.staff import Permission, require_staff
from parley.kit import clock
from parley.kit.errors import Invalid, NotFound
from parley.kit.ids import AnnouncementId
from parley.kit.languages import LANGUAGES
from parley.moderation import rules
from parley.moderation.audit import note_act
from parley.moderation.models import TEXT_KINDS, RuleTranslation
from parley.moderation.rules import RuleForm, staff_for_rules
from parley.moderation.site_texts import (
    NAMES,
    publish_text,
    staff_for_texts,
    text_versions,
    withdraw_text,
)
from parley.notifications.announcements import (
    AnnouncementDraft,
    create_announcement,
    delete_announcement,
    newest_announcements,
)
from parley.web.render import page
from parley.web.session import PageCall
from parley.web.wording import sentence_of

_LOGGED_LENGTH = 100
_TRANSLATED = ("language", "translated_text", "translated_hint")


# Rules


async def show_rules(call: PageCall) -> Response[bytes]:
    return await _rules_page(call)


async def _rules_page(
    call: PageCall, typed: RuleForm | None = None, rule_id: int = 0, complaint: str = ""
) -> Response[bytes]:
    async with call.database.reading() as conn:
        found = await rules.rules(conn)
    return await page(
        call,
        "admin_rules",
        status=422 if complaint else 200,
        rules=found,
        typed=typed,
        translated={each: call.form.text(each) for each in _TRANSLATED},
        typed_for=rule_id,
        complaint=complaint,
        languages=sorted(LANGUAGES.items(), key=lambda pair: pair[1]),
    )


def _rule_form(call: PageCall, translations: dict[str, RuleTranslation]) -> RuleForm:
    """One language's translation at a time: an empty text takes it out."""
    code = call.form.text("language")
    if code:
        text = call.form.text("translated_text").strip()
        translations = {each: known for each, known in translations.items() if each != code}
        if text:
            translations[code] = RuleTranslation(text, call.form.text("translated_hint").strip())
    return RuleForm(
        call.form.text("text"), call.form.text("hint"), translations, call.form.number("place") or 0
    )


async def add_rule(call: PageCall) -> Response[bytes]:
    form = _rule_form(call, {})
    try:
        async with call.database.transaction() as conn:
            await rules.add_rule(conn, staff_for_rules(call.viewer), form)
    except Invalid as refusal:
        return await _rules_page(call, form, 0, sentence_of(refusal))
    return call.redirect("/admin/rules", "rules_changed")


async def edit_rule(call: PageCall) -> Response[bytes]:
    rule_id, act = call.path_id(), call.path_text("act")
    if act not in {"edit", "remove"}:
        raise NotFound
    form = RuleForm()
    try:
        async with call.database.transaction() as conn:
            staff_id = staff_for_rules(call.viewer)
            if act == "remove":
                await rules.remove_rule(conn, staff_id, rule_id)
            else:
                before = await rules.require_rule(conn, rule_id)
                form = _rule_form(call, before.translations)
                await rules.edit_rule(conn, staff_id, rule_id, form)
    except Invalid as refusal:
        return await _rules_page(call, form, rule_id, sentence_of(refusal))
    return call.redirect("/admin/rules", "rules_changed")


# Texts


async def show_texts(call: PageCall) -> Response[bytes]:
    async with call.database.reading() as conn:
        found = {kind: await text_versions(conn, kind) for kind in TEXT_KINDS}
    return await page(call, "admin_texts", texts=found, names=NAMES, today=clock.now().date())


async def show_text(call: PageCall) -> Response[bytes]:
    return await _text_page(call, call.path_text("kind"))


async def _text_page(
    call: PageCall, kind: str, typed: str | None = None, complaint: str = ""
) -> Response[bytes]:
    async with call.database.reading() as conn:
        versions = await text_versions(conn, kind)
    newest = versions[0].text if versions else ""
    return await page(
        call,
        "admin_text",
        status=422 if complaint else 200,
        kind=kind,
        name=NAMES[kind],
        versions=versions,
        text=newest if typed is None else typed,
        effective_on=call.form.text("effective_on"),
        complaint=complaint,
        today=clock.now().date(),
    )


async def save_text(call: PageCall) -> Response[bytes]:
    kind = call.path_text("kind")
    withdrawn = call.form.text("withdraw")
    text = call.form.text("text")
    try:
        async with call.database.transaction() as conn:
            staff_id = staff_for_texts(call.viewer)
            if withdrawn:
                await withdraw_text(conn, staff_id, kind, _day(withdrawn) or date.min)
            else:
                await publish_text(conn, staff_id, kind, text, _day(call.form.text("effective_on")))
    except Invalid as refusal:
        return await _text_page(call, kind, text, sentence_of(refusal))
    return call.redirect(f"/admin/texts/{kind}", "text_changed")


def _day(text: str) -> date | None:
    """As browsers send it; None for nothing."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid("This is not a day such as 2030-01-31") from None


# Announcements


async def show_announcements(call: PageCall) -> Response[bytes]:
    return await _announcements_page(call)


async def _announcements_page(call: PageCall, complaint: str = "") -> Response[bytes]:
    async with call.database.reading() as conn:
        found = await newest_announcements(conn)
    return await page(
        call,
        "admin_announcements",
        status=422 if complaint else 200,
        announcements=found,
        text=call.form.text("text"),
        until=call.form.text("until"),
        complaint=complaint,
        now=clock.now(),
    )


async def announce(call: PageCall) -> Response[bytes]:
    """Shown at once, until the day given, if one is."""
    text = call.form.text("text")
    try:
        until = _day(call.form.text("until"))
        ends_at = None if until is None else datetime.combine(until, datetime.min.time(), UTC)
        async with call.database.transaction() as conn:
            staff_id = require_staff(call.viewer, Permission.MANAGE_ANNOUNCEMENTS)
            draft = AnnouncementDraft(text=text, ends_at=ends_at)
            made = await create_announcement(conn, call.settings, draft)
            await note_act(
                conn,
                staff_id,
                "announcement.create",
                "announcement",
                made.text[:_LOGGED_LENGTH],
                target_id=made.id,
            )
    except Invalid as refusal:
        return await _announcements_page(call, sentence_of(refusal))
    return call.redirect("/admin/announcements", "announced")


async def take_back_announcement(call: PageCall) -> Response[bytes]:
    announcement_id = AnnouncementId(call.path_id())
    async with call.database.transaction() as conn:
        staff_id = require_staff(call.viewer, Permission.MANAGE_ANNOUNCEMENTS)
        known = {each.id: each.text for each in await newest_announcements(conn)}
        await delete_announcement(conn, announcement_id)
        await note_act(
            conn,
            staff_id,
            "announcement.destroy",
            "announcement",
            known.get(announcement_id, str(announcement_id))[:_LOGGED_LENGTH],
            target_id=announcement_id,
        )
    return call.redirect("/admin/announcements", "announcement_gone")
