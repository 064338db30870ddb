"""What can go wrong before the core is asked. Core errors too, so that one table per dialect maps them all."""

from __future__ import annotations

from chalicelib.core.errors import CoreError, InvalidInput, NotFound


class MalformedBody(InvalidInput):
    """The request's body is not what its route reads: broken JSON, broken UTF-8, or nothing at all."""


class AnswerTooLarge(InvalidInput):
    """What was asked for is there, and larger than the host can send."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            f"the answer takes more than {limit_bytes} bytes, too many to send: ask for fewer objects or less of each"
        )


class RouteNotFound(NotFound):
    def __init__(self, path: str) -> None:
        super().__init__("path", path)


class MethodNotAllowed(CoreError):
    """The path exists, but not with this method; `allowed` are its methods."""

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"{method} is not allowed here")
        self.allowed = allowed


class UnsupportedMediaType(CoreError):
    """The body has a type or encoding that the route does not read."""


class InternalError(CoreError):
    """Something unexpected happened; the log says what, the answer never does."""

    def __init__(self) -> None:
        super().__init__("internal server error")
