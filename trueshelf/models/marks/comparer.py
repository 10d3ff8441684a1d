"""Crops of a photo beside the true marks that they may show.

Shapes: R true marks, P pairs of a crop and a true mark, M side of a mark's canvas, E side of a map of differences,
K differences.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from trueshelf.models.marks.differences import DIFFERENCES, Difference
from trueshelf.models.marks.found import MOST_WAYS
from trueshelf.models.marks.frame import Frame
from trueshelf.models.marks.geometry import CANVAS

if TYPE_CHECKING:
    from PIL.Image import Image

Floats = npt.NDArray[np.float32]

_FARTHEST = 0.5
_LIKELY = 0.4


@dataclass(frozen=True, slots=True)
class Pair:
    """Where a true mark, given by its number, may be."""

    number: int
    frame: Frame


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the comparer says of a pair.

    Attributes:
        present: how sure it is that the frame shows the mark, well made or badly.
        true: how sure it is that the mark is well made.
        exact: the pair with the frame that fits the mark.
        ways: in what the mark differs, if it does.
    """

    pair: Pair
    present: float
    true: float
    exact: Pair
    ways: tuple[Difference, ...]
    differences_EE: Floats


class Comparer:
    """A network that sees crop and true mark together."""

    def __init__(self, session: ort.InferenceSession, references_RMM: Floats) -> None:
        self._session = session
        self._references_RMM = references_RMM

    def __call__(self, levels: "list[Image]", pairs: Sequence[Pair]) -> list[Comparison]:
        """A comparison of each pair, in order."""
        if not pairs:
            return []
        pixels = np.stack([pair.frame.crop(levels, CANVAS) for pair in pairs])
        references = self._references_RMM[[pair.number for pair in pairs], None]
        said_P2, shifts_P4, ways_PK, maps_PEE = self._session.run(None, {"pixels": pixels, "references": references})
        return [
            Comparison(
                pair,
                float(sigmoid(said_2[0])),
                float(sigmoid(said_2[1])),
                Pair(pair.number, pair.frame.shifted(*np.clip(shift_4, -_FARTHEST, _FARTHEST).tolist())),
                _ways(sigmoid(ways_K)),
                sigmoid(map_EE),
            )
            for pair, said_2, shift_4, ways_K, map_EE in zip(pairs, said_P2, shifts_P4, ways_PK, maps_PEE, strict=True)
        ]


def _ways(likely_K: Floats) -> tuple[Difference, ...]:
    """The likeliest, and another that is likely too."""
    best = np.argsort(-likely_K, kind="stable")[:MOST_WAYS].tolist()
    return tuple(DIFFERENCES[way] for place, way in enumerate(best) if place == 0 or likely_K[way] >= _LIKELY)


def sigmoid(logits: Floats) -> Floats:
    """Chances of logits."""
    likely: Floats = np.float32(1) / (np.float32(1) + np.exp(-logits))
    return likely
