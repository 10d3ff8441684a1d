"""Reads the marks of a photo: finds them, compares each with the true marks that it may be, points at what differs.

    reader = MarkReader.open(folder)
    seen = reader.seen(reader(image))

Shapes: R true marks, P pairs of a place and a true mark, M side of a mark's canvas, E side of a map of differences,
F marks found, X numbers of each.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from trueshelf.models.encoders.runtime import open_session
from trueshelf.models.marks.files import MarkFile
from trueshelf.models.marks.finder import Finder, Place
from trueshelf.models.marks.found import FoundMark, SeenMarks, packed, unpacked
from trueshelf.models.marks.frame import Frame
from trueshelf.models.marks.geometry import DIFFERENCE
from trueshelf.models.marks.namer import Namer

if TYPE_CHECKING:
    from PIL.Image import Image

Floats = npt.NDArray[np.float32]

_NETWORKS = (MarkFile.FINDER, MarkFile.COMPARER)
_TABLES = (MarkFile.REFERENCES, MarkFile.BRANDS)
_CROPPED_FROM = 576  # pixels along the photo's longer side; finer ones would only cost time
_BRANDS_OF_A_PLACE = 2
_MOST_PAIRS = 6
_MOST_REFINED = 3
_LEAST_PRESENT = 0.5
_WINDOW = 6  # of the map of differences: a quarter of the frame


@dataclass(frozen=True, slots=True)
class _Pair:
    number: int
    frame: Frame


@dataclass(frozen=True, slots=True)
class _Comparison:
    pair: _Pair
    present: float
    true: float
    shift: tuple[float, float, float, float]
    differences_EE: Floats


class MarkReader:
    """A finder, a comparer and the true marks. It may be called from several threads at once.

    Attributes:
        digest: of everything that its answers depend on.
        brands: by the numbers that its answers name them by.
    """

    def __init__(
        self,
        finder: Finder,
        comparer: ort.InferenceSession,
        references_RMM: Floats,
        brands: tuple[str, ...],
        digest: str,
    ) -> None:
        self._finder = finder
        self._namer = Namer(references_RMM)
        self._comparer = comparer
        self._references_RMM = references_RMM
        self._extents_R4 = np.array([_extent(ink_MM) for ink_MM in references_RMM])
        self.brands = brands
        self.digest = digest

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Load a reader from the files of `MarkFile`.

        Raises:
            OSError: a file is missing.
        """
        networks = [open_session(folder / name, threads=1) for name in _NETWORKS]
        contents = [(folder / name).read_bytes() for name in _TABLES]
        digest = hashlib.sha256(b"".join([*(each.encode() for _, each in networks), *contents])).hexdigest()
        finder, comparer = (session for session, _ in networks)
        references = np.load(folder / MarkFile.REFERENCES, allow_pickle=False).astype(np.float32) / 255
        brands = tuple(json.loads((folder / MarkFile.BRANDS).read_text(encoding="utf-8")))
        return cls(Finder(finder), comparer, references, brands, digest)

    def __call__(self, image: "Image") -> Floats:
        """The marks found in an RGB image, as an array [F,X]; `seen` says what it means."""
        levels = _levels(image)
        whole = levels[0]
        pairs = self._likeliest(levels, self._finder(whole))
        rough = sorted(self._compared(levels, pairs), key=lambda each: -each.present)[:_MOST_REFINED]
        exact = [_Pair(each.pair.number, each.pair.frame.shifted(*each.shift)) for each in rough]
        found = sorted(self._compared(levels, exact), key=lambda each: -each.present)
        return packed([(each.pair.number, self._mark(each, whole.size)) for each in _distinct(found)])

    def seen(self, found_FX: Floats) -> SeenMarks:
        """The marks that an array from `__call__` stands for."""
        return unpacked(found_FX, self.brands)

    def _likeliest(self, levels: "list[Image]", places: list[Place]) -> list[_Pair]:
        """The pairs of a place and a true mark that are worth a comparison."""
        ranked = []
        for place in places:
            likeness_R, shifts_R4 = self._namer(place.frame.crop(levels))
            for number in np.argsort(-likeness_R, kind="stable")[:_BRANDS_OF_A_PLACE].tolist():
                across, down, growth, turn = shifts_R4[number].tolist()
                frame = place.frame.shifted(across, down, growth, turn)
                ranked.append((float(likeness_R[number]), _Pair(number, frame)))
        return [pair for _, pair in sorted(ranked, key=lambda each: -each[0])[:_MOST_PAIRS]]

    def _compared(self, levels: "list[Image]", pairs: list[_Pair]) -> list[_Comparison]:
        if not pairs:
            return []
        pixels = np.stack([pair.frame.crop(levels) for pair in pairs])
        references = self._references_RMM[[pair.number for pair in pairs], None]
        said_P2, shifts_P4, maps_PEE = self._comparer.run(None, {"pixels": pixels, "references": references})
        return [
            _Comparison(
                pair,
                float(_sigmoid(said_2[0])),
                float(_sigmoid(said_2[1])),
                (float(shift_4[0]), float(shift_4[1]), float(shift_4[2]), float(shift_4[3])),
                _sigmoid(map_EE),
            )
            for pair, said_2, shift_4, map_EE in zip(
                pairs, said_P2, np.clip(shifts_P4, -0.6, 0.6), maps_PEE, strict=True
            )
        ]

    def _mark(self, found: _Comparison, size: tuple[int, int]) -> FoundMark:
        left, top, amount = _most_different(found.differences_EE)
        step = 2 / DIFFERENCE
        corners = (left * step - 1, top * step - 1, (left + _WINDOW) * step - 1, (top + _WINDOW) * step - 1)
        extent = tuple(float(side) for side in self._extents_R4[found.pair.number])
        frame = found.pair.frame
        return FoundMark(
            self.brands[found.pair.number],
            found.present,
            frame.box((extent[0], extent[1], extent[2], extent[3]), *size),
            found.true,
            frame.box(corners, *size),
            amount,
        )


def _levels(image: "Image") -> "list[Image]":
    """The image with at most `_CROPPED_FROM` pixels along its longer side, and two copies, each half as large."""
    from PIL.Image import Resampling

    scale = min(1.0, _CROPPED_FROM / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    whole = image.resize(size, Resampling.BILINEAR, reducing_gap=2.0) if size != image.size else image
    return [whole, whole.reduce(2), whole.reduce(4)]


def _distinct(found: list[_Comparison]) -> list[_Comparison]:
    """The surest of each brand and of each place."""
    kept: list[_Comparison] = []
    for each in found:
        if each.present >= _LEAST_PRESENT and not any(
            each.pair.number == other.pair.number
            or max(abs(each.pair.frame.x - other.pair.frame.x), abs(each.pair.frame.y - other.pair.frame.y))
            < 0.5 * other.pair.frame.reach
            for other in kept
        ):
            kept.append(each)
    return kept


def _most_different(differences_EE: Floats) -> tuple[int, int, float]:
    """Left and top of the window with most differences, and their mean in it."""
    sums = np.pad(differences_EE.astype(np.float64), ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    windows = (
        sums[_WINDOW:, _WINDOW:] - sums[:-_WINDOW, _WINDOW:] - sums[_WINDOW:, :-_WINDOW] + sums[:-_WINDOW, :-_WINDOW]
    )
    top, left = np.unravel_index(int(windows.argmax()), windows.shape)
    return int(left), int(top), float(windows[top, left] / _WINDOW**2)


def _extent(ink_MM: Floats) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a true mark's ink in its frame."""
    side = len(ink_MM)
    columns, rows = np.flatnonzero(ink_MM.max(axis=0) > 0.2), np.flatnonzero(ink_MM.max(axis=1) > 0.2)
    return (
        columns[0] * 2 / side - 1,
        rows[0] * 2 / side - 1,
        (columns[-1] + 1) * 2 / side - 1,
        (rows[-1] + 1) * 2 / side - 1,
    )


def _sigmoid(logits: Floats) -> Floats:
    likely: Floats = np.float32(1) / (np.float32(1) + np.exp(-logits))
    return likely
