"""Spoiled: why the workshop can't make anything of a file."""


class Spoiled(Exception):
    """Bears a sentence that may be shown to whoever sent the file."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
