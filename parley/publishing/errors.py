"""Refusals of publishing."""

from parley.kit.errors import Forbidden, Invalid


class EmptyStatus(Invalid):
    default = "Validation failed: Text can't be blank"


class TooLong(Invalid):
    def __init__(self, length_max: int) -> None:
        super().__init__(f"Validation failed: Text character limit of {length_max} exceeded")


class UnknownVisibility(Invalid):
    default = "Validation failed: Visibility is not included in the list"


class UnknownLanguage(Invalid):
    default = "Validation failed: Language is not a valid language code"


class TooManyPins(Invalid):
    default = "Validation failed: You have already pinned the maximum number of posts"


class NotPinnable(Invalid):
    default = "Validation failed: Only one's own posts that aren't boosts or direct messages can be pinned"


class UnknownMedia(Invalid):
    """There are no media on this server yet, so no id can name one."""

    default = "Validation failed: Media was not found"


class NotScheduled(Invalid):
    default = "Validation failed: Scheduled posts are not accepted on this server"


class NotReblogable(Forbidden):
    default = "This action is not allowed"


class WrongPoll(Invalid):
    def __init__(self, reason: str) -> None:
        super().__init__(f"Validation failed: poll {reason}")


class PollExpired(Invalid):
    default = "Validation failed: This poll has already ended"


class AlreadyVoted(Invalid):
    default = "Validation failed: You have already voted on this poll"


class OwnPoll(Invalid):
    default = "Validation failed: You can't vote in your own poll"


class UnknownChoice(Invalid):
    default = "Validation failed: This option does not exist"
