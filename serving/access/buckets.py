"""How often somebody may ask: a token bucket for each caller, in bounded memory."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

BURST: Final = 10.0
"""Seconds' worth of requests that a full bucket holds, and always one request."""

MOST: Final = 10_000
"""Callers whose buckets are kept. Of more, those who have not asked for longest begin with a full one again."""


class Buckets:
    """Of each bucket only the moment is kept at which it will be full again."""

    def __init__(self, *, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, name: str, *, rate: int) -> float:
        """Take one of a caller's requests, of which `rate` come back a minute.

        Returns:
            0 where there was one; else the seconds until there is.
        """
        now, gap = self._clock(), 60 / rate
        full_at = max(self._full_at.get(name, now), now)
        wait = full_at - now - max(0.0, BURST - gap)
        if wait > 1e-9:  # what adding up gaps may be off by
            return wait
        self._full_at[name] = full_at + gap
        self._full_at.move_to_end(name)
        if len(self._full_at) > self._most:
            self._full_at.popitem(last=False)
        return 0.0

    def __len__(self) -> int:
        return len(self._full_at)
