"""change_interaction_policy: who may quote a status and reply to it, without it counting as an edit."""

from parley.identity.viewer import Viewer
from parley.kit.db import Connection
from parley.kit.ids import StatusId
from parley.publishing import quote_queries
from parley.publishing.cache import version_step
from parley.publishing.consent import quote_policy_of
from parley.publishing.delete import hold, require_own
from parley.publishing.models import QuotePolicy, ReplyPolicy


async def change_interaction_policy(
    conn: Connection,
    viewer: Viewer,
    status_id: StatusId,
    quote_policy: QuotePolicy | None = None,
    reply_policy: ReplyPolicy | None = None,
) -> None:
    """None stays as it is. What was quoted or answered before stays so. Raises NotFound unless it is one's own."""
    status = await hold(conn, (await require_own(conn, viewer, status_id)).status)
    if quote_policy is not None:
        quote_policy = quote_policy_of(status.visibility, quote_policy)
    if quote_policy is None and reply_policy is None:
        return
    await quote_queries.change_terms(
        conn, status_id, version_step(), quote_policy=quote_policy, reply_policy=reply_policy
    )
