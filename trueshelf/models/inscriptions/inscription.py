"""A line of writing in a photo, and its form in a store of arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Box = tuple[float, float, float, float]

_NOT_READ = -1.0


@dataclass(frozen=True, slots=True)
class Inscription:
    """A line of writing.

    Attributes:
        confidence: the mean probability of its characters, 0 to 1.
        box: left, top, right and bottom as shares of the photo's width and height.
    """

    text: str
    confidence: float
    box: Box


def packed(lines: Sequence[Inscription] | None) -> Floats:
    """What was read of a photo as one row of numbers; None where it was not read.

    First how many lines there are, then of each its confidence, its box, its length and its characters' code points,
    which float32 holds exactly.
    """
    if lines is None:
        return np.array([_NOT_READ], dtype=np.float32)
    numbers = [float(len(lines))]
    for line in lines:
        numbers += [line.confidence, *line.box, float(len(line.text)), *(float(ord(letter)) for letter in line.text)]
    return np.array(numbers, dtype=np.float32)


def unpacked(numbers: Floats) -> tuple[Inscription, ...] | None:
    """The inverse of `packed`."""
    if numbers[0] == _NOT_READ:
        return None
    lines, place = [], 1
    for _ in range(int(numbers[0])):
        confidence, left, top, right, bottom, length = numbers[place : place + 6].tolist()
        place += 6 + int(length)
        text = "".join(chr(int(point)) for point in numbers[place - int(length) : place])
        lines.append(Inscription(text, confidence, (left, top, right, bottom)))
    return tuple(lines)
