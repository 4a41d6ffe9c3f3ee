"""Settings of a member: whose notifications are let through, held back or ignored."""

import msgspec
from litestar import Response

from parley.kit.errors import Invalid
from parley.notifications.policy import change_policy, policy_of
from parley.web.render import page
from parley.web.session import PageCall
from parley.web.wording import sentence_of

CHOICES = (("accept", "Let them through"), ("filter", "Hold them back"), ("drop", "Ignore them"))
FIELDS = (
    ("for_not_following", "people you don't follow"),
    ("for_not_followers", "people who don't follow you, or have for less than three days"),
    ("for_new_accounts", "accounts made in the last 30 days"),
    ("for_private_mentions", "people who write to you alone, unless you follow or wrote to them first"),
    ("for_limited_accounts", "accounts that the moderators have limited"),
)


async def show_policy(call: PageCall) -> Response[bytes]:
    async with call.database.reading() as conn:
        policy = await policy_of(conn, call.account_id)
    return await _show(call, msgspec.structs.asdict(policy))


async def save_policy(call: PageCall) -> Response[bytes]:
    chosen = {field: call.form.text(field) for field, _ in FIELDS}
    try:
        async with call.database.transaction() as conn:
            await change_policy(conn, call.account_id, chosen)
    except Invalid as refusal:
        return await _show(call, chosen, sentence_of(refusal))
    return call.redirect("/settings/notifications", "preferences_saved")


async def _show(call: PageCall, chosen: dict[str, str], complaint: str = "") -> Response[bytes]:
    return await page(
        call,
        "settings_notifications",
        status=422 if complaint else 200,
        chosen=chosen,
        policy_fields=FIELDS,
        policy_choices=CHOICES,
        complaint=complaint,
    )
