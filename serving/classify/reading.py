"""Bodies on their way in: bounded in size, number and slowness, so that whoever trickles takes nobody's place."""

from dataclasses import dataclass
from typing import Final

import anyio
from starlette.requests import Request

from serving.classify.problems import Problem

MOST_READ: Final = 512
"""Bodies that are read at a time; one more is told to come back."""

MOST_LARGE: Final = 16
"""Bodies of the largest size whose bytes may be held before they are whole."""

SMALL: Final = 64 * 2**10
"""The first bytes of every body do not count among those held, so that large bodies never keep small ones out."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How slow a body may be.

    Attributes:
        grace: seconds before its rate counts.
        rate: bytes a second, on average, from then on.
        most: seconds for all of it.
    """

    grace: float = 5.0
    rate: int = 64 * 2**10
    most: float = 60.0

    def seconds(self, size: int) -> float:
        """How long to wait for more of a body of which `size` bytes have come, counted from its beginning."""
        return min(self.most, self.grace + size / self.rate)


class Reader:
    """Reads bodies, up to `limit` bytes each."""

    def __init__(self, *, limit: int, patience: Patience | None = None) -> None:
        self._limit = limit
        self._patience = patience or Patience()
        self._reading = 0
        self._held = 0

    async def __call__(self, request: Request) -> bytes:
        """The whole body, given up as soon as it is known to be too large or too slow.

        Raises:
            Problem: 408, it is too slow; 413, it is too large; 415, it is compressed; 503, too much is read already.
        """
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise Problem.about(415, "Content-Encoding", "compressed bodies are not accepted")
        announced = request.headers.get("content-length", "0")
        if announced.isdecimal() and int(announced) > self._limit:
            raise self._too_large()
        if self._reading >= MOST_READ:
            raise Problem(503, "too many bodies are being sent", headers={"Retry-After": "1"})
        self._reading += 1
        try:
            return await self._whole(request)
        finally:
            self._reading -= 1

    async def _whole(self, request: Request) -> bytes:
        chunks: list[bytes] = []
        size, started = 0, anyio.current_time()
        try:
            with anyio.fail_at(started + self._patience.seconds(0)) as scope:
                async for chunk in request.stream():
                    self._hold(size, len(chunk))
                    size += len(chunk)
                    chunks.append(chunk)
                    scope.deadline = started + self._patience.seconds(size)
            return b"".join(chunks)
        except TimeoutError as error:
            raise self._too_slow(size, anyio.current_time() - started) from error
        finally:
            self._held -= _counted(size)

    def _hold(self, size: int, more: int) -> None:
        """Count the next bytes of a body of which `size` have come.

        The connection stays open: who is still sending when it closes sees it broken, and never the answer.
        """
        if size + more > self._limit:
            raise self._too_large()
        counted = _counted(size + more) - _counted(size)
        if counted and self._held + counted > MOST_LARGE * self._limit:
            raise Problem(503, "too many large bodies are being sent", headers={"Retry-After": "1"})
        self._held += counted

    def _too_large(self) -> Problem:
        return Problem(413, f"the body has more than {self._limit} bytes")

    def _too_slow(self, size: int, seconds: float) -> Problem:
        expected = f"{self._patience.rate} bytes a second, and all within {self._patience.most:.0f} seconds"
        message = f"the body came too slowly, {size} bytes in {seconds:.0f} seconds; expected are {expected}"
        return Problem(408, message, headers={"Connection": "close"})


def _counted(size: int) -> int:
    return max(0, size - SMALL)
