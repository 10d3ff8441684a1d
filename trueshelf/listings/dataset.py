"""A dataset folder, read: a card (`dataset.toml`), Parquet tables, and photos named by their content.

    dataset.toml     source, licence, how it was made, label meaning, split rule, currency rates, checksums
    listings.parquet shops.parquet labels.parquet splits.parquet gallery.parquet
    images/3f/3fa9….jpg

`training.data.folder` writes such folders.
"""

import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from trueshelf.listings.checksums import dataset_digest, file_checksum
from trueshelf.listings.contexts import ShopContexts
from trueshelf.listings.misfits import Misfit, misfits
from trueshelf.listings.records import Answer, Head, Label, Listing, Provenance, Shop
from trueshelf.listings.references import Reference, reference_from_row
from trueshelf.listings.tables import (
    LABELS,
    LISTINGS,
    SPLITS,
    TABLES,
    label_from_row,
    listing_from_row,
    shop_from_row,
)

CARD = "dataset.toml"
ROWS = 1024
"""Rows of a table in memory at a time."""

_SPLIT = pa.schema([SPLITS.field(name) for name in ("listing_id", "split")])
_LABEL = pa.schema([LABELS.field(name) for name in ("listing_id", "head", "answer", "provenance")])
_MOMENT = pa.schema([LISTINGS.field(name) for name in ("listing_id", "shop_id", "listed_at")])
_KEYS = {"shops": "shop_id", "gallery": "photo"}
"""By which column a row is named; by `listing_id` in the other tables."""
_WORDS: Mapping[str, type[StrEnum]] = {"head": Head, "answer": Answer, "provenance": Provenance}

T = TypeVar("T")


class Split(StrEnum):
    """The part of a dataset that a listing is used in; `excluded` ones would leak across two parts."""

    TRAIN = "train"
    VALIDATION = "validation"
    CALIBRATION = "calibration"
    TEST = "test"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset folder opened for reading; tables are read when asked for."""

    folder: Path
    card: dict[str, Any]

    @classmethod
    def open(cls, folder: Path) -> "Dataset":
        """Open a dataset folder.

        Raises:
            ValueError: the folder holds no readable `dataset.toml`.
        """
        path = folder / CARD
        if not path.is_file():
            raise ValueError(f"{folder} is no dataset folder: it holds no {CARD}")
        try:
            return cls(folder, tomllib.loads(path.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} is not valid TOML: {error}") from error

    @property
    def name(self) -> str:
        return str(self.card.get("name", self.folder.name))

    @property
    def digest(self) -> str:
        """The SHA-256 over the checksums of all tables, as the card states it."""
        return str(self.card.get("digest", ""))

    @property
    def rates(self) -> dict[str, float]:
        """US dollars for one unit of each currency; empty where the card states none."""
        return {str(code): float(rate) for code, rate in self.card.get("currencies", {}).items()}

    @property
    def checksums(self) -> dict[str, str]:
        """The SHA-256 of each table, by its file's name, and of the photos' paths, as the card states them."""
        return {str(name): str(checksum) for name, checksum in self.card.get("checksums", {}).items()}

    def verify(self) -> None:
        """Make sure that the tables are those that the card describes, and its digest thus is theirs.

        Photos are left to `python -m training dataset check`: reading them all takes minutes, the tables milliseconds.

        Raises:
            ValueError: a table has changed, is gone, or has been added since the card was written.
        """
        changed = self._changed()
        if changed is not None:
            raise ValueError(
                f"{self.folder / changed}: put back what was there, or, where the change was meant, give "
                f"python -m training dataset seal {self.folder}"
            )

    def table(self, name: str) -> pa.Table:
        """The table `name`.parquet.

        Raises:
            ValueError: there is no such table, it is not Parquet, or a column is not as `TABLES` has it.
        """
        try:
            table = pq.read_table(self._path(name))
        except (OSError, pa.ArrowException) as error:
            raise ValueError(f"{self._path(name)} cannot be read: {error}") from error
        self._require(table, name)
        return table

    def misfits(self, name: str) -> list[Misfit]:
        """Every column that the table `name`.parquet lacks or holds otherwise than `TABLES` has it; all of it is read.

        Raises:
            ValueError: there is no such table, or it is not Parquet.
        """
        empty: Counter[str] = Counter()
        try:
            with pq.ParquetFile(self._path(name)) as file:
                for batch in file.iter_batches(ROWS):
                    empty.update({column: batch[column].null_count for column in batch.schema.names})
                return list(misfits(file.schema_arrow, TABLES[name], empty=empty))
        except (OSError, pa.ArrowException) as error:
            raise ValueError(f"{self._path(name)} cannot be read: {error}") from error

    def batches(self, name: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows of the table `name`.parquet in their order, `ROWS` of them in memory at a time.

        Args:
            columns: only these.

        Raises:
            ValueError: there is no such table, it is not Parquet, or a column is not as `TABLES` has it.
        """
        path = self._path(name)
        try:
            with pq.ParquetFile(path) as file:
                if not file.metadata.num_rows:
                    self._require(file.schema_arrow.empty_table(), name)
                for batch in file.iter_batches(ROWS, columns=None if columns is None else list(columns)):
                    self._require(pa.Table.from_batches([batch]), name, columns)
                    yield batch
        except (OSError, pa.ArrowException) as error:
            raise ValueError(f"{path} cannot be read: {error}") from error

    def listings(self) -> Iterator[Listing]:
        """Every listing, in the order of the table, of which a few rows are in memory at a time; each with what was
        known of its shop by then.
        """
        contexts, start = self.contexts(), 0
        for batch in self.batches("listings"):
            for row, cells in enumerate(batch.to_pylist(), start=start):
                yield contexts.completed(listing_from_row(cells, folder=self.folder), row)
            start += len(batch)

    def contexts(self) -> ShopContexts:
        """What was known of each listing's shop when the listing came in; some 40 bytes a listing in memory.

        Raises:
            ValueError: a table is not as `TABLES` has it, or a word in it is not known.
        """
        listings = pa.Table.from_batches(self.batches("listings", _MOMENT.names), _MOMENT)
        if not self._path("labels").exists():
            return ShopContexts.of(listings, self.shops(), None)
        return ShopContexts.of(listings, self.shops(), self.label_table([*_LABEL, LABELS.field("labelled_at")]))

    def shops(self) -> dict[str, Shop]:
        """Shops by id; empty where the dataset has no table of shops."""
        if not self._path("shops").exists():
            return {}
        return {shop.id: shop for shop in self._records("shops", shop_from_row)}

    def references(self) -> list[Reference]:
        """Photos that are known beforehand; none where the dataset has no table of them. They belong to no split."""
        if not self._path("gallery").exists():
            return []
        return list(self._records("gallery", lambda row: reference_from_row(row, folder=self.folder)))

    def labels(self) -> list[Label]:
        return list(self._records("labels", label_from_row))

    def label_table(self, columns: Sequence[pa.Field] = tuple(_LABEL)) -> pa.Table:
        """The same as four columns of text, listing_id, head, answer and provenance, which take little memory.

        Args:
            columns: those four and more, where more is needed.

        Raises:
            ValueError: there is no table of labels, or a word in it is not known.
        """
        schema = pa.schema(columns)
        table = pa.Table.from_batches(self.batches("labels", schema.names), schema)
        for name, words in _WORDS.items():
            unknown = pc.invert(pc.is_in(table[name], value_set=pa.array([word.value for word in words])))
            self._refuse(table.filter(unknown), label_from_row, "labels")
        return table

    def splits(self) -> dict[str, Split]:
        """The split of each listing by its id."""
        table = self.split_table()
        return dict(zip(table["listing_id"].to_pylist(), map(Split, table["split"].to_pylist()), strict=True))

    def split_table(self) -> pa.Table:
        """The same as two columns of text, listing_id and split, which take little memory.

        Raises:
            ValueError: there is no table of splits, or a split is none of `Split`.
        """
        table = pa.Table.from_batches(self.batches("splits", _SPLIT.names), _SPLIT)
        unknown = pc.invert(pc.is_in(table["split"], value_set=pa.array([split.value for split in Split])))
        self._refuse(table.filter(unknown), lambda row: Split(row["split"]), "splits")
        return table

    def split_sizes(self) -> dict[Split, int]:
        """How many listings there are in each split that has any."""
        counts = self.split_table()["split"].value_counts().to_pylist()
        return {Split(count["values"]): count["counts"] for count in counts}

    def _records(self, name: str, read: Callable[[Mapping[str, Any]], T]) -> Iterator[T]:
        for batch in self.batches(name):
            for row in batch.to_pylist():
                yield self._record(row, read, name)

    def _record(self, row: Mapping[str, Any], read: Callable[[Mapping[str, Any]], T], name: str) -> T:
        try:
            return read(row)
        except ValueError as error:
            key = _KEYS.get(name, "listing_id")
            raise ValueError(f"{self._path(name)}, {key} {row[key]!r}: {error}") from error

    def _refuse(self, table: pa.Table, read: Callable[[Mapping[str, Any]], object], name: str) -> None:
        """Say what is wrong with the first of some rows, if there are any, which cannot be read."""
        for row in table.slice(0, 1).to_pylist():
            self._record(row, read, name)

    def _require(self, table: pa.Table, name: str, columns: Sequence[str] | None = None) -> None:
        """Make sure that a table, or some columns of it, are as `TABLES` has them."""
        schema = TABLES[name] if columns is None else pa.schema([TABLES[name].field(column) for column in columns])
        empty = {column: table[column].null_count for column in table.schema.names}
        misfit = next(misfits(table.schema, schema, empty=empty), None)
        if misfit is not None:
            raise ValueError(f"{self._path(name)}: the column {misfit.column} {misfit.problem}")

    def _changed(self) -> str | None:
        """What has happened to which file, if anything: `labels.parquet has changed`."""
        stated = self.checksums
        there = {f"{name}.parquet" for name in TABLES if self._path(name).is_file()}
        for file in sorted(there | {file for file in stated if file.endswith(".parquet")}):
            if file not in there:
                return f"{file} is gone"
            if file not in stated:
                return f"{file} has no checksum in {CARD}"
            if file_checksum(self.folder / file) != stated[file]:
                return f"{file} has changed since {CARD} was written"
        return None if self.digest == dataset_digest(stated) else f"{CARD} has another digest than its checksums give"

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"
