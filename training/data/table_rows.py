"""The rows of a dataset's table, read from it whenever they are gone through, and never held all at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq

from trueshelf.listings import Dataset

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TableRows:
    """A table's rows in their order; as often as they are gone through, they are read anew.

    Attributes:
        columns: only these; None for all.
    """

    dataset: Dataset
    name: str
    columns: Sequence[str] | None = None

    def __len__(self) -> int:
        return int(pq.read_metadata(self.dataset.folder / f"{self.name}.parquet").num_rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for batch in self.dataset.batches(self.name, self.columns):
            yield from batch.to_pylist()

    def only(self, *columns: str) -> "TableRows":
        """The same rows with some columns only, which are quicker to read."""
        return TableRows(self.dataset, self.name, columns)
