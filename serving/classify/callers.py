"""Who asks, how long they wait, and whether they are still there."""

import asyncio
import math
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from starlette.requests import ClientDisconnect, Request

from serving.access.caller import Caller
from serving.classify.problems import Problem

TIMEOUT: Final = "X-Request-Timeout"

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment until which somebody waits for an answer, on the clock that only goes forward."""

    at: float

    @classmethod
    def of(cls, request: Request, *, most: float) -> "Deadline":
        """What a request says in `X-Request-Timeout`, in seconds from now, and `most` where it says nothing or more.

        Raises:
            Problem: 400, it says something else.
        """
        given = request.headers.get(TIMEOUT)
        seconds = most if given is None else _seconds(given)
        return cls(time.monotonic() + min(seconds, most))

    def left(self) -> float:
        """Seconds, at least 0."""
        return max(0.0, self.at - time.monotonic())


def caller_of(request: Request) -> str:
    """With whom others share turns: one holder of keys, one subject of tokens, else one address."""
    caller: Caller = request.state.caller
    return caller.name


async def unless_gone(request: Request, work: Coroutine[Any, Any, _Result]) -> _Result:
    """What `work` gives; it is cancelled when the caller hangs up, so that nothing is done for nobody.

    Args:
        request: its body has been read.

    Raises:
        ClientDisconnect: the caller has gone.
    """
    working, watching = asyncio.ensure_future(work), asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientDisconnect
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.wait((working, watching))


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _seconds(given: str) -> float:
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if not seconds > 0:
        raise Problem.about(400, TIMEOUT, f"is {given[:100]!r}, not a number of seconds above 0")
    return seconds
