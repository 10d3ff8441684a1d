"""A dataset folder, read: a card (`dataset.toml`), Parquet tables, and photos named by their content.

    dataset.toml     source, licence, how it was made, label meaning, split rule, currency rates, checksums
    listings.parquet shops.parquet labels.parquet splits.parquet
    images/3f/3fa9….jpg

`training.data.folder` writes such folders.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from trueshelf.listings.records import Label, Listing, Shop
from trueshelf.listings.tables import label_from_row, listings_from_table, shop_from_row

CARD = "dataset.toml"


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

    def table(self, name: str) -> pa.Table:
        """The table `name`.parquet.

        Raises:
            ValueError: there is no such table, or it is not Parquet.
        """
        path = self.folder / f"{name}.parquet"
        try:
            return pq.read_table(path)
        except (OSError, pa.ArrowException) as error:
            raise ValueError(f"{path} cannot be read: {error}") from error

    def listings(self) -> Iterator[Listing]:
        return listings_from_table(self.table("listings"), folder=self.folder)

    def shops(self) -> dict[str, Shop]:
        """Shops by id; empty where the dataset has no table of shops."""
        if not (self.folder / "shops.parquet").exists():
            return {}
        return {row["shop_id"]: shop_from_row(row) for row in self.table("shops").to_pylist()}

    def labels(self) -> list[Label]:
        return [label_from_row(row) for row in self.table("labels").to_pylist()]

    def splits(self) -> dict[str, Split]:
        """The split of each listing by its id."""
        return {row["listing_id"]: Split(row["split"]) for row in self.table("splits").to_pylist()}
