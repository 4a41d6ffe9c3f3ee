"""What follows after a sign-up, a profile edit, a member's return."""

from parley.identity.events import AccountCreated, MemberReturned, ProfileEdited
from parley.kit.db import Connection
from parley.kit.services import Services
from parley.timelines import backfill


async def after_created(_conn: Connection, _services: Services, _event: AccountCreated) -> None:
    """Nothing yet that others would have to know."""


async def after_edited(_conn: Connection, _services: Services, _event: ProfileEdited) -> None:
    """Nothing: whoever shows the profile reads its version."""


async def after_returned(conn: Connection, _services: Services, event: MemberReturned) -> None:
    """Who was away for long was not pushed to: their home is made anew."""
    await backfill.rebuild_home(conn, event.account_id)
