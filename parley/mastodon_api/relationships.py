"""/api/v1: what one account has with others (follow, block, mute, note, endorse), and the lists of these relations.

https://docs.joinmastodon.org/methods/accounts/, follow_requests/, blocks/, mutes/, endorsements/
"""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from parley.graph import block as blocks
from parley.graph import endorsements, familiar, follow, lists, models, mute, notes, related
from parley.graph.domain_blocks import blocks_domain_of, domains_shut_out
from parley.graph.models import RelatedPage
from parley.graph.private_words import note_opened, notes_opened
from parley.graph.relationships import relationships_of
from parley.hydration.accounts import account_views, listed_account_views
from parley.identity.models import AccountView
from parley.identity.reading import note_given, note_misses
from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.paging import Page
from parley.mastodon_api.call import Answer, Call, Route, json_answer
from parley.mastodon_api.entities.account import Account, account_json, muted_account_json
from parley.mastodon_api.entities.list import List, to_list
from parley.mastodon_api.entities.relationship import (
    FamiliarFollowers,
    Relationship,
    familiar_followers_json,
    to_relationship,
)
from parley.mastodon_api.paging import PageParams
from parley.mastodon_api.params import Id

_DEFAULT_LIMIT = 40
_LIMIT_MAX = 80

Act = Callable[[Connection, Viewer, AccountId], Awaitable[models.Relationship]]
PageOfAccount = Callable[[Connection, Viewer, AccountId, Page], Awaitable[RelatedPage]]
PageOfViewer = Callable[[Connection, Viewer, Page], Awaitable[RelatedPage]]


class FollowParams(msgspec.Struct, frozen=True):
    """None keeps what there is; an empty list of languages means all."""

    reblogs: bool | None = None
    notify: bool | None = None
    languages: list[str] | None = None


class MuteParams(msgspec.Struct, frozen=True):
    """`duration` in seconds; nought means for good."""

    notifications: bool = True
    duration: int = 0


class NoteParams(msgspec.Struct, frozen=True):
    comment: str = ""


class IdsParams(msgspec.Struct, frozen=True):
    id: list[Id] = []
    with_suspended: bool = False


# Acts upon one account, answered by what is between the two then


async def _told(call: Call, conn: Connection, row: models.Relationship) -> Answer:
    domain_blocking = await blocks_domain_of(conn, call.viewer, row.other_id)
    row = await note_opened(conn, call.account_id, row)
    return json_answer(to_relationship(row, domain_blocking=domain_blocking))


async def _done(call: Call, act: Act) -> Answer:
    async with call.database.transaction() as conn:
        row = await act(conn, call.viewer, AccountId(call.path_id()))
        return await _told(call, conn, row)


async def follow_account(call: Call) -> Answer:
    params = await call.params(FollowParams)
    async with call.database.transaction() as conn:
        row = await follow.follow(
            conn,
            call.viewer,
            AccountId(call.path_id()),
            reblogs=params.reblogs,
            notify=params.notify,
            languages=params.languages,
        )
        return await _told(call, conn, row)


async def unfollow_account(call: Call) -> Answer:
    return await _done(call, follow.unfollow)


async def remove_from_followers(call: Call) -> Answer:
    return await _done(call, follow.remove_follower)


async def authorize_request(call: Call) -> Answer:
    return await _done(call, follow.accept_request)


async def reject_request(call: Call) -> Answer:
    return await _done(call, follow.reject_request)


async def block_account(call: Call) -> Answer:
    return await _done(call, blocks.block)


async def unblock_account(call: Call) -> Answer:
    return await _done(call, blocks.unblock)


async def mute_account(call: Call) -> Answer:
    params = await call.params(MuteParams)
    async with call.database.transaction() as conn:
        row = await mute.mute(
            conn,
            call.viewer,
            AccountId(call.path_id()),
            notifications=params.notifications,
            duration_seconds=params.duration,
        )
        return await _told(call, conn, row)


async def unmute_account(call: Call) -> Answer:
    return await _done(call, mute.unmute)


async def set_note(call: Call) -> Answer:
    params = await call.params(NoteParams)
    async with call.database.transaction() as conn:
        row = await notes.set_note(conn, call.viewer, AccountId(call.path_id()), params.comment)
        return await _told(call, conn, row)


async def endorse_account(call: Call) -> Answer:
    return await _done(call, endorsements.endorse)


async def unendorse_account(call: Call) -> Answer:
    return await _done(call, endorsements.unendorse)


# What is between the viewer and several accounts


async def show_relationships(call: Call) -> Answer:
    """Accounts that are not known are left out, and suspended ones unless asked for."""
    params = call.query(IdsParams)
    asked = [AccountId(each) for each in dict.fromkeys(params.id)]
    async with call.database.reading() as conn:
        views = await account_views(conn, asked)
        known = [each for each in asked if each in views and _counts(views[each], params.with_suspended)]
        found = await relationships_of(conn, call.account_id, known)
        rows = await notes_opened(conn, call.account_id, found.values())
        shut_out = await domains_shut_out(conn, call.viewer, views.values())
    note_misses(call.viewer, len(asked) - len(views))
    told = [
        to_relationship(row, domain_blocking=views[row.other_id].account.domain in shut_out) for row in rows
    ]
    return json_answer(told)


def _counts(view: AccountView, with_suspended: bool) -> bool:
    return with_suspended or view.account.suspended_at is None


async def show_familiar_followers(call: Call) -> Answer:
    params = await call.params(IdsParams)
    async with call.database.reading() as conn:
        found = await familiar.familiar_followers(conn, call.viewer, [AccountId(each) for each in params.id])
    note_given(call.viewer, (each.account.id for views in found.values() for each in views))
    base_url = call.settings.base_url
    return _array([familiar_followers_json(each, views, base_url) for each, views in found.items()])


async def show_lists_with(call: Call) -> Answer:
    async with call.database.reading() as conn:
        found = await lists.lists_with(conn, call.viewer, AccountId(call.path_id()))
    return json_answer([to_list(each) for each in found])


# Lists of accounts


async def show_followers(call: Call) -> Answer:
    return await _page_of_account(call, related.followers)


async def show_following(call: Call) -> Answer:
    return await _page_of_account(call, related.following)


async def show_endorsements_of(call: Call) -> Answer:
    return await _page_of_account(call, related.endorsements)


async def show_endorsements(call: Call) -> Answer:
    async with call.database.reading() as conn:
        page = await related.endorsements(conn, call.viewer, call.account_id, _page(call))
        views = await _views(conn, page)
    return _accounts(call, page, [account_json(each, call.settings.base_url) for each in views])


async def show_requests(call: Call) -> Answer:
    return await _page_of_viewer(call, related.requests)


async def show_blocks(call: Call) -> Answer:
    return await _page_of_viewer(call, related.blocks)


async def show_mutes(call: Call) -> Answer:
    async with call.database.reading() as conn:
        page = await related.mutes(conn, call.viewer, _page(call))
        views = await _views(conn, page)
    ends = {each.account_id: each.mute_expires_at for each in page.entries}
    base_url = call.settings.base_url
    muted = [muted_account_json(each, base_url, ends[each.account.id]) for each in views]
    return _accounts(call, page, muted)


async def _page_of_account(call: Call, fetch: PageOfAccount) -> Answer:
    async with call.database.reading() as conn:
        page = await fetch(conn, call.viewer, AccountId(call.path_id()), _page(call))
        views = await listed_account_views(conn, [each.account_id for each in page.entries], call.viewer)
    return _accounts(call, page, [account_json(each, call.settings.base_url) for each in views])


async def _page_of_viewer(call: Call, fetch: PageOfViewer) -> Answer:
    async with call.database.reading() as conn:
        page = await fetch(conn, call.viewer, _page(call))
        views = await _views(conn, page)
    return _accounts(call, page, [account_json(each, call.settings.base_url) for each in views])


def _page(call: Call) -> Page:
    return call.page(_DEFAULT_LIMIT, _LIMIT_MAX)


async def _views(conn: Connection, page: RelatedPage) -> list[AccountView]:
    return await listed_account_views(conn, [each.account_id for each in page.entries])


def _accounts(call: Call, page: RelatedPage, accounts: Sequence[bytes]) -> Answer:
    return _array(accounts, call.link_header(page.oldest_id, page.newest_id, full=page.full))


def _array(fragments: Sequence[bytes], headers: dict[str, str] | None = None) -> Answer:
    return json_answer(b"[%b]" % b",".join(fragments), headers=headers)


_ACCOUNT = "/api/v1/accounts/{id:str}"

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/api/v1/accounts/relationships",
        show_relationships,
        scope="read:follows",
        takes=IdsParams,
        gives=list[Relationship],
    ),
    Route(
        "GET",
        "/api/v1/accounts/familiar_followers",
        show_familiar_followers,
        scope="read:follows",
        takes=IdsParams,
        gives=list[FamiliarFollowers],
    ),
    Route(
        "GET",
        f"{_ACCOUNT}/followers",
        show_followers,
        who="anyone",
        scope="read:accounts",
        takes=PageParams,
        gives=list[Account],
    ),
    Route(
        "GET",
        f"{_ACCOUNT}/following",
        show_following,
        who="anyone",
        scope="read:accounts",
        takes=PageParams,
        gives=list[Account],
    ),
    Route(
        "GET",
        f"{_ACCOUNT}/endorsements",
        show_endorsements_of,
        who="anyone",
        scope="read:accounts",
        takes=PageParams,
        gives=list[Account],
    ),
    Route("GET", f"{_ACCOUNT}/lists", show_lists_with, scope="read:lists", gives=list[List]),
    Route(
        "POST",
        f"{_ACCOUNT}/follow",
        follow_account,
        scope="write:follows",
        fills_home=True,
        takes=FollowParams,
        gives=Relationship,
    ),
    Route("POST", f"{_ACCOUNT}/unfollow", unfollow_account, scope="write:follows", gives=Relationship),
    Route(
        "POST",
        f"{_ACCOUNT}/remove_from_followers",
        remove_from_followers,
        scope="write:follows",
        gives=Relationship,
    ),
    Route("POST", f"{_ACCOUNT}/block", block_account, scope="write:blocks", gives=Relationship),
    Route("POST", f"{_ACCOUNT}/unblock", unblock_account, scope="write:blocks", gives=Relationship),
    Route(
        "POST", f"{_ACCOUNT}/mute", mute_account, scope="write:mutes", takes=MuteParams, gives=Relationship
    ),
    Route("POST", f"{_ACCOUNT}/unmute", unmute_account, scope="write:mutes", gives=Relationship),
    Route("POST", f"{_ACCOUNT}/note", set_note, scope="write:accounts", takes=NoteParams, gives=Relationship),
    Route("POST", f"{_ACCOUNT}/pin", endorse_account, scope="write:accounts", gives=Relationship),
    Route("POST", f"{_ACCOUNT}/unpin", unendorse_account, scope="write:accounts", gives=Relationship),
    Route("POST", f"{_ACCOUNT}/endorse", endorse_account, scope="write:accounts", gives=Relationship),
    Route("POST", f"{_ACCOUNT}/unendorse", unendorse_account, scope="write:accounts", gives=Relationship),
    Route(
        "GET",
        "/api/v1/follow_requests",
        show_requests,
        scope="read:follows",
        takes=PageParams,
        gives=list[Account],
    ),
    Route(
        "POST",
        "/api/v1/follow_requests/{id:str}/authorize",
        authorize_request,
        scope="write:follows",
        gives=Relationship,
    ),
    Route(
        "POST",
        "/api/v1/follow_requests/{id:str}/reject",
        reject_request,
        scope="write:follows",
        gives=Relationship,
    ),
    Route("GET", "/api/v1/blocks", show_blocks, scope="read:blocks", takes=PageParams, gives=list[Account]),
    Route("GET", "/api/v1/mutes", show_mutes, scope="read:mutes", takes=PageParams, gives=list[Account]),
    Route(
        "GET",
        "/api/v1/endorsements",
        show_endorsements,
        scope="read:accounts",
        takes=PageParams,
        gives=list[Account],
    ),
)
