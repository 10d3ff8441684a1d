"""A brand's mark as found in a photo.

Shapes: F marks found, X numbers that a mark found is kept in.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from trueshelf.models.marks.differences import DIFFERENCES, Difference

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle, in shares of the photo's width and height."""

    x: float
    y: float
    width: float
    height: float

    def __str__(self) -> str:
        return ",".join(f"{side:.3f}" for side in astuple(self))


@dataclass(frozen=True, slots=True)
class FoundMark:
    """A mark in a photo, beside the true one.

    Attributes:
        score: how sure it is that this is the brand's mark, well made or badly; from 0 to 1.
        likeness: how sure it is that it is well made; from 0 to 1.
        differing: the part of the mark that differs most from the true one.
        difference: how much of that part differs, from 0 to 1.
        ways: in what it would differ, the likeliest first.
    """

    brand: str
    score: float
    box: Box
    likeness: float
    differing: Box
    difference: float
    ways: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenMarks:
    """What was found in a photo that was searched.

    Attributes:
        known: the brands whose marks were looked for.
        found: the surest first, no brand twice.
    """

    known: frozenset[str]
    found: tuple[FoundMark, ...]


MOST_WAYS: Final = 2

NUMBERS: Final = 12 + MOST_WAYS
"""Of a mark found, as it is cached: the brand's number, score, box, likeness, the differing box, difference, ways."""


def packed(found: Sequence[tuple[int, FoundMark]]) -> Floats:
    """Marks found, each with its brand's number, as an array [F,X]."""
    rows = [
        (
            *(number, mark.score, *astuple(mark.box), mark.likeness),
            *(*astuple(mark.differing), mark.difference, *_numbered(mark.ways)),
        )
        for number, mark in found
    ]
    return np.array(rows, dtype=np.float32).reshape(len(rows), NUMBERS)


def unpacked(found_FX: Floats, brands: Sequence[str]) -> SeenMarks:
    """The inverse of `packed`, with the brands by their numbers."""
    marks = tuple(
        FoundMark(brands[int(row[0])], row[1], Box(*row[2:6]), row[6], Box(*row[7:11]), row[11], _named(row[12:]))
        for row in found_FX.tolist()
    )
    return SeenMarks(frozenset(brands), marks)


def _numbered(ways: Sequence[Difference]) -> list[int]:
    """Always `MOST_WAYS`, -1 for none."""
    return [DIFFERENCES.index(way) for way in ways] + [-1] * (MOST_WAYS - len(ways))


def _named(numbers: Sequence[float]) -> tuple[Difference, ...]:
    return tuple(DIFFERENCES[int(number)] for number in numbers if number >= 0)
