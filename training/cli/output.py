"""What commands print: one JSON object on stdout where asked for, everything else on stderr, mistakes as one line."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from typer.core import TyperGroup

from training import progress

MISTAKE = 2
FAILED = 1

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and everything else on stderr.")]


class Plain(TyperGroup):
    """A group of commands whose users see their own mistakes as one line, not as a traceback."""

    def invoke(self, ctx: Any) -> Any:
        from training.settings import silence

        silence()
        try:
            return super().invoke(ctx)
        except (ValueError, OSError) as error:
            console().print(f"[bold red]error:[/] {_one_line(error)}", highlight=False, soft_wrap=True)
            raise typer.Exit(MISTAKE) from error


def console() -> Console:
    """Where people read: stderr, as it is at the moment."""
    return Console(stderr=True)


def say(*lines: str) -> None:
    """Lines for people, as they are: nothing in them is taken for markup, and none is broken."""
    for line in lines:
        console().print(line, markup=False, highlight=False, soft_wrap=True)


def draw(table: RenderableType) -> None:
    """A table, or anything else that rich can draw, for people."""
    console().print(table)


def print_json(value: Mapping[str, Any]) -> None:
    """The one object on stdout; numbers that are not finite become null, as JSON has none."""
    sys.stdout.write(json.dumps(_finite(value), ensure_ascii=False, indent=2, default=str) + "\n")


@contextmanager
def progress_bars() -> Iterator[progress.Progress]:
    """Bars on stderr, one for each stage that is reported; where stderr is a file or a pipe, a line at each tenth."""
    if not console().is_terminal:
        yield _lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bars = Progress(*columns, console=console())
    tasks: dict[str, Any] = {}

    def report(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            bars.start()
            tasks[stage] = bars.add_task(stage, total=total)
        bars.update(tasks[stage], completed=done, total=total)

    try:
        yield report
    finally:
        bars.stop()


def _lines() -> progress.Progress:
    tenths: dict[str, int] = {}

    def report(stage: str, done: int, total: int) -> None:
        tenth = 10 * done // max(1, total)
        if tenths.get(stage) != tenth:
            tenths[stage] = tenth
            say(f"{stage}: {done} of {total}")

    return report


def _one_line(error: Exception) -> str:
    from rich.markup import escape

    return escape(" ".join(str(error).split()) or type(error).__name__)


def _finite(value: object) -> object:
    match value:
        case float():
            return value if abs(value) < float("inf") else None
        case Mapping():
            return {str(key): _finite(item) for key, item in value.items()}
        case list() | tuple():
            return [_finite(item) for item in value]
        case _:
            return value
