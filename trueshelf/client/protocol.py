"""Requests and replies without the sending: what is asked, and what an answer means.

A conversation is a generator: it yields what to do next, a request or a pause, and is sent the reply, or has the error
thrown in that there was instead. `Client` and `AsyncClient` only carry it out.
"""

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypeAlias, TypeVar

import msgspec

from trueshelf.client.errors import AnswerError, FieldError, ProblemError, problem_error

_T = TypeVar("_T")

_PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Ask:
    """A request; `seconds` is how long its answer may take."""

    method: str
    path: str
    seconds: float
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pause:
    """Some time in which nothing is sent."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; the names of `headers` are in small letters."""

    status: int
    headers: Mapping[str, str]
    content: bytes


Talk: TypeAlias = Generator[Ask | Pause, Reply | None, _T]


@dataclass(frozen=True, slots=True)
class _Problem:
    detail: str
    errors: tuple[FieldError, ...] = ()
    request_id: str | None = None


def content_of(reply: Reply | None, kind: type[_T]) -> _T:
    """What a reply says.

    Raises:
        AnswerError: it is no answer of the service.
        ProblemError: it is a refusal.
    """
    assert reply is not None  # pauses have no reply
    if reply.status >= 400:
        raise _problem(reply)
    if reply.status != HTTPStatus.OK:
        raise AnswerError(f"the answer has the status {reply.status}")
    return _decoded(reply.content, kind)


def seconds_until(retry_after: str | None) -> float | None:
    """What `Retry-After` asks for: seconds, or until a date (RFC 9110, 10.2.3); None for nothing that can be read."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdecimal():
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return None


def _problem(reply: Reply) -> ProblemError:
    """The refusal; one that is no problem of ours comes from something before the service."""
    try:
        if reply.headers.get("content-type", "").partition(";")[0] != _PROBLEM:
            raise AnswerError("no problem details")
        told = _decoded(reply.content, _Problem)
    except AnswerError:
        told = _Problem(f"something before the service answered {reply.status}")
    after = seconds_until(reply.headers.get("retry-after"))
    return problem_error(reply.status, told.detail, told.errors, told.request_id, after)


def _decoded(content: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError as error:
        raise AnswerError(f"the answer is none of Trueshelf's: {error}") from error
