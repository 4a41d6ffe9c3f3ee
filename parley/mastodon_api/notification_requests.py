"""/api/v*/notifications/policy and /api/v1/notifications/requests: what is held back, and from whom it is let through.

https://docs.joinmastodon.org/methods/notifications/#policy
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from parley.hydration.notification_requests import request_page, request_view
from parley.mastodon_api.call import Answer, Call, Nothing, Route, json_answer
from parley.mastodon_api.entities.notification_policy import (
    Merged,
    NotificationPolicy,
    NotificationRequest,
    OldNotificationPolicy,
    old_policy_of,
    policy_of,
    request_json,
    requests_json,
)
from parley.mastodon_api.notifications import LIMIT_DEFAULT, LIMIT_MAX
from parley.mastodon_api.paging import PageParams, page_from
from parley.mastodon_api.shapes import Id
from parley.notifications import policy
from parley.notifications.models import Policy, PolicySummary
from parley.notifications.requests import accept_requests, all_merged, dismiss_requests

Choice = Literal["accept", "filter", "drop"]


class PolicyParams(msgspec.Struct, frozen=True, kw_only=True):
    """What is not given stays as it is."""

    for_not_following: Choice | None = None
    for_not_followers: Choice | None = None
    for_new_accounts: Choice | None = None
    for_private_mentions: Choice | None = None
    for_limited_accounts: Choice | None = None

    @property
    def changes(self) -> dict[str, str]:
        return {name: each for name, each in msgspec.structs.asdict(self).items() if each is not None}


class OldPolicyParams(msgspec.Struct, frozen=True, kw_only=True):
    filter_not_following: bool | None = None
    filter_not_followers: bool | None = None
    filter_new_accounts: bool | None = None
    filter_private_mentions: bool | None = None

    @property
    def changes(self) -> dict[str, str]:
        """In the words of the second version."""
        return {
            name.replace("filter_", "for_"): "filter" if each else "accept"
            for name, each in msgspec.structs.asdict(self).items()
            if each is not None
        }


class RequestsParams(PageParams, frozen=True, kw_only=True):
    """Which part of the list."""


class ChosenParams(msgspec.Struct, frozen=True, kw_only=True):
    id: list[Id] = msgspec.field(default_factory=list)


# The policy


async def show_policy(call: Call) -> Answer:
    return json_answer(policy_of(*await _policy(call)))


async def edit_policy(call: Call) -> Answer:
    params = await call.params(PolicyParams)
    return json_answer(policy_of(*await _changed(call, params.changes)))


async def show_old_policy(call: Call) -> Answer:
    return json_answer(old_policy_of(*await _policy(call)))


async def edit_old_policy(call: Call) -> Answer:
    params = await call.params(OldPolicyParams)
    return json_answer(old_policy_of(*await _changed(call, params.changes)))


async def _policy(call: Call) -> tuple[Policy, PolicySummary]:
    async with call.database.reading() as conn:
        found = await policy.policy_of(conn, call.account_id)
        return found, await policy.summary_of(conn, call.account_id)


async def _changed(call: Call, changes: dict[str, str]) -> tuple[Policy, PolicySummary]:
    async with call.database.transaction() as conn:
        found = await policy.change_policy(conn, call.account_id, changes)
        return found, await policy.summary_of(conn, call.account_id)


# Who waits


async def list_requests(call: Call) -> Answer:
    page = page_from(call.query(RequestsParams), LIMIT_DEFAULT, LIMIT_MAX)
    async with call.database.reading() as conn:
        found = await request_page(conn, call.viewer, page)
    body = requests_json(found.views, call.settings.base_url, call.viewer)
    return json_answer(body, headers=call.link_header(found.oldest, found.newest, full=found.full))


async def show_request(call: Call) -> Answer:
    async with call.database.reading() as conn:
        view = await request_view(conn, call.viewer, call.path_id())
    return json_answer(request_json(view, call.settings.base_url, call.viewer))


async def accept_request(call: Call) -> Answer:
    return await _accept(call, [call.path_id()])


async def dismiss_request(call: Call) -> Answer:
    return await _dismiss(call, [call.path_id()])


async def accept_several(call: Call) -> Answer:
    return await _accept(call, (await call.params(ChosenParams)).id)


async def dismiss_several(call: Call) -> Answer:
    return await _dismiss(call, (await call.params(ChosenParams)).id)


async def _accept(call: Call, ids: Sequence[int]) -> Answer:
    async with call.database.transaction() as conn:
        await accept_requests(conn, call.account_id, ids)
    return json_answer(b"{}")


async def _dismiss(call: Call, ids: Sequence[int]) -> Answer:
    async with call.database.transaction() as conn:
        await dismiss_requests(conn, call.account_id, ids)
    return json_answer(b"{}")


async def tell_whether_merged(call: Call) -> Answer:
    async with call.database.reading() as conn:
        return json_answer(Merged(await all_merged(conn, call.account_id)))


_READ, _WRITE = "read:notifications", "write:notifications"
_POLICY, _OLD_POLICY = "/api/v2/notifications/policy", "/api/v1/notifications/policy"
_REQUESTS = "/api/v1/notifications/requests"

ROUTES = (
    Route("GET", _POLICY, show_policy, scope=_READ, gives=NotificationPolicy),
    Route(
        "PATCH",
        _POLICY,
        edit_policy,
        scope=_WRITE,
        also=("PUT",),
        takes=PolicyParams,
        gives=NotificationPolicy,
    ),
    Route("GET", _OLD_POLICY, show_old_policy, scope=_READ, gives=OldNotificationPolicy),
    Route(
        "PUT",
        _OLD_POLICY,
        edit_old_policy,
        scope=_WRITE,
        also=("PATCH",),
        takes=OldPolicyParams,
        gives=OldNotificationPolicy,
    ),
    Route(
        "GET",
        _REQUESTS,
        list_requests,
        scope=_READ,
        own=True,
        takes=RequestsParams,
        gives=list[NotificationRequest],
    ),
    Route("GET", f"{_REQUESTS}/merged", tell_whether_merged, scope=_READ, gives=Merged),
    Route(
        "POST",
        f"{_REQUESTS}/accept",
        accept_several,
        scope=_WRITE,
        takes=ChosenParams,
        gives=Nothing,
        refuses=(404,),
    ),
    Route(
        "POST",
        f"{_REQUESTS}/dismiss",
        dismiss_several,
        scope=_WRITE,
        takes=ChosenParams,
        gives=Nothing,
        refuses=(404,),
    ),
    Route("GET", f"{_REQUESTS}/{{id:str}}", show_request, scope=_READ, own=True, gives=NotificationRequest),
    Route("POST", f"{_REQUESTS}/{{id:str}}/accept", accept_request, scope=_WRITE, gives=Nothing),
    Route("POST", f"{_REQUESTS}/{{id:str}}/dismiss", dismiss_request, scope=_WRITE, gives=Nothing),
)
