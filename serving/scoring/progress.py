"""How far a table is, and how fast: a bar where somebody watches, a line now and then where a log does."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

Tell = Callable[[int, int], None]
"""Told how many rows are done, and of how many; first of all how many were at the beginning."""

_SECONDS: Final = 30.0  # between two lines of a log


class _Rate(ProgressColumn):
    """Rows a second, of late."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:,.0f} rows/s")


@contextmanager
def shown(console: Console) -> Iterator[Tell]:
    """Show on a console what is told."""
    if not console.is_terminal:
        yield Lines(lambda line: console.print(line, highlight=False, soft_wrap=True))
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as bars:
        task, begun = bars.add_task("scoring", total=None), False

        def tell(done: int, total: int) -> None:
            nonlocal begun
            if begun:
                bars.update(task, completed=done)
            else:  # what was done before says nothing about the rate
                bars.reset(task, completed=done, total=total)
                begun = True

        yield tell


class Lines:
    """Tells of progress in lines, one in thirty seconds and a last one.

    Args:
        clock: seconds, from whenever.
    """

    def __init__(self, write: Callable[[str], None], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._begun: tuple[int, float] | None = None
        self._told = clock()

    def __call__(self, done: int, total: int) -> None:
        now = self._clock()
        if self._begun is None:
            self._begun = (done, now)
        if done == total or now - self._told >= _SECONDS:
            self._told = now
            self._write(_line(done, total, rows=done - self._begun[0], seconds=now - self._begun[1]))


def _line(done: int, total: int, *, rows: int, seconds: float) -> str:
    line = f"scored {done:,} of {total:,}"
    if not rows or not seconds:
        return line
    left = timedelta(seconds=round((total - done) * seconds / rows))
    return f"{line}, {rows / seconds:,.1f} rows/s" + (f", {left} left" if done < total else "")
