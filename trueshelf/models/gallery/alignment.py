"""Whether one photo shows the very picture of another, or a part of it: the smaller is laid over the larger at every
place and in several sizes, and what then lies under it must agree in its details.

1. *Coarse*: the normalised correlation of grey copies of 32 pixels at every shift, by Fourier transform (Lewis 1995,
   "Fast Normalized Cross-Correlation"), for each of a few sizes.
2. *Fine*: from the best place, size and place are moved in shrinking steps. The two are compared after taking away the
   local mean: outlines and shading agree among all photos of one model, details only in the same picture.
3. *Shade*: of plain things on plain grounds the details are outlines only, which agree among photos of one model. What
   tells these apart is the local mean itself: in the same picture it is the same, over half of the picture at least, so
   that bars, badges and watermarks do not count.

Shapes: H height, W width, T sizes of the smaller, C side of the coarse square, Z of its spectrum's last axis.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trueshelf.models.gallery.picture import Floats, Picture, Sizes, inverse, local_mean, pixels, scaled

_SCALES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6)
_PROMISING = 0.8  # coarse correlation; the same picture reached .82 under a heavy watermark
_HOPELESS = 0.35  # fine correlation before any step
_STEPS = (1.5, 0.75, 0.4)  # pixels of the grey copies
_SAME_SHADE = 3.5  # grey levels between local means; copies of one picture reached 3.2, other photos of a model 4.3
_LEAST_CONTRAST = 2.0  # grey levels of detail, below which a picture has none to compare

CERTAIN = 0.995
"""The likeness from which it is not asked whether another place or another orientation agrees still better."""


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the larger picture, in pixels of its grey copy."""

    left: float
    top: float
    width: float
    height: float

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        return self.left, self.top, self.left + self.width, self.top + self.height

    def moved(self, right: float, down: float, growth: float) -> "Box":
        """The box shifted, and larger by a factor about its middle."""
        width, height = self.width * growth, self.height * growth
        return Box(
            self.left + right - (width - self.width) / 2, self.top + down - (height - self.height) / 2, width, height
        )

    def within(self, width: int, height: int) -> "Box":
        """The box cut to a picture's bounds."""
        box_width, box_height = min(self.width, width), min(self.height, height)
        left, top = max(0.0, min(self.left, width - box_width)), max(0.0, min(self.top, height - box_height))
        return Box(left, top, box_width, box_height)


@dataclass(frozen=True, slots=True)
class Alignment:
    """How the smaller of two pictures lies in the larger.

    Attributes:
        likeness: correlation of the details, at most 1; 0 where nothing promised to agree.
        share: of the larger picture's area that the smaller covers.
    """

    likeness: float
    share: float


NONE = Alignment(0.0, 0.0)


def aligned(smaller: Picture, larger: Picture) -> Alignment:
    """How one picture lies in another as a whole or as a part of it; upright both."""
    promise, box = _coarse(smaller, larger)
    return _fine(smaller, larger, box) if promise >= _PROMISING else NONE


def _coarse(smaller: Picture, larger: Picture) -> tuple[float, Box]:
    """The best normalised correlation over all sizes and places, and where it was found."""
    rows, columns = larger.coarse_HW.shape
    sizes = _sizes(smaller, columns, rows)
    correlation_TCC = _correlation(smaller, larger, sizes)
    promise, best = -1.0, Box(0, 0, *larger.size)
    for correlation_CC, (width, height) in zip(correlation_TCC, sizes, strict=True):
        places_HW = correlation_CC[: rows - height + 1, : columns - width + 1]
        top, left = divmod(int(places_HW.argmax()), places_HW.shape[1])
        if places_HW[top, left] > promise:
            promise = float(places_HW[top, left])
            best = Box(left / larger.scale, top / larger.scale, width / larger.scale, height / larger.scale)
    return promise, best.within(*larger.size)


def _sizes(smaller: Picture, columns: int, rows: int) -> Sizes:
    """Width and height of the smaller picture on the coarse grid: as large as fits, then smaller."""
    fit = min(columns / smaller.size[0], rows / smaller.size[1])
    sizes = (scaled(smaller.size, fit * scale) for scale in _SCALES)
    return tuple((min(width, columns), min(height, rows)) for width, height in sizes)


def _correlation(smaller: Picture, larger: Picture, sizes: Sizes) -> Floats:
    """Normalised correlation [T, C, C] of the smaller picture in each size at each place; valid where it fits."""
    spectra_TCZ, energies_T = smaller.templates(sizes)
    products_TCC = inverse(larger.spectrum_CZ * spectra_TCZ)
    variations_TCC = np.maximum(larger.variations(sizes), 1)
    found_TCC: Floats = products_TCC / np.sqrt(variations_TCC * np.maximum(energies_T, 1)[:, None, None])
    return found_TCC


def _fine(smaller: Picture, larger: Picture, box: Box) -> Alignment:
    """Climb from a coarse place to where the details agree best."""
    details = smaller.details_HW.ravel()
    energy = float(details @ details)
    if energy < _LEAST_CONTRAST**2 * len(details):
        return NONE

    def likeness(place: Box) -> float:
        grey_HW = pixels(larger.image, smaller.size, place.corners)
        there = (grey_HW - local_mean(grey_HW)).ravel()
        there -= there.mean()
        return float(details @ there) / math.sqrt(max(energy * float(there @ there), 1e-3))

    best = likeness(box)
    for step in _STEPS if best >= _HOPELESS else ():
        for place in list(_neighbours(box, step)) + list(_neighbours(box, 2 * step)):
            if best >= CERTAIN:
                break
            inside = place.within(*larger.size)
            found = likeness(inside)
            if found > best:
                best, box = found, inside
    if _shades_apart(smaller, larger, box) > _SAME_SHADE:
        return NONE
    return Alignment(best, box.width * box.height / (larger.size[0] * larger.size[1]))


def _shades_apart(smaller: Picture, larger: Picture, box: Box) -> float:
    """The median difference of two pictures' local means, in grey levels."""
    shade_HW = local_mean(pixels(larger.image, smaller.size, box.corners))
    return float(np.median(np.abs(smaller.shade_HW - shade_HW)))


def _neighbours(box: Box, step: float) -> Iterator[Box]:
    growth = 2 * step / max(box.width, box.height)
    for right, down in ((step, 0), (-step, 0), (0, step), (0, -step)):
        yield box.moved(right, down, 1)
    yield box.moved(0, 0, 1 + growth)
    yield box.moved(0, 0, 1 - growth)
