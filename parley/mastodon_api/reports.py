"""POST /api/v1/reports.

https://docs.joinmastodon.org/methods/reports/
"""

import msgspec

from parley.kit.errors import Invalid
from parley.kit.ids import AccountId, StatusId
from parley.mastodon_api.call import Answer, Call, Route, json_answer
from parley.mastodon_api.entities.report import Report, to_report
from parley.mastodon_api.shapes import Id
from parley.moderation.report import ReportDraft, file_report


class ReportParams(msgspec.Struct, frozen=True, kw_only=True):
    account_id: AccountId | None = None
    status_ids: list[StatusId] = []
    comment: str = ""
    forward: bool = False
    category: str = ""
    rule_ids: list[Id] = []


async def create_report(call: Call) -> Answer:
    params = await call.params(ReportParams)
    if params.account_id is None:
        raise Invalid("Validation failed: Account can't be blank")
    form = ReportDraft(
        params.account_id,
        params.status_ids,
        params.comment,
        params.category,
        params.rule_ids,
        params.forward,
    )
    async with call.database.transaction() as conn:
        filed = await file_report(conn, call.viewer, form)
    return json_answer(to_report(filed.report, filed.target, call.settings.base_url))


ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/api/v1/reports",
        create_report,
        scope="write:reports",
        takes=ReportParams,
        gives=Report,
        refuses=(404,),
    ),
)
