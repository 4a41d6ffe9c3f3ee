"""Refusals about files."""

from parley.kit.errors import Invalid


class BadFile(Invalid):
    """Its reason is a sentence that names the limit, or what is wrong with the file."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Validation failed: {reason[:1].upper()}{reason[1:]}")
        self.reason = reason


class TooManyUnused(Invalid):
    def __init__(self, most: int) -> None:
        super().__init__(f"Validation failed: {most} files are waiting for a post already")


class NotProcessed(Invalid):
    default = "Cannot attach files that have not finished processing. Try again in a moment!"


class UnknownMedia(Invalid):
    default = "Validation failed: Media could not be found, or belongs to another post"


class TooManyMedia(Invalid):
    def __init__(self, most: int) -> None:
        super().__init__(f"Validation failed: A post may bear {most} files, or a single video or sound")


class MediaInUse(Invalid):
    default = "Media attachment is currently used by a post"
