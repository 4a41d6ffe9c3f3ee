"""Follow and unfollow; ask, accept and reject a request; remove a follower."""

import re
from collections.abc import Sequence

from parley.graph import queries
from parley.graph.domain_blocks import blocks_domain
from parley.graph.errors import BlockedEitherWay, Oneself, TooManyFollows, WrongLanguages
from parley.graph.events import Followed, FollowRequested, Unfollowed
from parley.graph.lists import remove_from_lists
from parley.graph.models import Relationship
from parley.graph.pair import (
    Pair,
    lock_pair,
    open_pair,
    save_pair,
    with_follow,
    with_options,
    with_request,
    without_follow,
)
from parley.identity.accounts import require_account_by_id
from parley.identity.models import Account
from parley.identity.viewer import Viewer, require_account
from parley.kit.db import Connection
from parley.kit.errors import NotFound
from parley.kit.events import emit
from parley.kit.ids import AccountId, new_id

# Follows and requests together. Home timelines, lists and familiar followers are bounded by it.
FOLLOWS_MAX = 7500
LANGUAGES_MAX = 100
REQUESTS_COUNTED_MAX = 1000

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")


async def follow(
    conn: Connection,
    viewer: Viewer,
    target_id: AccountId,
    *,
    reblogs: bool | None = None,
    notify: bool | None = None,
    languages: Sequence[str] | None = None,
) -> Relationship:
    """Follows, or asks to where the target is locked; repeated, it changes the options that are given.

    No `languages` at all means every language.
    """
    account_id = require_account(viewer)
    if account_id == target_id:
        raise Oneself
    _refuse_wrong_languages(languages)
    target = (await require_account_by_id(conn, target_id)).account
    if target.suspended_at is not None:
        raise NotFound
    before = await open_pair(conn, account_id, target_id)
    if before.mine.blocked_either_way or await blocks_domain(conn, viewer, target.domain):
        raise BlockedEitherWay
    after = await _begun(conn, _with_given(before, reblogs, notify, languages), target)
    await save_pair(conn, before, after)
    await _tell(conn, before, after)
    return after.mine


def _refuse_wrong_languages(languages: Sequence[str] | None) -> None:
    if languages and (
        len(languages) > LANGUAGES_MAX or not all(_LANGUAGE.fullmatch(each) for each in languages)
    ):
        raise WrongLanguages


def _with_given(
    pair: Pair, reblogs: bool | None, notify: bool | None, languages: Sequence[str] | None
) -> Pair:
    mine = pair.mine
    return with_options(
        pair,
        show_reblogs=mine.show_reblogs if reblogs is None else reblogs,
        notify=mine.notify if notify is None else notify,
        languages=mine.languages if languages is None else tuple(dict.fromkeys(languages)) or None,
    )


async def _begun(conn: Connection, pair: Pair, target: Account) -> Pair:
    """With a follow or a request. Who is limited has to ask everyone; a request to who has unlocked since, follows."""
    if pair.mine.follow_id is not None:
        return pair
    follower = await require_account_by_id(conn, pair.account_id)
    must_ask = target.locked or follower.account.limited_at is not None
    if pair.mine.requested_id is None:
        requests = await queries.count_requests_made(conn, pair.account_id)
        # Two follows at once may pass this by one; that harms nobody.
        if follower.counts.following_count + requests >= FOLLOWS_MAX:
            raise TooManyFollows
    elif must_ask:
        return pair
    act_id = new_id(pair.account_id)
    return with_request(pair, act_id) if must_ask else with_follow(pair, act_id)


async def _tell(conn: Connection, before: Pair, after: Pair) -> None:
    if after.mine.follow_id != before.mine.follow_id:
        accepted = before.mine.requested_id is not None
        await emit(conn, Followed(after.account_id, after.other_id, accepted))
    elif after.mine.requested_id != before.mine.requested_id:
        await emit(conn, FollowRequested(after.account_id, after.other_id))


async def unfollow(conn: Connection, viewer: Viewer, target_id: AccountId) -> Relationship:
    """Ends a follow, or withdraws a request. Nothing to end is no error."""
    account_id = require_account(viewer)
    if account_id == target_id:
        raise Oneself
    await require_account_by_id(conn, target_id)
    before = await lock_pair(conn, account_id, target_id)
    return (await _end(conn, before)).mine


async def remove_follower(conn: Connection, viewer: Viewer, follower_id: AccountId) -> Relationship:
    account_id = require_account(viewer)
    if account_id == follower_id:
        raise Oneself
    await require_account_by_id(conn, follower_id)
    before = await lock_pair(conn, follower_id, account_id)
    if before.mine.follow_id is None:
        return before.theirs
    return (await _end(conn, before)).theirs


async def part(conn: Connection, account_id: AccountId, other_id: AccountId) -> None:
    """Ends follows and requests between the two, whoever made them."""
    after = await _end(conn, await lock_pair(conn, account_id, other_id))
    await _end(conn, after.turned)


async def accept_request(conn: Connection, viewer: Viewer, requester_id: AccountId) -> Relationship:
    account_id = require_account(viewer)
    before = await _require_request(conn, account_id, requester_id)
    requester = await require_account_by_id(conn, requester_id)
    if requester.account.suspended_at is not None:
        raise NotFound
    after = with_follow(before, new_id(requester_id))
    await save_pair(conn, before, after)
    await emit(conn, Followed(requester_id, account_id, accepted=True))
    return after.theirs


async def reject_request(conn: Connection, viewer: Viewer, requester_id: AccountId) -> Relationship:
    account_id = require_account(viewer)
    before = await _require_request(conn, account_id, requester_id)
    return (await _end(conn, before)).theirs


async def count_requests(conn: Connection, account_id: AccountId) -> int:
    """How many wait for the account's answer; not counted beyond REQUESTS_COUNTED_MAX."""
    return await queries.count_requests_got(conn, account_id, REQUESTS_COUNTED_MAX)


async def _require_request(conn: Connection, account_id: AccountId, requester_id: AccountId) -> Pair:
    """Seen from who asked."""
    if account_id == requester_id:
        raise NotFound
    pair = await lock_pair(conn, requester_id, account_id)
    if pair.mine.requested_id is None:
        raise NotFound
    return pair


async def _end(conn: Connection, before: Pair) -> Pair:
    """Ends the follow or request of the pair's acting account, if there is one."""
    if before.mine.follow_id is None and before.mine.requested_id is None:
        return before
    after = without_follow(before)
    await save_pair(conn, before, after)
    await remove_from_lists(conn, after.account_id, after.other_id)
    await emit(conn, Unfollowed(after.account_id, after.other_id))
    return after
