"""/custom_emojis: what members can write as `:shortcode:`; staff who may add and remove them here."""

from litestar import Response

from parley.identity.staff import Permission, may, require_staff
from parley.kit.errors import Invalid, NotFound, Unavailable
from parley.media.emoji_acts import (
    EmojiDraft,
    add_emoji,
    all_emojis,
    checked_draft,
    remove_emoji,
    switch_emoji,
)
from parley.media.models import CustomEmoji
from parley.media.upload import made, upload_of
from parley.moderation.audit import note_act
from parley.web.errors import beside, complaint_of
from parley.web.render import page
from parley.web.session import PageCall

_NEEDED = Permission.MANAGE_CUSTOM_EMOJIS
_PATH = "/custom_emojis"


async def show_emojis(call: PageCall) -> Response[bytes]:
    return await _page(call)


async def add(call: PageCall) -> Response[bytes]:
    staff_id = require_staff(call.viewer, _NEEDED)
    draft = EmojiDraft(
        shortcode=call.form.text("shortcode"),
        category=call.form.text("category"),
        visible_in_picker=not call.form.flag("hidden"),
    )
    files = call.form.files("picture")
    if not files:
        return await _page(call, "Choose a picture", draft, status=422)
    try:
        draft = checked_draft(draft)
        async with made(call.services, upload_of(files[0]), "emoji") as product:
            assert product is not None  # noqa: S101 - something was sent
            async with call.database.transaction() as conn:
                await add_emoji(conn, draft, product)
                await note_act(conn, staff_id, "create", "CustomEmoji", draft.shortcode)
    except (Invalid, Unavailable) as refusal:
        return beside(await _page(call, complaint_of(refusal), draft), refusal)
    return call.redirect(_PATH, "emojis_changed")


async def act_on_emoji(call: PageCall) -> Response[bytes]:
    staff_id = require_staff(call.viewer, _NEEDED)
    shortcode, act = call.path_text("shortcode"), call.path_text("act")
    if act not in {"remove", "disable", "enable"}:
        raise NotFound
    async with call.database.transaction() as conn:
        if act == "remove":
            await remove_emoji(conn, shortcode)
        else:
            await switch_emoji(conn, shortcode, disabled=act == "disable")
        await note_act(conn, staff_id, "destroy" if act == "remove" else act, "CustomEmoji", shortcode)
    return call.redirect(_PATH, "emojis_changed")


async def _page(
    call: PageCall, fault: str = "", draft: EmojiDraft | None = None, *, status: int = 200
) -> Response[bytes]:
    """Disabled ones are shown to those who can enable them."""
    staff = may(call.viewer, _NEEDED)
    async with call.database.reading() as conn:
        found = [each for each in await all_emojis(conn) if staff or not each.disabled]
    grouped: dict[str, list[CustomEmoji]] = {}
    for each in found:
        grouped.setdefault(each.category or "", []).append(each)
    return await page(
        call, "custom_emojis", status=status, grouped=grouped, staff=staff, fault=fault, draft=draft
    )
