"""ParleyError and its few status-coded children; each holds a text to show and, if need be, one for the log."""

from typing import ClassVar


class ParleyError(Exception):
    """A refusal. `shown` goes to whoever asked; `logged` only to the log. Subclasses set `status`."""

    status: ClassVar[int] = 500
    default: ClassVar[str] = "Something went wrong"

    def __init__(self, shown: str | None = None, *, logged: str | None = None) -> None:
        self.shown = shown or self.default
        self.logged = logged or self.shown
        super().__init__(self.logged)


class BadRequest(ParleyError):
    """The request can't be read: malformed JSON, a wrong type."""

    status = 400
    default = "The request could not be understood"


class Unauthorized(ParleyError):
    status = 401
    default = "The access token is invalid"


class Forbidden(ParleyError):
    status = 403
    default = "This action is not allowed"


class NotFound(ParleyError):
    """Missing, or hidden from whoever asks: the two must not be told apart."""

    status = 404
    default = "Record not found"


class Conflict(ParleyError):
    status = 409
    default = "This conflicts with a newer change"


class Gone(ParleyError):
    status = 410
    default = "This is gone"


class TooLarge(ParleyError):
    """The body is larger than the limit for it."""

    status = 413
    default = "The request is too large"


class Invalid(ParleyError):
    """Understood, but refused by a rule; `details` maps a field to its (code, sentence) pairs."""

    status = 422
    default = "Validation failed"

    def __init__(
        self,
        shown: str | None = None,
        *,
        logged: str | None = None,
        details: dict[str, list[tuple[str, str]]] | None = None,
    ) -> None:
        super().__init__(shown, logged=logged)
        self.details = details


class TooMany(ParleyError):
    """A limit on frequency was reached; `retry_after_seconds` says when to come back."""

    status = 429
    default = "Too many requests"

    def __init__(self, shown: str | None = None, *, retry_after_seconds: int = 60) -> None:
        super().__init__(shown)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(ParleyError):
    """Something that this server needs is away, or busy: worth asking again."""

    status = 503
    default = "The service is not available just now"
    retry_after_seconds: ClassVar[int] = 30


class OperatorError(Exception):
    """What only whoever runs the server can mend; one sentence, for the terminal, never for members."""
