"""A table of verdicts on its way: a folder beside it that a run can be killed at any moment without harm to.

    verdicts.parquet.unfinished/
        run.json               what is scored by what
        000000000000.parquet   the verdicts on the first rows of the source,
        000000001024.parquet   on those that follow, and so on

Every file is written aside and then renamed, so each is whole or not there: the parts themselves are the journal.
"""

import fcntl
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from serving.scoring.places import Place
from serving.scoring.source import opened
from serving.scoring.verdict_rows import VERDICTS

PART_ROWS: Final = 1024
"""Rows of a part: what a kill costs at most."""

_FORMAT: Final = 1
_RUN: Final = "run.json"
_ASIDE: Final = "aside"

Run = Mapping[str, Any]
"""What is scored by what, as JSON."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The parts of a table of verdicts that is not complete yet.

    Attributes:
        judge: what the complete table says of who judged.
        rows: of the complete table.
        part: rows of each part, but for the last.
    """

    out: Place
    folder: Place
    judge: Mapping[str, str]
    rows: int
    part: int

    def done(self) -> int:
        """How many of the first rows have been judged."""
        names, row = self.folder.names(), 0
        while row < self.rows and _name(row) in names:
            row = min(row + self.part, self.rows)
        return row

    def add(self, start: int, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep the verdicts on the rows of a part, of which the first is row `start` of the source."""
        assert start % self.part == 0, "a part begins at a cut"
        assert len(rows) == min(self.part, self.rows - start), "a part is whole"
        table = pa.Table.from_pylist(list(rows), schema=VERDICTS)
        self._write(self.folder / _name(start), [table])

    def finish(self) -> Counter[str | None]:
        """Make the complete table of the parts, which are then removed.

        Returns:
            How many rows have which action; None stands for an error.
        """
        actions: Counter[str | None] = Counter()

        def counted() -> Iterator[pa.Table]:
            for start in range(0, self.rows, self.part):
                with opened(self.folder / _name(start)) as part:
                    table = part.read()
                if len(table) != min(self.part, self.rows - start):
                    raise ValueError(f"{(self.folder / _name(start)).told} has {len(table)} rows; begin anew: --anew")
                actions.update(table["action"].to_pylist())
                yield table

        self._write(self.out, counted())
        _clear(self.folder)
        self.folder.remove()
        return actions

    def _write(self, place: Place, tables: Iterator[pa.Table] | Sequence[pa.Table]) -> None:
        schema = VERDICTS.with_metadata(self.judge)

        def fill(file: IO[bytes]) -> None:
            with pq.ParquetWriter(file, schema, compression="zstd") as writer:
                for table in tables:
                    writer.write_table(table.replace_schema_metadata(schema.metadata))

        place.write(fill, aside=self.folder / _ASIDE)


@contextmanager
def unfinished(
    out: Place, *, source: Run, judge: Mapping[str, str], rows: int, part: int, anew: bool
) -> Iterator[Unfinished]:
    """Go on with the run that was broken off, or begin one; nobody else on this machine may write to it meanwhile.

    Args:
        source: what tells whether the source has changed.
        anew: throw away what there is.

    Raises:
        ValueError: what was broken off is another run, or another process is at it.
    """
    folder = out.with_ending(".unfinished")
    out.require_writable()
    run = {"format": _FORMAT, "source": dict(source), "model": dict(judge), "rows": rows, "rows of a part": part}
    with _alone(out, folder):
        found = None if anew else _run(folder)
        if found is None:
            _clear(folder)
            (folder / _RUN).write(lambda file: file.write(json.dumps(run, indent=2).encode()), aside=folder / _ASIDE)
        elif found != run:
            raise ValueError(
                f"{folder.told} holds an unfinished run with {_differences(found, run)}. Finish it with what it was "
                "begun with, or add --anew to throw it away and begin anew"
            )
        yield Unfinished(out, folder, judge, rows, part)


def _clear(folder: Place) -> None:
    """Remove an unfinished run from its folder; broken off in between, it counts as none."""
    (folder / _RUN).remove()
    for name in folder.names():
        (folder / name).remove()


def _run(folder: Place) -> Run | None:
    """What is being run in a folder; None where nothing is."""
    try:
        with (folder / _RUN).open() as file:
            found: Run = json.loads(file.read())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ValueError(f"{(folder / _RUN).told} is no JSON ({error}); add --anew to begin anew") from error
    return found


def _name(start: int) -> str:
    return f"{start:012d}.parquet"


def _differences(found: Run, run: Run) -> str:
    then, now = dict(_flat(found)), dict(_flat(run))
    return ", ".join(
        f"{name} {then.get(name, 'absent')} (now {now.get(name, 'absent')})"
        for name in {**then, **now}
        if then.get(name) != now.get(name)
    )


def _flat(run: Run, before: str = "") -> Iterator[tuple[str, object]]:
    for name, value in run.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}'s ")
        else:
            yield before + name, value


@contextmanager
def _alone(out: Place, folder: Place) -> Iterator[None]:
    """Make the folder, and keep other processes of this machine away from it for as long as this one lives."""
    if folder.local is None:  # stores of objects know neither folders nor locks
        yield
        return
    folder.local.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder.local, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not (folder.local.is_dir() and os.path.samestat(os.fstat(lock), folder.local.stat())):
            raise BlockingIOError("the folder was removed meanwhile")
    except BlockingIOError as error:
        os.close(lock)
        raise ValueError(f"another process is writing {out.told} at the moment") from error
    try:
        yield
    finally:
        os.close(lock)
