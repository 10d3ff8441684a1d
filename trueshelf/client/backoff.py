"""How long to wait before asking again."""

import random
from collections.abc import Callable
from dataclasses import dataclass

Draw = Callable[[float, float], float]
"""A random number between two others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Exponential backoff with full jitter: many clients that were turned away together do not come back together.

    Attributes:
        attempts: how often at most a listing is sent.
        first: the longest pause after the first attempt, in seconds; it doubles after each.
        longest: what it never exceeds.
    """

    attempts: int = 5
    first: float = 0.25
    longest: float = 20.0

    def __post_init__(self) -> None:
        if self.attempts < 1 or not 0 <= self.first <= self.longest:
            raise ValueError(f"{self} is no backoff: attempts from 1, 0 <= first <= longest")

    def pause(self, attempt: int, *, retry_after: float, left: float, draw: Draw = random.uniform) -> float | None:
        """Seconds to wait after an attempt that failed, or None for giving up.

        Args:
            attempt: from 1.
            retry_after: seconds that the service asks to be left alone for.
            left: seconds until nobody waits for the answer any more.
        """
        if attempt >= self.attempts:
            return None
        seconds = retry_after + draw(0, min(self.longest, self.first * 2.0 ** (attempt - 1)))
        return seconds if seconds < left else None
