"""Where a run's time goes: progress that also keeps the seconds of every stage."""

import time
from collections.abc import Callable, Mapping

from training.progress import Progress


class Stopwatch:
    """Hands progress on; what passes between two reports counts for the stage of the later one.

    Args:
        clock: seconds since some moment.
    """

    def __init__(self, progress: Progress, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self._progress = progress
        self._clock = clock
        self._last = clock()
        self._seconds: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = self._clock()
        self._seconds[stage] = self._seconds.get(stage, 0.0) + now - self._last
        self._last = now
        self._progress(stage, done, total)

    @property
    def seconds(self) -> Mapping[str, float]:
        """The seconds of each stage, in the order in which they began."""
        return dict(self._seconds)


def profile(seconds: Mapping[str, float]) -> str:
    """The stages as a table for people: seconds and share of the whole."""
    total = sum(seconds.values())
    rows = [*seconds.items(), ("in all", total)]
    width = max(len(stage) for stage, _ in rows)
    return "\n".join(f"{stage:<{width}}  {spent:8.1f} s  {spent / max(total, 1e-9):6.1%}" for stage, spent in rows)
