"""The rows of a dataset's tables as an import gathers them: one listing an id, and as many labels as people gave it.

Rows go to disk as they come. In memory are some 80 bytes a listing, by which a row that repeats one is told from a row
that contradicts it, and one record a shop.
"""

from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from training.data.folder import photo_path, store_photo
from training.data.keys import key
from training.data.places import Places
from training.data.records import RowError
from training.data.rows import PRICES, ImportedRow
from training.data.spool import Spool, SpoolWriter
from trueshelf.listings import Answer, Split
from trueshelf.listings.tables import LABELS, LISTINGS

_FIELDS = (*(name for name in LISTINGS.names if name != "photos"), "photos", "split")
_SPLITS = tuple(split.value for split in Split)


class Gathering:
    """Tables in the making, in a folder that holds nothing else.

    Attributes:
        count: listings so far.
        repeated: how many rows added labels to a listing that was there already.
        answered: whether any label says yes or no.
        currencies: of all prices.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self.listings, self.labels = Spool(folder / "listings.arrow"), Spool(folder / "labels.arrow")
        self.count, self.repeated, self.answered = 0, 0, False
        self.currencies: set[str] = set()
        self._shops: dict[str, dict[str, Any]] = {}
        self._places = Places()
        self._numbers, self._contents, self._fields = array("q"), array("Q"), array("H")
        self._splits = array("b")
        self._writing = (SpoolWriter(self.listings.path, LISTINGS), SpoolWriter(self.labels.path, LABELS))

    def add(self, number: int, row: ImportedRow, folder: Path) -> None:
        """Take in a row, storing its photos under `folder`; a row that repeats a listing adds its labels only.

        Raises:
            RowError: the row contradicts an earlier one; nothing of it is taken.
        """
        name = row.listing["listing_id"]
        listing = row.listing | {"photos": [photo_path(content) for content in row.photos]}
        content, place = listing | {"split": row.split}, self._places.get(key(name))
        if place >= 0:
            self._require_same(number, content, place)
        self._note_shop(row.listing["shop_id"], row.shop)
        for label in row.labels:
            self.answered |= label["answer"] != Answer.UNKNOWN.value
            self._writing[1].add({"listing_id": name, **label})
        if place >= 0:
            self.repeated += 1
            return
        for photo in row.photos:
            store_photo(folder, photo)
        self._writing[0].add(listing)
        self._note(number, content)

    def finish(self) -> None:
        """No more rows come; from now on they can be gone through."""
        for writer in self._writing:
            with writer:
                pass

    @property
    def shops(self) -> list[dict[str, Any]]:
        return [{"shop_id": shop, **self._shops[shop]} for shop in sorted(self._shops)]

    def splits(self) -> "GivenSplits":
        """The rows of the table `splits`, where the import's table has a column for it."""
        return GivenSplits(self.listings, self._splits)

    def _note(self, number: int, content: Mapping[str, Any]) -> None:
        self._places.put(key(content["listing_id"]), self.count)
        self._numbers.append(number)
        self._contents.append(key(repr(content)))
        self._fields.extend(_digests(content))
        self._splits.append(-1 if content["split"] is None else _SPLITS.index(content["split"]))
        self.currencies |= {code for price in PRICES if (code := content[f"{price}_currency"])}
        self.count += 1

    def _require_same(self, number: int, content: Mapping[str, Any], place: int) -> None:
        """A second label is welcome; a second listing under the same id is not."""
        if self._contents[place] == key(repr(content)):
            return
        first = self._fields[place * len(_FIELDS) : (place + 1) * len(_FIELDS)]
        differing = [name for name, one, other in zip(_FIELDS, first, _digests(content), strict=True) if one != other]
        raise RowError(
            "the listing_id is there already, with other content",
            f"{content['listing_id']!r} in rows {self._numbers[place]} and {number}, "
            f"which differ in {', '.join(differing)}",
        )

    def _note_shop(self, shop: str | None, told: Mapping[str, Any]) -> None:
        """Keep what the row says of its shop; what some rows leave open, others may say."""
        if shop is None:
            return
        known = self._shops.get(shop, {})
        for name, value in told.items():
            if value is not None and known.get(name) not in (None, value):
                raise RowError(f"the shop has another {_WORDS[name]}", f"{shop!r} has {known[name]!r}, not {value!r}")
        self._shops[shop] = {name: known.get(name) or value for name, value in told.items()}


class GivenSplits:
    """Rows of the table `splits` as an import's table had them."""

    def __init__(self, listings: Spool, splits: "array[int]") -> None:
        self._listings, self._splits = listings, splits

    def __iter__(self) -> Iterator[dict[str, str | None]]:
        for row, split in zip(self._listings, self._splits, strict=True):
            yield {"listing_id": row["listing_id"], "split": _SPLITS[split], "reason": None}


def _digests(content: Mapping[str, Any]) -> list[int]:
    """16 bits of each field, which tell which of them are others."""
    return [key(repr(content[name])) & 0xFFFF for name in _FIELDS]


_WORDS = {
    "operator_id": "operator",
    "registered_at": "time of registration",
    "certification": "certification",
    "authorised_brands": "list of authorised brands",
}
