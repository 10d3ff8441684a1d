"""Verdicts of an earlier table, taken over where the same model has judged the same listing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from serving.scoring.places import Place
from serving.scoring.source import opened
from serving.scoring.verdict_rows import VERDICTS

_GROUPS: Final = 16  # row groups in memory at a time
_START: Final = 16  # hexadecimal digits of a digest that fill 64 bits

Row = Mapping[str, Any]


class Previous:
    """The verdicts of a table that is open, by what their listings say; 16 bytes a row are in memory.

    Args:
        told: the table's name.
        judge: who judges now.

    Attributes:
        same_judge: whether they are of the same judge; of another one none is ever found.

    Raises:
        ValueError: it is no table of verdicts.
    """

    def __init__(self, table: pq.ParquetFile, *, told: str, judge: Mapping[str, str]) -> None:
        self._table = table
        schema = table.schema_arrow
        if "digest" not in schema.names or schema.metadata is None:
            raise ValueError(f"{told} is no table of verdicts with a column digest, as score writes it")
        theirs = {name: schema.metadata.get(name.encode(), b"").decode() for name in judge}
        self.same_judge = theirs == judge and schema.equals(VERDICTS)
        counts = [table.metadata.row_group(group).num_rows for group in range(table.num_row_groups)]
        self._ends = np.cumsum(counts)
        starts = self._starts() if self.same_judge else np.empty(0, np.uint64)
        self._order = np.argsort(starts, kind="stable")
        self._sorted = starts[self._order]
        self._group = lru_cache(_GROUPS)(self._read)

    @classmethod
    @contextmanager
    def open(cls, place: Place, *, judge: Mapping[str, str]) -> "Iterator[Previous]":
        with opened(place) as table:
            yield cls(table, told=place.told, judge=judge)

    def find(self, digests: Sequence[str]) -> dict[str, Row]:
        """The rows of those listings that were judged, by digest."""
        found = {}
        for digest in digests:
            start = np.uint64(int(digest[:_START], 16))
            first, end = (np.searchsorted(self._sorted, start, side) for side in ("left", "right"))
            for place in self._order[first:end]:
                group = int(np.searchsorted(self._ends, place, "right"))
                before = 0 if group == 0 else int(self._ends[group - 1])
                row: Row = self._group(group).slice(int(place) - before, 1).to_pylist()[0]
                if row["digest"] == digest:
                    found[digest] = row
        return found

    def _starts(self) -> npt.NDArray[np.uint64]:
        """The first 64 bits of every digest; zeros where there is none."""
        starts = np.zeros(self._table.metadata.num_rows, np.uint64)
        row = 0
        for batch in self._table.iter_batches(columns=["digest"]):
            for digest in batch["digest"].to_pylist():
                starts[row] = 0 if digest is None else int(digest[:_START], 16)
                row += 1
        return starts

    def _read(self, group: int) -> pa.Table:
        return self._table.read_row_group(group)
