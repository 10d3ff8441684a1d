"""Perceptual hashes of photos (PDQ).

PDQ: https://github.com/facebook/ThreatExchange/tree/main/pdq. Two encodings of one picture lie within 31 of 256 bits,
whatever their size or compression; unrelated pictures lie around 128.

Shapes: N photos, O orientations (as it is, mirrored).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL.Image import Image

Words = npt.NDArray[np.uint64]

MIN_QUALITY = 50
"""PDQ's measure of detail, 0 to 100; hashes of flatter pictures say nothing."""

_SIDE = 256


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a photo looks like: its 256 bit hash in four words, and how much detail there was to hash (0 to 100)."""

    words: tuple[int, int, int, int]
    quality: int

    @property
    def usable(self) -> bool:
        return self.quality >= MIN_QUALITY


def fingerprint(image: "Image") -> Fingerprint:
    """The perceptual hash of an RGB picture; it is made small first, which is where PDQ spends its time."""
    words_O4, quality = oriented_hashes(image)
    first, second, third, fourth = (int(word) for word in words_O4[0])
    return Fingerprint((first, second, third, fourth), quality)


def oriented_hashes(image: "Image") -> tuple[Words, int]:
    """The hashes [O, 4] of an RGB picture as it is and mirrored, and how much detail there was to hash.

    The mirrored picture is hashed itself: what PDQ derives for it from the first hash's transform is up to 28 bits off.
    """
    import pdqhash
    from PIL.Image import Resampling

    small = image.copy()
    small.thumbnail((_SIDE, _SIDE), Resampling.BOX, reducing_gap=None)
    pixels_HWC = np.asarray(small)
    (upright, quality), (mirrored, _) = (
        pdqhash.compute(np.ascontiguousarray(pixels)) for pixels in (pixels_HWC, pixels_HWC[:, ::-1])
    )
    return np.stack([_words(upright), _words(mirrored)]), int(quality)


def bits_apart(words_4: Words, words_N4: Words) -> npt.NDArray[np.int64]:
    """In how many of 256 bits one hash differs from each of many, [N]."""
    bits_N: npt.NDArray[np.int64] = np.bitwise_count(words_N4 ^ words_4).sum(axis=1, dtype=np.int64)
    return bits_N


def _words(bits: npt.NDArray[np.uint8]) -> Words:
    return np.packbits(np.asarray(bits, dtype=np.uint8)).view(np.uint64)
