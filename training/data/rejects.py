"""What an import leaves out, and why: `rejected.csv` in the dataset folder, with the cells as they were."""

import csv
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from training.data.records import Record, RowError

REJECTED = "rejected.csv"


class Rejects:
    """Rows that are rejected, and photos that are dropped from rows that are not, in the order of the table.

    They are written as they come; without any there is no file.

    Attributes:
        rows_by_kind: how many rows were rejected for each kind of reason.
        photos_by_kind: how many photos were dropped, likewise.
    """

    def __init__(self, folder: Path, headers: Sequence[str]) -> None:
        self.rows_by_kind: Counter[str] = Counter()
        self.photos_by_kind: Counter[str] = Counter()
        self._path, self._headers = folder / REJECTED, headers
        self._writer: Any = None
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def row(self, number: int, reason: RowError, record: Record) -> None:
        """A row is rejected."""
        self.rows_by_kind[reason.kind] += 1
        self._write(number, "row", reason, record)

    def photo(self, number: int, reason: RowError, record: Record) -> None:
        """A photo is dropped from a row that is kept."""
        self.photos_by_kind[reason.kind] += 1
        self._write(number, "photo", reason, record)

    def _write(self, number: int, dropped: str, reason: RowError, record: Record) -> None:
        """The column `dropped` says what is left out: the row, or only a photo of it."""
        if self._writer is None:
            file = self._path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
            self._writer = csv.writer(self._open.enter_context(file))
            self._writer.writerow(["row", "dropped", "reason", *self._headers])
        self._writer.writerow([number, dropped, str(reason), *(record.get(header, "") for header in self._headers)])
