"""The table of listings that is scored."""

import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from serving.rows import Row, Unreadable, columns_of
from serving.scoring.places import Place
from trueshelf.listings import Dataset
from trueshelf.listings.checksums import file_checksum
from trueshelf.listings.dataset import CARD
from trueshelf.listings.tables import context_to_row

_BUFFER: Final = 2**20  # of a column in memory, however long its row groups are
_IDS: Final = 2**16  # ids in memory at a time
_MATTER: Final = ("listings.parquet", "shops.parquet", "labels.parquet")


class Source:
    """A table of listings that is open.

    Attributes:
        rows: of the table.
        folder: what its photos' paths start from.
    """

    def __init__(self, place: Place, table: pq.ParquetFile, *, dataset: Path | None) -> None:
        self._place = place
        self._table = table
        self._dataset = dataset
        self._columns = columns_of(table.schema_arrow, path=place.told)
        self.rows: int = table.metadata.num_rows
        self.folder = place.folder

    @classmethod
    @contextmanager
    def open(cls, address: str | Path) -> "Iterator[Source]":
        """Open a Parquet table, or the one named `listings.parquet` of a folder of this machine.

        Raises:
            ValueError: it is no such table, or a column holds something else than it should.
        """
        place = Place.of(address)
        dataset = place.local if place.local and place.local.is_dir() else None
        if dataset is not None:
            place = Place.of(dataset / "listings.parquet")
        with opened(place) as table:
            yield cls(place, table, dataset=dataset)

    def state(self) -> dict[str, str]:
        """What tells whether the source has changed; its photos are not looked at."""
        if self._place.local is None:
            state = self._place.state()
            return {"address": self._place.told, **state, "columns": _digest(self._table.metadata)}
        files = [self._dataset / name for name in _MATTER] if self._dataset else [self._place.local]
        sums = {path.name: file_checksum(path) for path in files if path.is_file()}
        return {"address": str(self._place.local.resolve()), **sums}

    def repeated_ids(self) -> frozenset[str]:
        """The ids that several rows have; eight bytes a row are in memory, and the ids that may be such."""
        hashes = np.fromiter(map(hash, self._ids()), np.int64, count=self.rows)
        hashes.sort()
        several = frozenset(hashes[1:][hashes[1:] == hashes[:-1]].tolist())
        if not several:
            return frozenset()
        counts = Counter(each for each in self._ids() if hash(each) in several)
        return frozenset(
            each.decode(errors="surrogateescape") for each, count in counts.items() if each is not None and count > 1
        )

    def _ids(self) -> Iterator[bytes | None]:
        """Every id, of which no wrong UTF-8 can spoil another."""
        batches = self._table.iter_batches(_IDS, columns=["listing_id"])
        return chain.from_iterable(
            batch["listing_id"].cast(pa.large_string()).cast(pa.large_binary()).to_pylist() for batch in batches
        )

    def batches(self, size: int, *, start: int, part: int) -> Iterator[pa.Table]:
        """The rows from `start` on, `size` at a time, with a cut after every `part` rows of the table.

        So the batches from a cut on are the same wherever reading begins.
        """
        groups, skip = _groups_from(self._table.metadata, start)
        row, held = start, None
        for batch in self._table.iter_batches(size, row_groups=groups, columns=self._columns):
            dropped = min(skip, len(batch))
            skip -= dropped
            more = pa.Table.from_batches([batch.slice(dropped)])
            held = more if held is None else pa.concat_tables([held, more])
            while row < self.rows and len(held) >= (wanted := min(size, part - row % part, self.rows - row)):
                yield held.slice(0, wanted)
                row, held = row + wanted, held.slice(wanted)

    def contexts(self) -> Callable[[int, Row], Row]:
        """Gives rows of a dataset folder, by their number, what was known of their shops; leaves others alone."""
        if self._dataset is None or not (self._dataset / CARD).is_file():
            return lambda _place, row: row
        contexts = Dataset.open(self._dataset).contexts()

        def with_shop(place: int, row: Row) -> Row:
            listed_at = row["listed_at"]
            context = None if isinstance(listed_at, Unreadable) else contexts.at(place, row["shop_id"], listed_at)
            return {**row, "shop": None if context is None else context_to_row(context)}

        return with_shop


@contextmanager
def opened(place: Place) -> Iterator[pq.ParquetFile]:
    """A Parquet table, of which little is in memory at a time.

    Raises:
        ValueError: it cannot be read.
    """
    with ExitStack() as stack:
        try:
            table = pq.ParquetFile(stack.enter_context(place.open()), buffer_size=_BUFFER)
        except (OSError, ValueError, pa.ArrowException) as error:
            raise ValueError(f"{place.told} is no Parquet table that can be read: {error}") from error
        yield table


def _groups_from(metadata: pq.FileMetaData, start: int) -> tuple[list[int], int]:
    """The row groups that hold the rows from `start` on, and how many rows before it the first of them holds."""
    first, before = 0, 0
    while first < metadata.num_row_groups and before + metadata.row_group(first).num_rows <= start:
        before += metadata.row_group(first).num_rows
        first += 1
    return list(range(first, metadata.num_row_groups)), start - before


def _digest(metadata: pq.FileMetaData) -> str:
    """Of what a table says of its columns: their places, sizes and bounds."""
    written = io.BytesIO()
    metadata.write_metadata_file(written)
    return hashlib.sha256(written.getvalue()).hexdigest()
