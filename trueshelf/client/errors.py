"""What goes wrong with a request as a whole; what is wrong with one listing is a `Failed` result."""

from collections.abc import Mapping
from dataclasses import dataclass


class TrueshelfError(Exception):
    """Whatever keeps a request from being answered."""


class UnreachableError(TrueshelfError):
    """Nothing answers, or the connection broke."""


class OutOfTimeError(TrueshelfError):
    """There is no answer within the budget."""


class AnswerError(TrueshelfError):
    """Something answers, but not as Trueshelf does."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a request; `field` is a path such as `listings` or `Content-Type`."""

    field: str
    message: str


class ProblemError(TrueshelfError):
    """A refusal (RFC 9457).

    Attributes:
        request_id: under which the service's log tells more; None where something before the service answered.
        retry_after: seconds after which to come back; None where nothing was said.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        errors: tuple[FieldError, ...] = (),
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail
        self.errors = errors
        self.request_id = request_id
        self.retry_after = retry_after


class InvalidRequestError(ProblemError):
    """The request is at fault (4xx but 429): sending it again does not help."""


class AccessError(InvalidRequestError):
    """Who asks is not known (401), or may not ask for this (403)."""


class OverloadedError(ProblemError):
    """More is asked for than can be judged in time, or than the caller may ask (429)."""


class UnavailableError(ProblemError):
    """There is no model yet, or the service or what is before it is at its limits (502, 503, 504)."""


_KINDS: Mapping[int, type[ProblemError]] = {
    401: AccessError,
    403: AccessError,
    429: OverloadedError,
    502: UnavailableError,
    503: UnavailableError,
    504: UnavailableError,
}


def problem_error(
    status: int, detail: str, errors: tuple[FieldError, ...], request_id: str | None, retry_after: float | None
) -> ProblemError:
    """The error for a status."""
    kind = _KINDS.get(status) or (InvalidRequestError if 400 <= status < 500 else ProblemError)
    return kind(status, detail, errors, request_id, retry_after)
