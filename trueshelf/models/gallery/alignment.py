"""Whether one photo shows the very picture of another, or a part of it: the smaller is laid over the larger at every
place and in several sizes, and what then lies under it must agree in its details.

1. *Coarse*: the normalised correlation of grey copies of 32 pixels at every shift, by Fourier transform (Lewis 1995,
   "Fast Normalized Cross-Correlation"), for each of a few sizes.
2. *Fine*: from the best place, size and place are moved in shrinking steps. The two are compared after taking away the
   local mean: outlines and shading agree among all photos of one model, details only in the same picture.
3. *Shade*: of plain things on plain grounds the details are outlines only, which agree among photos of one model. What
   tells these apart is the local mean itself: in the same picture it is the same, over half of the picture at least, so
   that bars, badges and watermarks do not count.

Shapes: H height, W width, T sizes of the smaller, C side of the coarse square.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from trueshelf.models.gallery.imprint import Greys

Floats = npt.NDArray[np.float32]

_COARSE = 32
_SCALES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6)
_PROMISING = 0.8  # coarse correlation; the same picture reached .82 under a heavy watermark
_HOPELESS = 0.35  # fine correlation before any step
_STEPS = (1.5, 0.75, 0.4)  # pixels of the grey copies
_REACH = 4  # the local mean is taken over this many pixels to each side
_SAME_SHADE = 3.5  # grey levels between local means; copies of one picture reached 3.2, other photos of a model 4.3
_LEAST_CONTRAST = 2.0  # grey levels of detail, below which a picture has none to compare


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the larger picture, in pixels of its grey copy."""

    left: float
    top: float
    width: float
    height: float

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


def aligned(smaller_HW: Greys, larger_HW: Greys) -> Alignment:
    """How one grey picture lies in another as a whole or as a part of it; upright both."""
    smaller, larger = Image.fromarray(smaller_HW), Image.fromarray(larger_HW)
    promise, box = _coarse(smaller, larger)
    return _fine(smaller, larger, box) if promise >= _PROMISING else NONE


def _coarse(smaller: Image.Image, larger: Image.Image) -> tuple[float, Box]:
    """The best normalised correlation over all sizes and places, and where it was found."""
    scale = _COARSE / max(larger.size)
    ground_HW = _pixels(larger, _size(larger, scale))
    sizes = list(_sizes(smaller, ground_HW.shape))
    correlation_TCC = _correlation(smaller, ground_HW, sizes)
    promise, best = -1.0, Box(0, 0, *larger.size)
    for correlation_CC, (width, height) in zip(correlation_TCC, sizes, strict=True):
        places_HW = correlation_CC[: ground_HW.shape[0] - height + 1, : ground_HW.shape[1] - width + 1]
        top, left = np.unravel_index(int(places_HW.argmax()), places_HW.shape)
        if places_HW[top, left] > promise:
            promise = float(places_HW[top, left])
            best = Box(float(left) / scale, float(top) / scale, width / scale, height / scale)
    return promise, best.within(*larger.size)


def _sizes(smaller: Image.Image, shape: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Width and height of the smaller picture on the coarse grid: as large as fits, then smaller."""
    fit = min(shape[1] / smaller.width, shape[0] / smaller.height)
    for scale in _SCALES:
        width, height = _size(smaller, fit * scale)
        yield min(width, shape[1]), min(height, shape[0])


def _correlation(smaller: Image.Image, ground_HW: Floats, sizes: list[tuple[int, int]]) -> Floats:
    """Normalised correlation [T, C, C] of the smaller picture in each size at each place; valid where it fits."""
    ground_CC = np.zeros((_COARSE, _COARSE), dtype=np.float32)
    ground_CC[: ground_HW.shape[0], : ground_HW.shape[1]] = ground_HW - ground_HW.mean()
    templates_TCC = np.zeros((len(sizes), _COARSE, _COARSE), dtype=np.float32)
    masks_TCC = np.zeros_like(templates_TCC)
    for row, (width, height) in enumerate(sizes):
        template_HW = _pixels(smaller, (width, height))
        templates_TCC[row, :height, :width] = template_HW - template_HW.mean()
        masks_TCC[row, :height, :width] = 1
    area_T11 = masks_TCC.sum(axis=(1, 2), keepdims=True)
    energy_T11 = (templates_TCC**2).sum(axis=(1, 2), keepdims=True)
    masks = np.conj(np.fft.rfft2(masks_TCC))
    sums_TCC = _inverse(np.fft.rfft2(ground_CC) * masks)
    variation_TCC = _inverse(np.fft.rfft2(ground_CC**2) * masks) - sums_TCC**2 / area_T11
    products_TCC = _inverse(np.fft.rfft2(ground_CC) * np.conj(np.fft.rfft2(templates_TCC)))
    found: Floats = products_TCC / np.sqrt(np.maximum(variation_TCC, 1) * np.maximum(energy_T11, 1))
    return found


def _inverse(spectrum: npt.NDArray[np.complexfloating]) -> Floats:
    return np.fft.irfft2(spectrum, s=(_COARSE, _COARSE)).astype(np.float32)


def _fine(smaller: Image.Image, larger: Image.Image, box: Box) -> Alignment:
    """Climb from a coarse place to where the details agree best."""
    details_HW = _details(_pixels(smaller, smaller.size))
    if details_HW.std() < _LEAST_CONTRAST:
        return NONE

    def likeness(place: Box) -> float:
        return _agreement(details_HW, _details(_pixels(larger, smaller.size, place)))

    best = likeness(box)
    for step in _STEPS if best >= _HOPELESS else ():
        for place in list(_neighbours(box, step)) + list(_neighbours(box, 2 * step)):
            inside = place.within(*larger.size)
            found = likeness(inside)
            if found > best:
                best, box = found, inside
    if _shades_apart(_pixels(smaller, smaller.size), _pixels(larger, smaller.size, box)) > _SAME_SHADE:
        return NONE
    return Alignment(best, box.width * box.height / (larger.width * larger.height))


def _neighbours(box: Box, step: float) -> Iterator[Box]:
    growth = 2 * step / max(box.width, box.height)
    for right, down in ((step, 0), (-step, 0), (0, step), (0, -step)):
        yield box.moved(right, down, 1)
    yield box.moved(0, 0, 1 + growth)
    yield box.moved(0, 0, 1 - growth)


def _size(image: Image.Image, scale: float) -> tuple[int, int]:
    return max(4, round(image.width * scale)), max(4, round(image.height * scale))


def _pixels(image: Image.Image, size: tuple[int, int], box: Box | None = None) -> Floats:
    part = (box.left, box.top, box.left + box.width, box.top + box.height) if box else None
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR, box=part), dtype=np.float32)


def _details(grey_HW: Floats) -> Floats:
    """What is left of a picture without its local mean."""
    return grey_HW - _local_mean(grey_HW)


def _shades_apart(first_HW: Floats, second_HW: Floats) -> float:
    """The median difference of two pictures' local means, in grey levels."""
    return float(np.median(np.abs(_local_mean(first_HW) - _local_mean(second_HW))))


def _local_mean(grey_HW: Floats) -> Floats:
    """By a summed-area table."""
    span = 2 * _REACH + 1
    padded = np.pad(grey_HW, _REACH, mode="edge").astype(np.float64)
    sums = np.pad(padded.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    local_HW = (sums[span:, span:] - sums[:-span, span:] - sums[span:, :-span] + sums[:-span, :-span]) / span**2
    return np.asarray(local_HW, dtype=np.float32)


def _agreement(first_HW: Floats, second_HW: Floats) -> float:
    """The correlation of two pictures' details."""
    first, second = first_HW - first_HW.mean(), second_HW - second_HW.mean()
    energy = float((first * first).sum()) * float((second * second).sum())
    return float((first * second).sum()) / math.sqrt(max(energy, 1e-3))
