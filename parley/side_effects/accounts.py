"""What follows after a sign-up, a profile edit, a member's return."""

from parley.discovery.index_accounts import index_accounts
from parley.discovery.index_jobs import IndexPostsOf
from parley.discovery.index_statuses import note_indexable
from parley.identity.accounts import note_whether_listed
from parley.identity.events import AccountCreated, MemberReturned, ProfileEdited
from parley.identity.staff import Permission, roles_with
from parley.identity.staff_view import staff_with
from parley.kit.db import Connection
from parley.kit.ids import AccountId
from parley.kit.jobs import defer
from parley.kit.services import Services
from parley.notifications.notify import notify_many
from parley.timelines import backfill


async def after_created(conn: Connection, _services: Services, event: AccountCreated) -> None:
    await note_whether_listed(conn, event.account_id)
    staff = await staff_with(conn, roles_with(Permission.MANAGE_USERS))
    await notify_many(conn, staff, "admin.sign_up", event.account_id)
    await _index(conn, event.account_id)


async def after_edited(conn: Connection, _services: Services, event: ProfileEdited) -> None:
    """Whoever shows the profile reads its version; the index has to be told."""
    await note_whether_listed(conn, event.account_id)
    await _index(conn, event.account_id)


async def _index(conn: Connection, account_id: AccountId) -> None:
    """The account's names; and all its public posts, when it has opted into search or out of it."""
    await index_accounts(conn, [account_id])
    if await note_indexable(conn, account_id):
        await defer(conn, IndexPostsOf(account_id))


async def after_returned(conn: Connection, _services: Services, event: MemberReturned) -> None:
    """Who was away for long was not pushed to: their home is made anew."""
    await backfill.rebuild_home(conn, event.account_id)
