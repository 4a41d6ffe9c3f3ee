"""Refusals about files."""

from parley.kit.errors import Invalid


class BadFile(Invalid):
    """Its reason is a sentence that names the limit, or what is wrong with the file."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Validation failed: {reason}")
