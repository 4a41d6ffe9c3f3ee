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


class TooSoon(Invalid):
    default = "Validation failed: Scheduled at must be at least 5 minutes ahead"


class TooFar(Invalid):
    default = "Validation failed: Scheduled at is too far ahead"


class TooManyScheduled(Invalid):
    default = "Validation failed: You have too many scheduled posts"


class TooManyScheduledThatDay(Invalid):
    default = "Validation failed: You have too many posts scheduled for that day"


class NotReblogable(Forbidden):
    default = "This action is not allowed"


class NotQuotable(Forbidden):
    default = "The author of this post does not allow you to quote it"


class QuoteNotMentioned(Invalid):
    default = "Validation failed: A message can quote only those whom it mentions"


class QuoteWithMore(Invalid):
    default = "Validation failed: A quote can't have a poll or media"


class RepliesLimited(Forbidden):
    default = "The author of this post has limited who can reply to it"


class UnknownQuotePolicy(Invalid):
    default = "Validation failed: Quote approval policy is not included in the list"


class UnknownReplyPolicy(Invalid):
    default = "Validation failed: Reply policy is not included in the list"


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
