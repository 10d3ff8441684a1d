"""What a known photo is, and what a photo that was found again says."""

from dataclasses import dataclass
from typing import Final

from trueshelf.listings.references import Kind

__all__ = ["NOBODY", "UNKNOWN_SELLER", "Entry", "Kind", "Match"]

NOBODY: Final = -1
"""The group of references, which are no seller's."""

UNKNOWN_SELLER: Final = -2
"""The group of all listings without a shop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A known photo.

    Attributes:
        name: of the listing or reference that shows it, for people to look up.
        brand: that the listing or reference names; empty for none.
        group: the number of the seller who shows it, or `NOBODY`, or `UNKNOWN_SELLER`.
    """

    kind: Kind
    name: str
    brand: str = ""
    group: int = NOBODY


@dataclass(frozen=True, slots=True)
class Match:
    """A known photo that shows the same picture.

    Attributes:
        likeness: how well the details agree, at most 1.
        change: what was done to the picture that was asked about, for people: "mirrored, 80 % of the known picture".
    """

    entry: Entry
    likeness: float
    change: str
