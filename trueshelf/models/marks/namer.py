"""Which true marks a crop may show: by correlation with each, turned and grown a little, whichever is the lighter.

Shapes: R true marks, T templates, K pixels of a template, S side of a crop, E shifts.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from trueshelf.models.marks.geometry import CANVAS

Floats = npt.NDArray[np.float32]

_SIDE = 24
_TURNS = (-0.4, -0.2, 0.0, 0.2, 0.4)
_GROWTHS = (-0.2, 0.0, 0.2)
_SHIFTS = (-2, 0, 2)  # pixels of a template


class Namer:
    """Masked normalised cross-correlation (Padfield, 2012) with a bank of templates."""

    def __init__(self, references_RMM: Floats) -> None:
        poses = [(turn, growth) for turn in _TURNS for growth in _GROWTHS]
        templates = [_posed(ink_MM, turn, growth) for ink_MM in references_RMM for turn, growth in poses]
        supports_TK = np.stack([support for _, support in templates])
        self._supports_TK = supports_TK / supports_TK.sum(axis=1, keepdims=True)
        inks_TK = np.stack([ink for ink, _ in templates])
        means_T1 = (inks_TK * self._supports_TK).sum(axis=1, keepdims=True)
        centred_TK = (inks_TK - means_T1) * self._supports_TK
        spread_T1 = np.sqrt((centred_TK * (inks_TK - means_T1)).sum(axis=1, keepdims=True))
        self._templates_TK = centred_TK / np.maximum(spread_T1, 1e-6)
        self._poses = poses
        self._count = len(references_RMM)

    def __call__(self, crop_3SS: Floats) -> tuple[Floats, Floats]:
        """Each true mark's correlation with a crop [R], and the shift to where it is strongest [R,4].

        A shift is x, y, ln of the size and angle within the crop's frame.
        """
        shifts = [(across, down) for down in _SHIFTS for across in _SHIFTS]
        pixels_EK = np.stack([_moved(_small(crop_3SS), across, down).ravel() for across, down in shifts])
        means_ET = pixels_EK @ self._supports_TK.T
        spread_ET = np.sqrt(np.maximum((pixels_EK**2) @ self._supports_TK.T - means_ET**2, 0)) + 0.02
        likeness_ET = np.abs(pixels_EK @ self._templates_TK.T) / spread_ET
        likeness_REP = likeness_ET.reshape(len(shifts), self._count, len(self._poses)).transpose(1, 0, 2)
        flat_RX = likeness_REP.reshape(self._count, -1)
        best_R = flat_RX.argmax(axis=1)
        step = 2 / _SIDE
        moves = [
            (*(step * length for length in shifts[best // len(self._poses)]), growth, turn)
            for best in best_R.tolist()
            for turn, growth in [self._poses[best % len(self._poses)]]
        ]
        return flat_RX.max(axis=1), np.array(moves, dtype=np.float32)


def _posed(ink_MM: Floats, turn: float, growth: float) -> tuple[Floats, Floats]:
    """A true mark, turned and grown, and the surroundings that it is looked for in, both flat [K]."""
    picture = Image.fromarray((255 * ink_MM).astype(np.uint8))
    cos, sin = np.cos(turn) / np.exp(growth), np.sin(turn) / np.exp(growth)
    middle = CANVAS / 2
    affine = (cos, sin, middle * (1 - cos - sin), -sin, cos, middle * (1 + sin - cos))
    posed = picture.transform(picture.size, Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR)
    small = (np.asarray(posed.resize((_SIDE, _SIDE), Image.Resampling.BOX)) / 255).astype(np.float32)
    inked = np.argwhere(small > 0.05)
    (top, left), (bottom, right) = np.maximum(inked.min(axis=0) - 1, 0), inked.max(axis=0) + 2
    support = np.zeros_like(small)
    support[top:bottom, left:right] = 1
    return small.ravel(), support.ravel()


def _small(crop_3SS: Floats) -> Floats:
    """A crop's grey at a template's size."""
    pixels = CANVAS // _SIDE
    grey_SS = crop_3SS.mean(axis=0)
    small: Floats = grey_SS.reshape(_SIDE, pixels, _SIDE, pixels).mean(axis=(1, 3)).astype(np.float32)
    return small


def _moved(grey: Floats, across: int, down: int) -> Floats:
    """What is seen when the template is moved across and down."""
    padded = np.pad(grey, max(_SHIFTS), mode="edge")
    reach = max(_SHIFTS)
    return padded[reach + down : reach + down + _SIDE, reach + across : reach + across + _SIDE]
