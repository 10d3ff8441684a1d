"""Where lines of writing are: turned rectangles around what a text detector marks.

After the post-processing of Differentiable Binarization (Liao et al., 2020), on NumPy alone.

Shapes: H height and W width of the probability map, R runs of marked pixels, N points, A angles.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]

_MARKED: Final = 0.3
_SURE: Final = 0.6
_GROWTH: Final = 1.6  # the detector marks text shrunk by about this much
_SHORTEST = 3.0
_ANGLES_A: Final = np.deg2rad(np.arange(-45, 45, 1.5))
_MOST_RUNS = 20_000  # noise beyond this is no writing
_MOST_REGIONS = 200  # of most rows


@dataclass(frozen=True, slots=True)
class Strip:
    """A turned rectangle in pixels: `angle` is that of its longer side, in radians, from -π/2 to π/2."""

    x: float
    y: float
    length: float
    height: float
    angle: float

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the upright rectangle around it."""
        cos, sin = abs(np.cos(self.angle)), abs(np.sin(self.angle))
        half_width = (self.length * cos + self.height * sin) / 2
        half_height = (self.length * sin + self.height * cos) / 2
        return self.x - half_width, self.y - half_height, self.x + half_width, self.y + half_height

    def scaled(self, across: float, down: float) -> "Strip":
        """The same in a picture that is so many times as wide and as high; both nearly equal."""
        both = (across + down) / 2
        return Strip(self.x * across, self.y * down, self.length * both, self.height * both, self.angle)


def strips(probability_HW: Floats) -> list[Strip]:
    """The lines that a detector marks, grown to their full height, the largest first."""
    found = []
    regions = sorted(_regions(probability_HW > _MARKED), key=lambda region: -len(region[0]))
    for rows, starts, ends in regions[:_MOST_REGIONS]:
        if _certainty(probability_HW, rows, starts, ends) < _SURE:
            continue
        strip = _around(np.concatenate([starts, ends]), np.concatenate([rows, rows]))
        if strip.height >= _SHORTEST:
            found.append(_grown(strip))
    return sorted(found, key=lambda strip: -strip.length * strip.height)


def _regions(marked_HW: npt.NDArray[np.bool_]) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Regions that touch along an edge or a corner, each as the rows, starts and ends (exclusive) of its runs."""
    edges_HW = np.diff(np.pad(marked_HW, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows_R, starts_R = np.nonzero(edges_HW == 1)
    ends_R = np.nonzero(edges_HW == -1)[1]
    if not 0 < len(rows_R) <= _MOST_RUNS:
        return
    labels_R = _labels(rows_R.tolist(), starts_R.tolist(), ends_R.tolist())
    order_R = np.argsort(labels_R, kind="stable")
    cuts = np.flatnonzero(np.diff(labels_R[order_R])) + 1
    for chosen in np.split(order_R, cuts):
        yield rows_R[chosen], starts_R[chosen], ends_R[chosen]


def _labels(rows: list[int], starts: list[int], ends: list[int]) -> Ints:
    """A region's number for each run, by joining runs of neighbouring rows that touch (union-find)."""
    parents = list(range(len(rows)))

    def root(run: int) -> int:
        while parents[run] != run:
            parents[run] = parents[parents[run]]
            run = parents[run]
        return run

    above = 0
    for run, (row, start, end) in enumerate(zip(rows, starts, ends, strict=True)):
        while rows[above] < row - 1 or (rows[above] == row - 1 and ends[above] < start):
            above += 1
        other = above
        while rows[other] == row - 1 and starts[other] <= end:
            parents[root(other)] = root(run)
            other += 1
    return np.array([root(run) for run in range(len(rows))])


def _certainty(probability_HW: Floats, rows_R: Ints, starts_R: Ints, ends_R: Ints) -> float:
    """The mean probability of a region's pixels."""
    sums = [
        float(probability_HW[row, start:end].sum()) for row, start, end in zip(rows_R, starts_R, ends_R, strict=True)
    ]
    return sum(sums) / int((ends_R - starts_R).sum())


def _around(x_N: Ints, y_N: Ints) -> Strip:
    """The rectangle of the smallest area around points, out of many angles."""
    along_AN = np.outer(np.cos(_ANGLES_A), x_N) + np.outer(np.sin(_ANGLES_A), y_N)
    across_AN = np.outer(np.cos(_ANGLES_A), y_N) - np.outer(np.sin(_ANGLES_A), x_N)
    lengths_A, heights_A = np.ptp(along_AN, axis=1), np.ptp(across_AN, axis=1) + 1
    best = int(np.argmin(lengths_A * heights_A))
    angle = float(_ANGLES_A[best])
    along = (along_AN[best].max() + along_AN[best].min()) / 2
    across = (across_AN[best].max() + across_AN[best].min() + 1) / 2
    x, y = along * np.cos(angle) - across * np.sin(angle), along * np.sin(angle) + across * np.cos(angle)
    length, height = float(lengths_A[best]), float(heights_A[best])
    if height > 1.5 * length:  # writing that runs up or down
        angle = angle + np.pi / 2 if angle < 0 else angle - np.pi / 2
        length, height = height, length
    return Strip(float(x), float(y), length, height, angle)


def _grown(strip: Strip) -> Strip:
    """By the same distance to all sides: area by circumference, times `_GROWTH`."""
    distance = strip.length * strip.height * _GROWTH / (2 * (strip.length + strip.height))
    return Strip(strip.x, strip.y, strip.length + 2 * distance, strip.height + 2 * distance, strip.angle)
