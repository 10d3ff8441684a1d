"""The photos that rows of a dataset show: gone through as often as the rows may be, and never all of them held."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from training.data.keys import first_of_each, keys
from training.data.names import Names
from trueshelf.listings.tables import is_inside

Row = Mapping[str, Any]


def shown(row: Row) -> Iterable[str]:
    """The paths of a listing's photos, or of a known photo."""
    return row["photos"] or () if "photos" in row else (row["photo"],) if "photo" in row else ()


@dataclass(frozen=True, slots=True)
class ShownPhotos:
    """The paths of all photos inside the dataset's folder that the rows of some tables show, as often as they do."""

    tables: tuple[Iterable[Row], ...]

    def __iter__(self) -> Iterator[str]:
        return (path for rows in self.tables for row in rows for path in shown(row) if is_inside(path))

    def distinct(self) -> Names:
        """Each path once, as it first comes."""
        first_D, _ = first_of_each(keys(self))
        return Names.of(at(self, first_D.tolist()))


def photos_checksum(paths: Names) -> str:
    """One SHA-256 over the sorted paths of distinct photos: the paths hold the photos' own digests."""
    found = hashlib.sha256()
    for place, row in enumerate(paths.order().tolist()):
        found.update(b"\n" * (place > 0) + paths[row].encode())
    return found.hexdigest()


def at(paths: Iterable[str], places: Iterable[int]) -> Iterator[str]:
    """The paths at some places, which ascend."""
    wanted = iter(places)
    following = next(wanted, -1)
    for place, path in enumerate(paths):
        if place == following:
            yield path
            following = next(wanted, -1)
