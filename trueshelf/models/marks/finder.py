"""Places in a photo where a mark may be.

Shapes: H and W the photo's sides, G and K places along them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from trueshelf.models.marks.frame import Frame
from trueshelf.models.marks.geometry import CANVAS, CELL, MARK, TYPICAL

if TYPE_CHECKING:
    from PIL.Image import Image

Floats = npt.NDArray[np.float32]

SIDE: Final = 288
"""Pixels along the longer side of the largest picture that is searched; two more have a half and a quarter of it."""

_LEVELS = 3
_LEAST_SCORE = 0.2
_MOST_PLACES = 5
_SAME_PLACE = 0.4  # of the larger frame's reach


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mark may be, and how surely one is there, from 0 to 1."""

    score: float
    frame: Frame


class Finder:
    """Searches pictures of several sizes with one network that knows marks of one size."""

    def __init__(self, session: ort.InferenceSession) -> None:
        self._session = session

    def __call__(self, image: "Image") -> list[Place]:
        """The likeliest places, the best first, in pixels of the image."""
        places: list[Place] = []
        for level in range(_LEVELS):
            places += self._searched(image, SIDE / 2**level)
        return _apart(sorted(places, key=lambda place: -place.score))[:_MOST_PLACES]

    def _searched(self, image: "Image", side: float) -> list[Place]:
        pixels_13HW, scale = _picture(image, side)
        logits, boxes = self._session.run(None, {"pixels": pixels_13HW})
        scores_GK = 1 / (1 + np.exp(-logits[0]))
        peaks = np.argwhere((scores_GK >= _LEAST_SCORE) & (scores_GK >= _around(scores_GK)))
        best = sorted(peaks.tolist(), key=lambda at: -scores_GK[at[0], at[1]])[:_MOST_PLACES]
        return [
            Place(float(scores_GK[row, column]), _frame(boxes[0, :, row, column], row, column, scale))
            for row, column in best
        ]


def _picture(image: "Image", side: float) -> tuple[Floats, float]:
    """The image with about `side` pixels along its longer side, whole cells along both; and by how much it shrank."""
    from PIL.Image import Resampling

    scale = side / max(image.size)
    width, height = (max(CELL * 2, CELL * round(length * scale / CELL)) for length in image.size)
    small = image.resize((width, height), Resampling.BILINEAR, reducing_gap=2.0)
    pixels_HW3 = np.asarray(small, dtype=np.float32) / 255
    return np.ascontiguousarray(pixels_HW3.transpose(2, 0, 1)[None]), scale


def _frame(box_4: Floats, row: int, column: int, scale: float) -> Frame:
    dx, dy, growth, angle = (float(number) for number in np.clip(box_4, -3, 3))
    longer = TYPICAL * np.exp(growth)
    return Frame(
        (column + 0.5 + dx) * CELL / scale,
        (row + 0.5 + dy) * CELL / scale,
        float(longer / 2 * CANVAS / MARK / scale),
        angle,
    )


def _around(scores_GK: Floats) -> Floats:
    """The largest of each place and its eight neighbours."""
    padded = np.pad(scores_GK, 1, constant_values=-1)
    rows, columns = scores_GK.shape
    near = [padded[down : down + rows, across : across + columns] for down in range(3) for across in range(3)]
    largest_GK: Floats = np.maximum.reduce(near)
    return largest_GK


def _apart(places: Sequence[Place]) -> list[Place]:
    """Those that no better one stands close to."""
    kept: list[Place] = []
    for place in places:
        if all(_distance(place.frame, other.frame) > _SAME_PLACE for other in kept):
            kept.append(place)
    return kept


def _distance(one: Frame, other: Frame) -> float:
    apart = max(abs(one.x - other.x), abs(one.y - other.y))
    return float(max(apart / max(one.reach, other.reach), abs(np.log(one.reach / other.reach))))
