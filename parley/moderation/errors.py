"""What staff may be refused."""

from parley.kit.errors import Forbidden, Invalid


class TargetOutranks(Forbidden):
    default = "Staff can't act upon somebody of the same or a higher role"


class NotSuspended(Forbidden):
    default = "Only the data of a suspended account can be deleted"


class NothingPending(Forbidden):
    default = "This account isn't waiting for approval"


class NoLogin(Invalid):
    default = "Validation failed: This account has no login here"


class ShutsYouOut(Invalid):
    default = "Validation failed: This network holds the address that you come from"
