"""The memory that photos take while they are looked at, shared out so that a few huge ones cannot take all of it."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

ORDINARY: Final = 4_000_000
"""Pixels of a photo that never waits: the threads that look at photos are few, so these need no other bound."""

IN_HAND: Final = 32_000_000
"""Pixels of larger photos that are in hand at a time, about 8 bytes each."""


class Room:
    """Lets larger photos in, in the order of their coming, as long as all that are in hand fit.

    Args:
        pixels: what fits; a photo that is larger than all of it is let in when no other is.
    """

    def __init__(self, pixels: int = IN_HAND) -> None:
        self._pixels = pixels
        self._taken = 0
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def of(self, pixels: int) -> Iterator[None]:
        """Wait until a photo of so many pixels fits; its room is free again when the block is left."""
        if pixels <= ORDINARY:
            yield
            return
        self._enter(pixels)
        try:
            yield
        finally:
            with self._changed:
                self._taken -= pixels
                self._changed.notify_all()

    def _enter(self, pixels: int) -> None:
        place = object()
        with self._changed:
            self._queue.append(place)
            self._changed.wait_for(lambda: self._queue[0] is place and self._fits(pixels))
            self._queue.popleft()
            self._taken += pixels
            self._changed.notify_all()

    def _fits(self, pixels: int) -> bool:
        return self._taken == 0 or self._taken + pixels <= self._pixels
