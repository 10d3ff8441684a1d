"""How alike the pictures of two photos are, whichever lies in the other, as they are or mirrored.

Both pictures alone decide, so what was found can be kept by their digests.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from trueshelf.models.gallery.alignment import CERTAIN, aligned
from trueshelf.models.gallery.imprint import Greys
from trueshelf.models.gallery.picture import Floats, Picture

_VERSION: Final = 1  # of this code, of `alignment` and of `picture`
_WHOLE = 0.97  # of a picture's area, from which people are told no share of it


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of comparing a photo that is asked about with a known one; numbers are as float32 holds them.

    Attributes:
        likeness: of the details, at most 1; 0 where nothing agrees.
        share: of the larger picture's area that the smaller covers.
        mirrored: whether the photo asked about is the known one mirrored.
        part: whether it lies in the known one; else that lies in it.
    """

    likeness: float = 0.0
    share: float = 0.0
    mirrored: bool = False
    part: bool = True

    @property
    def change(self) -> str:
        """What was done to the known photo, for people: "mirrored, 80% of the known photo"."""
        share = f"{self.share:.0%} of the known photo"
        size = share if self.part else f"the known photo and {1 - self.share:.0%} around it"
        said = (["mirrored"] if self.mirrored else []) + ([size] if self.share < _WHOLE else [])
        return ", ".join(said) or "whole"

    def to_row(self) -> Floats:
        """As a cache keeps it."""
        return np.array([self.likeness, self.share, self.mirrored, self.part], dtype=np.float32)

    @classmethod
    def from_row(cls, row: Floats) -> "Comparison":
        """The inverse of `to_row`."""
        likeness, share, mirrored, part = row.tolist()
        return cls(likeness, share, bool(mirrored), bool(part))


def compared(asked: Sequence[Picture], known: Picture) -> Comparison:
    """Compare a photo, given as it is and mirrored, with a known one."""
    best = Comparison()
    for mirrored, picture in enumerate(asked):
        for part in (True, False):
            found = aligned(picture, known) if part else aligned(known, picture)
            if found.likeness > best.likeness:
                likeness, share = np.array([found.likeness, found.share], dtype=np.float32).tolist()
                best = Comparison(likeness, share, bool(mirrored), part)
            if best.likeness >= CERTAIN:
                return best
    return best


def orientations(grey_HW: Greys) -> tuple[Picture, Picture]:
    """A photo as it is and mirrored."""
    return Picture(grey_HW), Picture(grey_HW[:, ::-1])


def picture_digest(grey_HW: Greys) -> str:
    """What names a picture."""
    return hashlib.blake2b(grey_HW.tobytes(), digest_size=16, key=str(grey_HW.shape).encode()).hexdigest()


def comparison_key(asked: str, known: str) -> str:
    """What a cache knows a comparison by: both pictures' digests."""
    return f"comparison/{_VERSION}/{asked}/{known}"
