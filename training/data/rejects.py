"""What an import has left out, and why: `rejected.csv` in the dataset folder, with the cells as they were."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from training.data.records import Record, RowError

REJECTED = "rejected.csv"


@dataclass(slots=True)
class Rejects:
    """Rows that were rejected, and photos that were dropped from rows that were not, in the order of the table."""

    rows: list[tuple[int, RowError, Record]] = field(default_factory=list)
    photos: list[tuple[int, RowError, Record]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.rows or self.photos)

    @property
    def rows_by_kind(self) -> dict[str, int]:
        return _by_kind(self.rows)

    @property
    def photos_by_kind(self) -> dict[str, int]:
        return _by_kind(self.photos)

    def write(self, folder: Path, headers: Sequence[str]) -> None:
        """Write `rejected.csv`, whose column `dropped` says what is left out: the row, or only a photo of it."""
        lines = [(number, "row", str(reason), record) for number, reason, record in self.rows]
        lines += [(number, "photo", str(reason), record) for number, reason, record in self.photos]
        path = folder / REJECTED
        with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["row", "dropped", "reason", *headers])
            for number, dropped, reason, record in sorted(lines, key=lambda line: line[0]):
                writer.writerow([number, dropped, reason, *(record.get(header, "") for header in headers)])


def _by_kind(found: Sequence[tuple[int, RowError, Mapping[str, str]]]) -> dict[str, int]:
    return dict(Counter(reason.kind for _, reason, _ in found).most_common())
