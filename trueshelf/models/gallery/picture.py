"""A grey picture with all that comparisons ask of it, each worked out once however many pictures it is compared with.

Shapes: H height, W width, T sizes, C side of the coarse square, Z of its spectrum's last axis.
"""

from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from trueshelf.models.gallery.imprint import Greys

Floats = npt.NDArray[np.float32]
Spectra = npt.NDArray[np.complexfloating]
Sizes = tuple[tuple[int, int], ...]
"""Widths and heights."""

COARSE = 32
_REACH = 4  # the local mean is taken over this many pixels to each side


class Picture:
    """A grey copy of a photo, upright, as one that lies in another and as one that another lies in."""

    def __init__(self, grey_HW: Greys) -> None:
        self.image = Image.fromarray(np.ascontiguousarray(grey_HW))
        self.size = self.image.size
        self._templates: dict[Sizes, tuple[Spectra, Floats]] = {}
        self._variations: dict[Sizes, Floats] = {}

    @cached_property
    def scale(self) -> float:
        """Of the coarse copy."""
        return COARSE / max(self.size)

    @cached_property
    def coarse_HW(self) -> Floats:
        """A copy of `COARSE` pixels along its longer side, about its mean."""
        copy_HW = pixels(self.image, scaled(self.size, self.scale))
        centred_HW: Floats = copy_HW - copy_HW.mean()
        return centred_HW

    @cached_property
    def details_HW(self) -> Floats:
        """What is left of the picture without its local mean, about its own mean."""
        details_HW = self.grey_HW - self.shade_HW
        centred_HW: Floats = details_HW - details_HW.mean()
        return centred_HW

    @cached_property
    def grey_HW(self) -> Floats:
        return pixels(self.image, self.size)

    @cached_property
    def shade_HW(self) -> Floats:
        """Its local mean."""
        return local_mean(self.grey_HW)

    @cached_property
    def spectrum_CZ(self) -> Spectra:
        """Of the coarse copy."""
        return np.fft.rfft2(self._squared)

    @cached_property
    def _squared(self) -> Floats:
        """The coarse copy in the corner of a square."""
        square_CC = np.zeros((COARSE, COARSE), dtype=np.float32)
        height, width = self.coarse_HW.shape
        square_CC[:height, :width] = self.coarse_HW
        return square_CC

    def templates(self, sizes: Sizes) -> tuple[Spectra, Floats]:
        """Conjugate spectra [T, C, Z] of copies in some sizes, each about its mean, and their energies [T]."""
        if sizes not in self._templates:
            templates_TCC = np.zeros((len(sizes), COARSE, COARSE), dtype=np.float32)
            for row, (width, height) in enumerate(sizes):
                template_HW = pixels(self.image, (width, height))
                templates_TCC[row, :height, :width] = template_HW - template_HW.mean()
            spectra_TCZ = np.conj(np.fft.rfft2(templates_TCC))
            self._templates[sizes] = spectra_TCZ, (templates_TCC**2).sum(axis=(1, 2))
        return self._templates[sizes]

    def variations(self, sizes: Sizes) -> Floats:
        """How much the coarse copy varies [T, C, C] under a window of each size in each place; valid where it fits."""
        if sizes not in self._variations:
            masks_TCZ, areas_T = _masks(sizes)
            both = np.stack([self.spectrum_CZ, np.fft.rfft2(self._squared**2)])[:, None] * masks_TCZ
            sums_TCC, squares_TCC = inverse(both)
            self._variations[sizes] = squares_TCC - sums_TCC**2 / areas_T[:, None, None]
        return self._variations[sizes]


def inverse(spectra: Spectra) -> Floats:
    """Coarse squares from spectra."""
    return np.fft.irfft2(spectra, s=(COARSE, COARSE)).astype(np.float32, copy=False)


def scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """Width and height in a coarse copy."""
    return max(4, round(size[0] * scale)), max(4, round(size[1] * scale))


def pixels(image: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float] | None = None) -> Floats:
    """A picture in another size, or a part of it: left, top, right and bottom."""
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR, box=box), dtype=np.float32)


def local_mean(grey_HW: Floats) -> Floats:
    """The mean around each pixel; beyond the edge, the pixels at the edge are repeated."""
    height, width = grey_HW.shape
    return np.asarray(_averaging(height) @ grey_HW @ _averaging(width).T, dtype=np.float32)


@lru_cache(maxsize=64)
def _averaging(length: int) -> Floats:
    """The matrix that takes local means along one axis."""
    near = np.clip(np.arange(length)[:, None] + np.arange(-_REACH, _REACH + 1), 0, length - 1)
    averaging = np.zeros((length, length), dtype=np.float32)
    np.add.at(averaging, (np.arange(length)[:, None], near), 1 / near.shape[1])
    return averaging


@lru_cache(maxsize=256)
def _masks(sizes: Sizes) -> tuple[Spectra, Floats]:
    """Conjugate spectra [T, C, Z] of windows of some sizes, and their areas [T]."""
    masks_TCC = np.zeros((len(sizes), COARSE, COARSE), dtype=np.float32)
    for mask_CC, (width, height) in zip(masks_TCC, sizes, strict=True):
        mask_CC[:height, :width] = 1
    return np.conj(np.fft.rfft2(masks_TCC)), masks_TCC.sum(axis=(1, 2))
