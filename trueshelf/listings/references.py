"""Photos that are known beforehand: what brand owners and agencies handed in, which no listing of the dataset shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from trueshelf.listings.records import Photo
from trueshelf.listings.tables import is_inside, photo_at


class Kind(StrEnum):
    """What a known photo is."""

    GENUINE = "genuine"
    FAKE = "fake"
    STOCK = "stock"


@dataclass(frozen=True, slots=True)
class Reference:
    """A photo that is known beforehand.

    Attributes:
        kind: of a genuine article, of a known fake, or a stock photo that anybody may use.
        brand: whose article it shows, where that is known.
        source: who handed it in and what it shows, for people to look up.
    """

    photo: Photo
    kind: Kind
    brand: str | None
    source: str


def reference_from_row(row: Mapping[str, Any], *, folder: Path) -> Reference:
    """A reference from one row of a `GALLERY` table whose photos lie under `folder`.

    Raises:
        ValueError: the photo lies outside the folder, or the kind is not one that Trueshelf knows.
    """
    if not is_inside(row["photo"]):
        raise ValueError(f"the photo {row['photo']!r} lies outside {folder}")
    return Reference(photo_at(folder / row["photo"]), Kind(row["kind"]), row.get("brand"), row["source"])
