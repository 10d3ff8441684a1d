"""The rows of a dataset's tables as an import gathers them: one listing an id, and as many labels as people gave it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.data.folder import photo_path, store_photo
from training.data.records import RowError
from training.data.rows import ImportedRow


@dataclass(slots=True)
class Gathering:
    """Tables in the making.

    Attributes:
        rows: the number and the place in `listings` of the row that a listing came with, by its id.
        repeated: how many rows added labels to a listing that was there already.
    """

    listings: list[dict[str, Any]] = field(default_factory=list)
    labels: list[dict[str, Any]] = field(default_factory=list)
    splits: list[dict[str, Any]] = field(default_factory=list)
    known_shops: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: dict[str, tuple[int, int]] = field(default_factory=dict)
    repeated: int = 0

    @property
    def shops(self) -> list[dict[str, Any]]:
        return [{"shop_id": shop, **self.known_shops[shop]} for shop in sorted(self.known_shops)]

    def add(self, number: int, row: ImportedRow, folder: Path) -> None:
        """Take in a row, storing its photos under `folder`; a row that repeats a listing adds its labels only.

        Raises:
            RowError: the row contradicts an earlier one; nothing of it is taken.
        """
        name = row.listing["listing_id"]
        listing = row.listing | {"photos": [photo_path(content) for content in row.photos]}
        if name in self.rows:
            self._require_same(number, listing, row.split)
        self._note_shop(row.listing["shop_id"], row.shop)
        self.labels += [{"listing_id": name, **label} for label in row.labels]
        if name in self.rows:
            self.repeated += 1
            return
        for content in row.photos:
            store_photo(folder, content)
        self.rows[name] = (number, len(self.listings))
        self.listings.append(listing)
        self.splits.append({"listing_id": name, "split": row.split, "reason": None})

    def _require_same(self, number: int, listing: Mapping[str, Any], split: str | None) -> None:
        """A second label is welcome; a second listing under the same id is not."""
        first, place = self.rows[listing["listing_id"]]
        there = self.listings[place] | {"split": self.splits[place]["split"]}
        differing = [name for name, value in {**listing, "split": split}.items() if value != there[name]]
        if differing:
            raise RowError(
                "the listing_id is there already, with other content",
                f"{listing['listing_id']!r} in rows {first} and {number}, which differ in {', '.join(differing)}",
            )

    def _note_shop(self, shop: str | None, told: Mapping[str, Any]) -> None:
        """Keep what the row says of its shop; what some rows leave open, others may say."""
        if shop is None:
            return
        known = self.known_shops.get(shop, {})
        for name, value in told.items():
            if value is not None and known.get(name) not in (None, value):
                raise RowError(f"the shop has another {_WORDS[name]}", f"{shop!r} has {known[name]!r}, not {value!r}")
        self.known_shops[shop] = {name: known.get(name) or value for name, value in told.items()}


_WORDS = {
    "operator_id": "operator",
    "registered_at": "time of registration",
    "certification": "certification",
    "authorised_brands": "list of authorised brands",
}
