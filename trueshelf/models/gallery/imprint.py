"""What is kept of a photo by which it is found again: hashes of two orientations, and a small grey copy.

Shapes: O orientations (as it is, mirrored), F side of the grey copy's square, R everything as one row of numbers.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from trueshelf.models.gallery.hashing import MIN_QUALITY, Words, oriented_hashes

if TYPE_CHECKING:
    from PIL.Image import Image

Floats = npt.NDArray[np.float32]
Greys = npt.NDArray[np.uint8]

SIDE: Final = 48
"""Pixels along the longer side of the grey copy."""

_HASH_BYTES = 64
LENGTH: Final = _HASH_BYTES + 3 + SIDE * SIDE
"""How many numbers an imprint is as a row."""


@dataclass(frozen=True, slots=True)
class Imprint:
    """What is kept of a photo.

    Attributes:
        hashes_O4: PDQ, as it is and mirrored.
        quality: the detail that there was to hash, 0 to 100.
        grey_HW: the photo in grey, `SIDE` pixels along its longer side.
    """

    hashes_O4: Words
    quality: int
    grey_HW: Greys

    @property
    def usable(self) -> bool:
        """Whether the hashes say anything."""
        return self.quality >= MIN_QUALITY

    @classmethod
    def of(cls, image: "Image") -> "Imprint":
        """The imprint of an RGB picture."""
        from PIL.Image import Resampling

        hashes_O4, quality = oriented_hashes(image)
        scale = SIDE / max(image.size)
        width, height = (min(SIDE, max(8, round(side * scale))) for side in image.size)
        grey = image.convert("L").resize((width, height), Resampling.BOX if scale < 0.5 else Resampling.BILINEAR)
        return cls(hashes_O4, quality, np.asarray(grey))

    def to_row(self) -> Floats:
        """Everything as float32 [R], as the cache keeps arrays."""
        height, width = self.grey_HW.shape
        padded_FF = np.zeros((SIDE, SIDE), dtype=np.uint8)
        padded_FF[:height, :width] = self.grey_HW
        said = (self.hashes_O4.view(np.uint8).ravel(), [self.quality, height, width], padded_FF.ravel())
        return np.concatenate(said).astype(np.float32)

    @classmethod
    def from_row(cls, row_R: Floats) -> "Imprint":
        """The inverse of `to_row`."""
        quality, height, width = (int(number) for number in row_R[_HASH_BYTES : _HASH_BYTES + 3])
        hashes_O4 = row_R[:_HASH_BYTES].astype(np.uint8).view(np.uint64).reshape(2, 4)
        grey_FF = row_R[_HASH_BYTES + 3 :].astype(np.uint8).reshape(SIDE, SIDE)
        return cls(hashes_O4, quality, grey_FF[:height, :width])
