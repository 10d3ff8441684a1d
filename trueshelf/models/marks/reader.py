"""Reads the marks of a photo: finds them, names them, compares each with the true one, points at what differs.

    reader = MarkReader.open(folder)
    seen = reader.seen(reader(image))

Shapes: R true marks, M side of a mark's canvas, D dimensions of an embedding, E side of a map of differences, F marks
found, X numbers of each.
"""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from trueshelf.models.encoders.runtime import open_session
from trueshelf.models.marks.comparer import Comparer, Comparison, Pair
from trueshelf.models.marks.files import MarkFile
from trueshelf.models.marks.finder import Finder, Place
from trueshelf.models.marks.found import FoundMark, SeenMarks, packed, unpacked
from trueshelf.models.marks.geometry import DIFFERENCE, NAMED
from trueshelf.models.marks.namer import Namer

if TYPE_CHECKING:
    from PIL.Image import Image

Floats = npt.NDArray[np.float32]

_NETWORKS = (MarkFile.FINDER, MarkFile.NAMER, MarkFile.COMPARER)
_TABLES = (MarkFile.REFERENCES, MarkFile.EMBEDDINGS, MarkFile.BRANDS)
_CROPPED_FROM = 576  # pixels along the photo's longer side; finer ones would only cost time
_BRANDS_OF_A_PLACE = 2
_MOST_PAIRS = 5
_MOST_REFINED = 2
_LEAST_PRESENT = 0.5
_WINDOW = 6  # of the map of differences: a quarter of the frame


class MarkReader:
    """A finder, a namer, a comparer and the true marks. It may be called from several threads at once.

    Attributes:
        digest: of everything that its answers depend on.
        brands: by the numbers of the true marks; a brand may have several.
    """

    def __init__(
        self,
        finder: Finder,
        namer: Namer,
        comparer: Comparer,
        references_RMM: Floats,
        brands: tuple[str, ...],
        digest: str,
    ) -> None:
        self._finder = finder
        self._namer = namer
        self._comparer = comparer
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
        references = np.load(folder / MarkFile.REFERENCES, allow_pickle=False).astype(np.float32) / 255
        embeddings = np.load(folder / MarkFile.EMBEDDINGS, allow_pickle=False)
        brands = tuple(json.loads((folder / MarkFile.BRANDS).read_text(encoding="utf-8")))
        return cls.of([session for session, _ in networks], references, embeddings, brands, digest)

    @classmethod
    def of(
        cls,
        networks: list[ort.InferenceSession],
        references_RMM: Floats,
        embeddings_RD: Floats,
        brands: tuple[str, ...],
        digest: str,
    ) -> Self:
        """A reader of the finder, the namer and the comparer, in this order, and of each true mark's brand."""
        finder, namer, comparer = networks
        return cls(
            Finder(finder),
            Namer(namer, embeddings_RD, brands),
            Comparer(comparer, references_RMM),
            references_RMM,
            brands,
            digest,
        )

    def __call__(self, image: "Image") -> Floats:
        """The marks found in an RGB image, as an array [F,X]; `seen` says what it means."""
        levels = _levels(image)
        pairs = self._likeliest(levels, self._finder(levels[0]))
        rough = sorted(self._comparer(levels, pairs), key=lambda each: -each.present)[:_MOST_REFINED]
        found = sorted(self._comparer(levels, [each.exact for each in rough]), key=lambda each: -each.present)
        return packed([(each.pair.number, self._mark(each, levels[0].size)) for each in self._distinct(found)])

    def seen(self, found_FX: Floats) -> SeenMarks:
        """The marks that an array from `__call__` stands for."""
        return unpacked(found_FX, self.brands)

    def _likeliest(self, levels: "list[Image]", places: list[Place]) -> list[Pair]:
        """The pairs of a place and a true mark that are worth a comparison."""
        if not places:
            return []
        crops = np.stack([place.frame.crop(levels, NAMED) for place in places])
        ranked = [
            (likeness, Pair(number, place.frame))
            for place, near in zip(places, self._namer(crops, most=_BRANDS_OF_A_PLACE), strict=True)
            for number, likeness in near
        ]
        return [pair for _, pair in sorted(ranked, key=lambda each: -each[0])[:_MOST_PAIRS]]

    def _distinct(self, found: list[Comparison]) -> list[Comparison]:
        """The surest of each brand and of each place."""
        kept: list[Comparison] = []
        for each in found:
            if each.present >= _LEAST_PRESENT and not any(
                self.brands[each.pair.number] == self.brands[other.pair.number] or _close(each, other) for other in kept
            ):
                kept.append(each)
        return kept

    def _mark(self, found: Comparison, size: tuple[int, int]) -> FoundMark:
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
            found.ways,
        )


def _levels(image: "Image") -> "list[Image]":
    """The image with at most `_CROPPED_FROM` pixels along its longer side, and two copies, each half as large."""
    from PIL.Image import Resampling

    scale = min(1.0, _CROPPED_FROM / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    whole = image.resize(size, Resampling.BILINEAR, reducing_gap=2.0) if size != image.size else image
    return [whole, whole.reduce(2), whole.reduce(4)]


def _close(one: Comparison, other: Comparison) -> bool:
    apart = max(abs(one.pair.frame.x - other.pair.frame.x), abs(one.pair.frame.y - other.pair.frame.y))
    return apart < 0.5 * other.pair.frame.reach


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
