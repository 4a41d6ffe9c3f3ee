"""What staff may be refused."""

from parley.kit.errors import Conflict, Forbidden, Invalid


class TargetOutranks(Forbidden):
    default = "Staff can't act upon somebody of the same or a higher role"


class NotSuspended(Forbidden):
    default = "Only the data of a suspended account can be deleted"


class AlreadyResolved(Conflict):
    default = "This report is resolved already"


class NothingPending(Forbidden):
    default = "This account isn't waiting for approval"


class NoLogin(Invalid):
    default = "Validation failed: This account has no login here"
