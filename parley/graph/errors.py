"""Why an act between two accounts is refused."""

from parley.kit.errors import Forbidden, Invalid


class Oneself(Forbidden):
    """Nobody follows, blocks or mutes themselves."""


class BlockedEitherWay(Forbidden):
    """The two must not be told apart: who is blocked is not told so."""


class TooManyFollows(Invalid):
    default = "Validation failed: You follow as many accounts as one can"


class WrongLanguages(Invalid):
    default = "Validation failed: Languages is invalid"


class WrongDuration(Invalid):
    default = "Validation failed: Duration must not be negative"


class NoteTooLong(Invalid):
    default = "Validation failed: Comment is too long (maximum is 2000 characters)"


class NotFollowing(Invalid):
    default = "Validation failed: You must be already following the person you want to feature"


class BlankTitle(Invalid):
    default = "Validation failed: Title can't be blank"


class TitleTooLong(Invalid):
    default = "Validation failed: Title is too long (maximum is 255 characters)"


class UnknownRepliesPolicy(Invalid):
    default = "Validation failed: Replies policy is not included in the list"


class TooManyLists(Invalid):
    default = "Validation failed: You have as many lists as one can"


class TooManyListed(Invalid):
    default = "Validation failed: The list holds as many accounts as one can"


class AlreadyListed(Invalid):
    default = "Validation failed: Account has already been taken"


class TooManyFollowedTags(Invalid):
    default = "Validation failed: You follow as many tags as one can"


class FilterTitleTooLong(Invalid):
    default = "Validation failed: Title is too long (maximum is 256 characters)"


class UnknownFilterContext(Invalid):
    default = (
        "Validation failed: Context must name home, notifications, public, thread or account, at least one"
    )


class UnknownFilterAction(Invalid):
    default = "Validation failed: Filter action is not included in the list"


class WrongExpiry(Invalid):
    default = "Validation failed: Expires in must be a number of seconds, of seventy years at most"


class BlankKeyword(Invalid):
    default = "Validation failed: Keyword can't be blank"


class KeywordTooLong(Invalid):
    default = "Validation failed: Keyword is too long (maximum is 512 characters)"


class TooManyFilters(Invalid):
    default = "Validation failed: You have as many filters as one can"


class TooManyKeywords(Invalid):
    default = "Validation failed: Your filters hold as many keywords as they can"


class TooManyFilteredStatuses(Invalid):
    default = "Validation failed: Your filters hold as many posts as they can"


class AlreadyFiltered(Invalid):
    default = "Validation failed: Status has already been taken"


class SeveralKeywords(Invalid):
    default = "Validation failed: This filter has several keywords, so this application can't change it whole"


class NotADomain(Invalid):
    default = "Validation failed: Domain is not a valid domain name"


class TooManyDomainBlocks(Invalid):
    default = "Validation failed: You block as many domains as one can"
