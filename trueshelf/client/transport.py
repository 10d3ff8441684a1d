"""What both clients know of the HTTP library."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from trueshelf.client.errors import OutOfTimeError, TrueshelfError, UnreachableError
from trueshelf.client.protocol import Ask, Reply

if TYPE_CHECKING:
    import httpx2

BUDGET = 120.0
"""Seconds; the service itself gives up then, unless it was set up otherwise."""


Token: TypeAlias = str | Callable[[], str]
"""A key or a token, or what gives one: it is asked before every attempt, and keeps what is still valid itself."""

AsyncToken: TypeAlias = Token | Callable[[], Awaitable[str]]
"""The same, where it may be waited for."""


def headers_of(ask: Ask, token: str | None) -> Mapping[str, str]:
    """The headers of a request, with what shows who asks."""
    return ask.headers if token is None else {**ask.headers, "Authorization": f"Bearer {token}"}


def checked_address(address: str) -> str:
    """The service's address without a slash at its end.

    Raises:
        ValueError: it is no web address.
    """
    if not address.startswith(("http://", "https://")):
        raise ValueError(f"address is {address!r}, not such as http://127.0.0.1:3000")
    return address.rstrip("/")


def reply_of(response: "httpx2.Response", content: bytes) -> Reply:
    """A response whose content has been read."""
    return Reply(response.status_code, {name.lower(): value for name, value in response.headers.items()}, content)


def late(address: str, ask: Ask) -> OutOfTimeError:
    """That an answer did not come in time."""
    return OutOfTimeError(f"{address} did not answer within {ask.seconds:.1f} s")


def failure_of(error: "httpx2.RequestError", address: str, ask: Ask) -> TrueshelfError:
    """What an error of the HTTP library means."""
    import httpx2  # here, so that importing stays quick

    if isinstance(error, httpx2.ConnectError):
        return UnreachableError(f"nothing answers at {address} ({error})")
    if isinstance(error, httpx2.TimeoutException):
        return late(address, ask)
    return UnreachableError(f"the connection to {address} broke ({error})")
