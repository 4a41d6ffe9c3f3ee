"""/api/v1/accounts/* as profiles, one's own among them: show, look up, search, edit; /api/v1/preferences.

What stands between two accounts is in relationships.py, signing up in registration.py.
https://docs.joinmastodon.org/methods/accounts/
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from parley.discovery.featured_tags import own_featured_tags
from parley.discovery.search_accounts import search_accounts
from parley.graph.follow import count_requests
from parley.hydration.accounts import account_views
from parley.identity.accounts import (
    find_account_by_handle,
    open_account_views,
    refuse_erased,
    require_account_by_id,
)
from parley.identity.addresses import parse_handle
from parley.identity.models import AccountView, Picture
from parley.identity.preferences import (
    PostingDefaultChanges,
    edit_posting_defaults,
    posting_defaults,
    stored_posting_defaults,
)
from parley.identity.profile import ProfileChanges, accept_picture_of, edit_profile
from parley.identity.reading import note_given, note_misses
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.ids import AccountId
from parley.kit.rate_limit import UPLOADS
from parley.mastodon_api.call import Answer, Call, Nothing, Route, json_answer
from parley.mastodon_api.entities.account import (
    ROLES,
    Account,
    Preferences,
    Profile,
    account_json,
    accounts_json,
    credential_account_json,
    to_preferences,
    to_profile,
    to_source,
)
from parley.mastodon_api.entities.tag import to_featured_tag
from parley.mastodon_api.paging import PageParams, offset_page
from parley.mastodon_api.params import Id, UploadedFile
from parley.media.models import Product
from parley.media.upload import Upload, made, upload_of
from parley.publishing.models import QuotePolicy, Visibility

ACCOUNTS_MAX = 80
# What a form may weigh beyond its files.
_FORM_BYTES_MAX = 65_536


class FieldParams(msgspec.Struct, frozen=True):
    name: str = ""
    value: str = ""


class SourceParams(msgspec.Struct, frozen=True):
    """`language` is empty for the one each client is set to."""

    privacy: Literal["public", "unlisted", "private", "direct"] | UnsetType = UNSET
    sensitive: bool | UnsetType = UNSET
    language: str | UnsetType | None = UNSET
    quote_policy: Literal["public", "followers", "nobody"] | UnsetType = UNSET


class ProfileParams(msgspec.Struct, frozen=True):
    display_name: str | UnsetType = UNSET
    note: str | UnsetType = UNSET
    avatar: UploadedFile | UnsetType = UNSET
    avatar_description: str | UnsetType = UNSET
    header: UploadedFile | UnsetType = UNSET
    header_description: str | UnsetType = UNSET
    locked: bool | UnsetType = UNSET
    bot: bool | UnsetType = UNSET
    discoverable: bool | UnsetType = UNSET
    indexable: bool | UnsetType = UNSET
    hide_collections: bool | UnsetType = UNSET
    show_media: bool | UnsetType = UNSET
    show_media_replies: bool | UnsetType = UNSET
    show_featured: bool | UnsetType = UNSET
    attribution_domains: list[str] | UnsetType = UNSET
    fields_attributes: list[FieldParams] | UnsetType = UNSET
    source: SourceParams | UnsetType = UNSET


class IdsParams(msgspec.Struct, frozen=True):
    id: list[Id] = []


class LookUpParams(msgspec.Struct, frozen=True):
    acct: str = ""


class AccountSearchParams(PageParams, frozen=True, kw_only=True):
    q: str = ""
    following: bool = False


# One's own


async def verify_credentials(call: Call) -> Answer:
    async with call.database.reading() as conn:
        return await _credentials(call, conn)


async def update_credentials(call: Call) -> Answer:
    async with _edited(call) as conn:
        return await _credentials(call, conn)


async def show_profile(call: Call) -> Answer:
    async with call.database.reading() as conn:
        return await _profile(call, conn)


async def update_profile(call: Call) -> Answer:
    async with _edited(call) as conn:
        return await _profile(call, conn)


async def _profile(call: Call, conn: Connection) -> Answer:
    account, base_url = (await _own_view(call, conn)).account, call.settings.base_url
    featured = await own_featured_tags(conn, call.viewer)
    tags = tuple(to_featured_tag(each, account, base_url) for each in featured)
    return json_answer(to_profile(account, base_url, tags))


async def delete_avatar(call: Call) -> Answer:
    return await _without(call, ProfileChanges(avatar=None, avatar_description=""))


async def delete_header(call: Call) -> Answer:
    return await _without(call, ProfileChanges(header=None, header_description=""))


async def _without(call: Call, changes: ProfileChanges) -> Answer:
    """Also when there was none: the wish is fulfilled."""
    async with call.database.transaction() as conn:
        await edit_profile(conn, call.settings, call.viewer, changes)
        return await _credentials(call, conn)


async def show_preferences(call: Call) -> Answer:
    async with call.database.reading() as conn:
        return json_answer(to_preferences(await posting_defaults(conn, call.account_id)))


@asynccontextmanager
async def _edited(call: Call) -> AsyncIterator[Connection]:
    """The transaction in which the profile was edited. Pictures are made before it begins."""
    params = await call.files(ProfileParams, 2 * call.settings.picture_size_bytes_max + _FORM_BYTES_MAX)
    sent = [each for each in (params.avatar, params.header) if isinstance(each, UploadedFile)]
    if sent:
        await call.limiter.spend_budget(call.database, UPLOADS, call.account_id)
    async with (
        made(call.services, _upload(params.avatar), "avatar") as avatar,
        made(call.services, _upload(params.header), "header") as header,
        call.database.transaction() as conn,
    ):
        changes = msgspec.structs.replace(
            _profile_changes(params),
            avatar=await _picture(call, conn, "avatar", avatar),
            header=await _picture(call, conn, "header", header),
        )
        await edit_profile(conn, call.settings, call.viewer, changes)
        if params.source is not UNSET:
            await edit_posting_defaults(conn, call.viewer, _default_changes(params.source))
        yield conn


def _upload(file: UploadedFile | UnsetType) -> Upload | None:
    return upload_of(file) if isinstance(file, UploadedFile) else None


async def _picture(
    call: Call, conn: Connection, purpose: Literal["avatar", "header"], product: Product | None
) -> Picture | UnsetType:
    return UNSET if product is None else await accept_picture_of(conn, call.account_id, purpose, product)


def _profile_changes(params: ProfileParams) -> ProfileChanges:
    fields, domains = params.fields_attributes, params.attribution_domains
    return ProfileChanges(
        display_name=params.display_name,
        note=params.note,
        fields=UNSET if fields is UNSET else tuple((each.name, each.value) for each in fields),
        locked=params.locked,
        bot=params.bot,
        discoverable=params.discoverable,
        indexable=params.indexable,
        hide_collections=params.hide_collections,
        avatar_description=params.avatar_description,
        header_description=params.header_description,
        show_media=params.show_media,
        show_media_replies=params.show_media_replies,
        show_featured=params.show_featured,
        attribution_domains=UNSET if domains is UNSET else tuple(domains),
    )


def _default_changes(source: SourceParams) -> PostingDefaultChanges:
    return PostingDefaultChanges(
        visibility=UNSET if source.privacy is UNSET else Visibility[source.privacy.upper()],
        sensitive=source.sensitive,
        language=UNSET if source.language is UNSET else source.language or None,
        quote_policy=UNSET if source.quote_policy is UNSET else QuotePolicy[source.quote_policy.upper()],
    )


async def _own_view(call: Call, conn: Connection) -> AccountView:
    view = (await account_views(conn, [call.account_id])).get(call.account_id)
    if view is None:
        raise NotFound
    return view


async def _credentials(call: Call, conn: Connection) -> Answer:
    view = await _own_view(call, conn)
    defaults = await stored_posting_defaults(conn, call.account_id)
    source = to_source(view.account, defaults, await count_requests(conn, call.account_id))
    return json_answer(credential_account_json(view, call.settings.base_url, source, ROLES[call.viewer.role]))


# Anybody's


async def show_account(call: Call) -> Answer:
    async with call.database.reading() as conn:
        view = await require_account_by_id(conn, AccountId(call.path_id()))
    note_given(call.viewer, [view.account.id])
    return json_answer(account_json(view, call.settings.base_url))


async def show_accounts(call: Call) -> Answer:
    """In the order asked for, without those that don't exist."""
    ids = [AccountId(each) for each in dict.fromkeys(call.query(IdsParams).id)][:ACCOUNTS_MAX]
    async with call.database.reading() as conn:
        views = await open_account_views(conn, ids)
    shown = [views[each] for each in ids if each in views and not views[each].counts.erased]
    note_given(call.viewer, (each.account.id for each in shown))
    note_misses(call.viewer, len(ids) - len(shown))
    return json_answer(accounts_json(shown, call.settings.base_url))


async def look_up_account(call: Call) -> Answer:
    """Only among accounts known here: it asks no other server, whoever calls."""
    handle = parse_handle(call.query(LookUpParams).acct, call.settings.domain)
    if handle is None:
        raise NotFound
    async with call.database.reading() as conn:
        view = await find_account_by_handle(conn, handle)
    if view is None:
        raise NotFound
    refuse_erased(view)
    note_given(call.viewer, [view.account.id])
    return json_answer(account_json(view, call.settings.base_url))


async def search_for_accounts(call: Call) -> Answer:
    params = call.query(AccountSearchParams)
    page = offset_page(params, 40, ACCOUNTS_MAX)
    async with call.database.reading() as conn:
        found = await search_accounts(
            conn,
            call.settings,
            call.viewer,
            params.q,
            limit=page.limit,
            offset=page.offset,
            following=params.following,
        )
    note_given(call.viewer, (each.account.id for each in found))
    return json_answer(accounts_json(found, call.settings.base_url))


async def show_nothing_of_account(call: Call) -> Answer:
    """For lists that no account has anything on; 404 for nobody's id, as everywhere."""
    async with call.database.reading() as conn:
        await require_account_by_id(conn, AccountId(call.path_id()))
    return json_answer(b"[]")


_ACCOUNT = "/api/v1/accounts/{id:str}"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/api/v1/accounts/verify_credentials", verify_credentials, scope="profile", gives=Account),
    Route(
        "PATCH",
        "/api/v1/accounts/update_credentials",
        update_credentials,
        scope="write:accounts",
        also=("PUT",),
        takes=ProfileParams,
        gives=Account,
    ),
    Route("GET", "/api/v1/profile", show_profile, scope="profile", gives=Profile),
    Route(
        "PATCH",
        "/api/v1/profile",
        update_profile,
        scope="write:accounts",
        also=("PUT",),
        takes=ProfileParams,
        gives=Profile,
    ),
    Route("DELETE", "/api/v1/profile/avatar", delete_avatar, scope="write:accounts", gives=Account),
    Route("DELETE", "/api/v1/profile/header", delete_header, scope="write:accounts", gives=Account),
    Route("GET", "/api/v1/preferences", show_preferences, scope="read:accounts", gives=Preferences),
    Route(
        "GET",
        "/api/v1/accounts",
        show_accounts,
        who="anyone",
        scope="read:accounts",
        deep=True,
        takes=IdsParams,
        gives=list[Account],
    ),
    Route(
        "GET",
        "/api/v1/accounts/lookup",
        look_up_account,
        who="anyone",
        scope="read:accounts",
        takes=LookUpParams,
        gives=Account,
        refuses=(404, 410),
    ),
    Route(
        "GET",
        "/api/v1/accounts/search",
        search_for_accounts,
        scope="read:accounts",
        takes=AccountSearchParams,
        gives=list[Account],
    ),
    Route("GET", _ACCOUNT, show_account, who="anyone", scope="read:accounts", gives=Account),
    Route(
        "GET",
        f"{_ACCOUNT}/identity_proofs",
        show_nothing_of_account,
        who="anyone",
        scope="read:accounts",
        gives=list[Nothing],
    ),
)
