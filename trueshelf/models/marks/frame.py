"""Where a mark lies in a photo: a turned square with the mark in its middle, which networks see cut out.

Shapes: S side of a crop.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trueshelf.models.marks.found import Box

if TYPE_CHECKING:
    from PIL.Image import Image

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Frame:
    """A turned square in pixels of a picture.

    Attributes:
        reach: from its centre to the middle of a side.
        angle: by which it is turned, clockwise as seen, in radians.
    """

    x: float
    y: float
    reach: float
    angle: float

    def point(self, across: float, down: float) -> tuple[float, float]:
        """The picture's pixel at a point of the frame, whose sides are at -1 and 1."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return (
            self.x + self.reach * (cos * across - sin * down),
            self.y + self.reach * (sin * across + cos * down),
        )

    def shifted(self, across: float, down: float, growth: float, turn: float) -> "Frame":
        """Moved to a point of the frame, then `exp(growth)` times as large and turned on."""
        x, y = self.point(across, down)
        return Frame(x, y, self.reach * math.exp(growth), self.angle + turn)

    def crop(self, levels: "list[Image]", side: int) -> Floats:
        """What lies in the frame, from 0 to 1 [3,S,S]; grey beyond the edge of the picture.

        Args:
            levels: the picture, and smaller copies, each half as large as the one before.
        """
        from PIL import Image

        level = min(len(levels) - 1, max(0, math.floor(math.log2(max(1e-9, 2 * self.reach / (1.4 * side))) + 1)))
        picture, shrunk = levels[level], 2.0**level
        step = 2 * self.reach / side / shrunk
        cos, sin = step * math.cos(self.angle), step * math.sin(self.angle)
        left, top = self.point(-1, -1)
        affine = (cos, -sin, left / shrunk, sin, cos, top / shrunk)
        cut = picture.transform(
            (side, side),
            Image.Transform.AFFINE,
            affine,
            Image.Resampling.BILINEAR,
            fillcolor=(128, 128, 128),
        )
        return (np.asarray(cut).transpose(2, 0, 1) / 255).astype(np.float32)

    def box(self, corners: tuple[float, float, float, float], width: int, height: int) -> Box:
        """The upright rectangle around a part of the frame (left, top, right, bottom), in a picture of this size."""
        left, top, right, bottom = corners
        points = [self.point(across, down) for across in (left, right) for down in (top, bottom)]
        xs = np.clip([x / width for x, _ in points], 0, 1)
        ys = np.clip([y / height for _, y in points], 0, 1)
        return Box(float(xs.min()), float(ys.min()), float(np.ptp(xs)), float(np.ptp(ys)))
