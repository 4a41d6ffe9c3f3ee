"""Settings of a member: profile and posting preferences."""

from itertools import zip_longest
from typing import Literal

import msgspec
from litestar import Response
from msgspec import UNSET, UnsetType

from parley.hydration.accounts import account_views
from parley.identity.models import Account, Picture
from parley.identity.preferences import PostingDefaultChanges, edit_posting_defaults, posting_defaults
from parley.identity.profile import FIELDS_MAX, ProfileChanges, accept_picture_of, edit_profile
from parley.kit.db import Connection
from parley.kit.errors import Invalid, NotFound, ParleyError, TooMany, Unavailable
from parley.kit.rate_limit import UPLOADS
from parley.media.models import Product
from parley.media.upload import Upload, made, upload_of
from parley.publishing.errors import UnknownQuotePolicy, UnknownVisibility
from parley.publishing.models import QuotePolicy, Visibility
from parley.web.errors import beside, complaint_of
from parley.web.render import page
from parley.web.session import PageCall
from parley.web.wording import sentence_of

_CHOOSE_AGAIN = "Nothing was saved: please choose the picture again."
_VISIBILITIES = {each.wire: each for each in Visibility}
_QUOTE_POLICIES = {each.wire: each for each in QuotePolicy}


class ProfileForm(msgspec.Struct, frozen=True):
    display_name: str
    note: str
    fields: tuple[tuple[str, str], ...]
    locked: bool
    bot: bool
    discoverable: bool
    indexable: bool
    hide_collections: bool
    avatar_description: str
    header_description: str


class PreferencesForm(msgspec.Struct, frozen=True):
    visibility: str
    language: str
    sensitive: bool
    quote_policy: str


async def show_profile_settings(call: PageCall) -> Response[bytes]:
    async with call.database.reading() as conn:
        view = (await account_views(conn, [call.account_id])).get(call.account_id)
    if view is None:
        raise NotFound
    return await _show_profile(call, _form_of(view.account))


async def save_profile(call: PageCall) -> Response[bytes]:
    """Pictures are made before the transaction begins."""
    form = _sent_profile(call)
    avatar, header = _sent_picture(call, "avatar"), _sent_picture(call, "header")
    chosen = avatar is not None or header is not None
    try:
        if chosen:
            await call.limiter.spend_budget(call.database, UPLOADS, call.account_id)
        async with (
            made(call.services, avatar, "avatar") as new_avatar,
            made(call.services, header, "header") as new_header,
            call.database.transaction() as conn,
        ):
            changes = ProfileChanges(
                **msgspec.structs.asdict(form),
                avatar=await _picture(call, conn, "avatar", new_avatar),
                header=await _picture(call, conn, "header", new_header),
            )
            await edit_profile(conn, call.settings, call.viewer, changes)
    except (Invalid, TooMany, Unavailable) as refusal:
        return await _show_profile(call, form, refusal, _CHOOSE_AGAIN if chosen else "")
    return call.redirect("/settings", "profile_saved")


def _sent_picture(call: PageCall, name: str) -> Upload | None:
    files = call.form.files(name)
    return upload_of(files[-1]) if files else None


async def _picture(
    call: PageCall, conn: Connection, purpose: Literal["avatar", "header"], product: Product | None
) -> Picture | UnsetType | None:
    """None to have none from now on."""
    if product is not None:
        return await accept_picture_of(conn, call.account_id, purpose, product)
    return None if call.form.flag(f"remove_{purpose}") else UNSET


async def _show_profile(
    call: PageCall, form: ProfileForm, refusal: ParleyError | None = None, advice: str = ""
) -> Response[bytes]:
    rows = [*form.fields, *[("", "")] * FIELDS_MAX][:FIELDS_MAX]
    complaint = f"{complaint_of(refusal)} {advice}".strip()
    return beside(await page(call, "settings_profile", form=form, rows=rows, complaint=complaint), refusal)


def _form_of(account: Account) -> ProfileForm:
    return ProfileForm(
        display_name=account.display_name,
        note=account.note,
        fields=tuple((each.name, each.value) for each in account.fields),
        locked=account.locked,
        bot=account.bot,
        discoverable=account.discoverable,
        indexable=account.indexable,
        hide_collections=account.hide_collections,
        avatar_description=account.avatar_description,
        header_description=account.header_description,
    )


def _sent_profile(call: PageCall) -> ProfileForm:
    form = call.form
    pairs = zip_longest(form.texts("field_name"), form.texts("field_value"), fillvalue="")
    return ProfileForm(
        display_name=form.text("display_name"),
        note=form.text("note"),
        fields=tuple((name.strip(), value.strip()) for name, value in pairs),
        locked=form.flag("locked"),
        bot=form.flag("bot"),
        discoverable=form.flag("discoverable"),
        indexable=form.flag("indexable"),
        hide_collections=form.flag("hide_collections"),
        avatar_description=form.text("avatar_description"),
        header_description=form.text("header_description"),
    )


async def show_preferences(call: PageCall) -> Response[bytes]:
    async with call.database.reading() as conn:
        defaults = await posting_defaults(conn, call.account_id)
    visibility = Visibility(defaults.visibility).wire
    quote_policy = QuotePolicy(defaults.quote_policy).wire
    return await _show_preferences(
        call, PreferencesForm(visibility, defaults.language or "", defaults.sensitive, quote_policy)
    )


async def save_preferences(call: PageCall) -> Response[bytes]:
    form = PreferencesForm(
        call.form.text("visibility"),
        call.form.text("language"),
        call.form.flag("sensitive"),
        call.form.text("quote_policy"),
    )
    try:
        if form.visibility not in _VISIBILITIES:
            raise UnknownVisibility
        if form.quote_policy and form.quote_policy not in _QUOTE_POLICIES:
            raise UnknownQuotePolicy
        changes = PostingDefaultChanges(
            visibility=_VISIBILITIES[form.visibility],
            sensitive=form.sensitive,
            language=form.language or None,
            quote_policy=_QUOTE_POLICIES.get(form.quote_policy, UNSET),
        )
        async with call.database.transaction() as conn:
            await edit_posting_defaults(conn, call.viewer, changes)
    except Invalid as refusal:
        return await _show_preferences(call, form, sentence_of(refusal))
    return call.redirect("/settings/preferences", "preferences_saved")


async def _show_preferences(call: PageCall, form: PreferencesForm, complaint: str = "") -> Response[bytes]:
    status = 422 if complaint else 200
    return await page(call, "settings_preferences", status=status, form=form, complaint=complaint)
