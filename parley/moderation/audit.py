"""The audit log: every act of staff, with its reason, for good. Rows are added; nothing here changes or removes one."""

from parley.identity.staff import Permission, require_staff
from parley.identity.viewer import Viewer
from parley.kit import clock
from parley.kit.db import Connection
from parley.kit.errors import Invalid
from parley.kit.ids import AccountId, new_id, new_id_in_bucket
from parley.kit.paging import Page
from parley.moderation import queries
from parley.moderation.models import AuditEntry

REASON_LENGTH_MAX = 2000
_NAME_LENGTH_MAX = 300
_OPERATOR_BUCKET = 0


async def note_act(
    conn: Connection,
    staff_id: AccountId | None,
    action: str,
    target_type: str,
    target_name: str,
    *,
    target_id: int | None = None,
    reason: str = "",
) -> None:
    """In the transaction of the act itself: neither stands without the other."""
    entry = AuditEntry(
        id=new_id_in_bucket(_OPERATOR_BUCKET) if staff_id is None else new_id(staff_id),
        staff_id=staff_id,
        action=action,
        target_type=target_type,
        target_id=target_id,
        target_name=target_name[:_NAME_LENGTH_MAX],
        reason=checked_reason(reason),
        created_at=clock.now(),
    )
    await queries.insert_audit_entry(conn, entry)


async def note_decision_on_trend(
    conn: Connection, staff_id: AccountId | None, what: str, name: str, subject_id: int, *, allowed: bool
) -> None:
    """`what`: a tag, link, status, author or publisher; of a status, `name` tells no words, as the log is for good."""
    act = "allow" if allowed else "refuse"
    await note_act(conn, staff_id, f"{what}_trend.{act}", f"{what}_trend", name, target_id=subject_id)


def checked_reason(reason: str) -> str:
    reason = reason.strip()
    if len(reason) > REASON_LENGTH_MAX:
        raise Invalid(f"Validation failed: Text is too long (maximum is {REASON_LENGTH_MAX} characters)")
    return reason


async def audit_log(
    conn: Connection, viewer: Viewer, page: Page, target_id: int | None = None
) -> list[AuditEntry]:
    """Newest first; all of it, or what concerns one account, report or block."""
    require_staff(viewer, Permission.VIEW_AUDIT_LOG)
    return await queries.audit_page(conn, page, target_id)
