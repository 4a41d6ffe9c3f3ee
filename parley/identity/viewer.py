"""Who is looking: anonymous, an application, or a member with scopes. Every door makes one, every act takes one."""

from datetime import datetime

import msgspec

from parley.identity.scopes import covers
from parley.kit.errors import Forbidden, Invalid, Unauthorized
from parley.kit.ids import AccountId, ApplicationId, TokenId
from parley.kit.readings import Given


class Viewer(msgspec.Struct, frozen=True):
    """`account_id` is None for anonymous visitors and for an application's own token.

    `joined_at`: since when there is the account. `given` gathers what one request reads, where that is counted.
    """

    account_id: AccountId | None = None
    token_id: TokenId | None = None
    application_id: ApplicationId | None = None
    application_name: str | None = None
    application_website: str | None = None
    scopes: frozenset[str] = frozenset()
    role: str = "user"
    joined_at: datetime | None = None
    given: Given | None = None


ANONYMOUS = Viewer()


def require_account(viewer: Viewer) -> AccountId:
    """The member's account id. Raises Unauthorized (nobody) or Invalid (an application alone)."""
    if viewer.account_id is not None:
        return viewer.account_id
    if viewer.token_id is not None:
        raise Invalid("This method requires an authenticated user")
    raise Unauthorized


def require_scope(viewer: Viewer, needed: str) -> None:
    """Raises Forbidden unless one of the viewer's scopes covers the needed one."""
    if not covers(viewer.scopes, needed):
        raise Forbidden("This action is outside the authorized scopes")
