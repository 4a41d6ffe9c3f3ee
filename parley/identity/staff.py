"""Who is staff: what each role may do, the one predicate that every act of staff begins with, and who outranks whom.

The bits are those of the documented Role entity: https://docs.joinmastodon.org/entities/Role/#permission-flags
"""

from enum import IntFlag

from parley.identity.viewer import Viewer, require_account
from parley.kit.errors import Forbidden
from parley.kit.ids import AccountId


class Permission(IntFlag):
    """What a role may allow. Bits of the documentation for which there is no act here are left out."""

    ADMINISTRATOR = 0x1
    VIEW_AUDIT_LOG = 0x4
    VIEW_DASHBOARD = 0x8
    MANAGE_REPORTS = 0x10
    MANAGE_FEDERATION = 0x20
    MANAGE_SETTINGS = 0x40
    MANAGE_BLOCKS = 0x80
    MANAGE_TAXONOMIES = 0x100
    MANAGE_USERS = 0x400
    MANAGE_RULES = 0x1000
    MANAGE_ANNOUNCEMENTS = 0x2000
    MANAGE_CUSTOM_EMOJIS = 0x4000
    MANAGE_ROLES = 0x20000
    # Here also what it takes to see members' e-mail and network addresses.
    MANAGE_USER_ACCESS = 0x40000
    DELETE_USER_DATA = 0x80000


NOTHING = Permission(0)
PERMISSIONS = {
    "user": NOTHING,
    "moderator": (
        Permission.VIEW_AUDIT_LOG
        | Permission.VIEW_DASHBOARD
        | Permission.MANAGE_REPORTS
        | Permission.MANAGE_TAXONOMIES
        | Permission.MANAGE_USERS
    ),
    # Stands for all of them.
    "admin": Permission.ADMINISTRATOR,
}
STAFF_ROLES = ("moderator", "admin")
_RANKS = {"user": 0, "moderator": 1, "admin": 2}


def allows(role: str, needed: Permission) -> bool:
    """Whether a role has all bits of `needed`."""
    held = PERMISSIONS.get(role, NOTHING)
    return bool(held & Permission.ADMINISTRATOR) or held & needed == needed


def roles_with(needed: Permission) -> tuple[str, ...]:
    return tuple(role for role in STAFF_ROLES if allows(role, needed))


def may(viewer: Viewer, needed: Permission) -> bool:
    return viewer.account_id is not None and allows(viewer.role, needed)


def require_staff(viewer: Viewer, needed: Permission) -> AccountId:
    """The staff member's account id. Raises Forbidden for every other member, Unauthorized for nobody."""
    account_id = require_account(viewer)
    if not allows(viewer.role, needed):
        raise Forbidden
    return account_id


def outranks(role: str, other_role: str) -> bool:
    """Whether who has `role` may act upon who has `other_role`: only downwards, so never upon their own kind."""
    return _RANKS.get(role, 0) > _RANKS.get(other_role, 0)
