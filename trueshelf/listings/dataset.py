"""A dataset folder, read: a card (`dataset.toml`), Parquet tables, and photos named by their content.

    dataset.toml     source, licence, how it was made, label meaning, split rule, currency rates, checksums
    listings.parquet shops.parquet labels.parquet splits.parquet
    images/3f/3fa9….jpg

`training.data.folder` writes such folders.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from trueshelf.listings.checksums import dataset_digest, file_checksum
from trueshelf.listings.records import Label, Listing, Shop
from trueshelf.listings.tables import TABLES, label_from_row, listings_from_table, misfits, shop_from_row

CARD = "dataset.toml"

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
        table = self.table_as_it_is(name)
        misfit = next(misfits(table, TABLES[name]), None)
        if misfit is not None:
            raise ValueError(f"{self._path(name)}: the column {misfit.column} {misfit.problem}")
        return table

    def table_as_it_is(self, name: str) -> pa.Table:
        """The table `name`.parquet, whatever its columns.

        Raises:
            ValueError: there is no such table, or it is not Parquet.
        """
        try:
            return pq.read_table(self._path(name))
        except (OSError, pa.ArrowException) as error:
            raise ValueError(f"{self._path(name)} cannot be read: {error}") from error

    def listings(self) -> Iterator[Listing]:
        return listings_from_table(self.table("listings"), folder=self.folder)

    def shops(self) -> dict[str, Shop]:
        """Shops by id; empty where the dataset has no table of shops."""
        if not self._path("shops").exists():
            return {}
        return {shop.id: shop for shop in self._records("shops", shop_from_row)}

    def labels(self) -> list[Label]:
        return list(self._records("labels", label_from_row))

    def splits(self) -> dict[str, Split]:
        """The split of each listing by its id."""
        return dict(self._records("splits", lambda row: (row["listing_id"], Split(row["split"]))))

    def _records(self, name: str, read: Callable[[Mapping[str, Any]], T]) -> Iterator[T]:
        for row in self.table(name).to_pylist():
            try:
                yield read(row)
            except ValueError as error:
                key = "shop_id" if name == "shops" else "listing_id"
                raise ValueError(f"{self._path(name)}, {key} {row[key]!r}: {error}") from error

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
