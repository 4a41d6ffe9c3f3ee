"""Why featuring a tag is refused."""

from parley.kit.errors import Invalid


class NotATag(Invalid):
    default = "Validation failed: Tag is invalid"


class TooManyFeaturedTags(Invalid):
    default = "Validation failed: You feature as many tags as one can"
