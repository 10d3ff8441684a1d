"""Perceptual hashes of a dataset's photos, computed in several processes; see `trueshelf.models.gallery.hashing`.

Shapes: U distinct photos, in the order of their keys.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.ahead import ahead
from training.data.keys import Keys, first_of_each, key, keys
from training.data.shown_photos import at
from training.progress import Progress, silent
from trueshelf.listings.images import ImageError, decode
from trueshelf.models.gallery import Fingerprint, fingerprint
from trueshelf.models.gallery.hashing import MIN_QUALITY

__all__ = ["Fingerprint", "Fingerprints", "fingerprint", "read_fingerprints"]

Words = npt.NDArray[np.uint64]

_SIDE = 256
_CHUNK = 64


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """What photos look like, by their paths: some 50 bytes each.

    Attributes:
        words_U4, quality_U: those of `Fingerprint`.
        problem_U: which of `problems` a photo has; -1 for none.
    """

    paths: Keys
    words_U4: Words
    quality_U: npt.NDArray[np.int16]
    problem_U: npt.NDArray[np.int32]
    problems: tuple[str, ...]

    @classmethod
    def none(cls) -> "Fingerprints":
        """Of no photo."""
        return cls(
            Keys.of(()), np.empty((0, 4), np.uint64), np.empty(0, dtype=np.int16), np.empty(0, dtype=np.int32), ()
        )

    def __len__(self) -> int:
        return len(self.paths)

    def get(self, path: str) -> Fingerprint | str | None:
        """A photo's fingerprint, or what is wrong with it; None for a photo that was not asked for."""
        place = self.paths.place(path)
        if place < 0:
            return None
        if self.problem_U[place] >= 0:
            return self.problems[int(self.problem_U[place])]
        first, second, third, fourth = self.words_U4[place].tolist()
        return Fingerprint((first, second, third, fourth), int(self.quality_U[place]))

    def usable(self) -> npt.NDArray[np.bool_]:
        """Which photos can be read and have enough detail to be told, [U]."""
        return (self.problem_U < 0) & (self.quality_U >= MIN_QUALITY)


def read_fingerprints(
    folder: Path, paths: Iterable[str], *, workers: int | None = None, progress: Progress = silent
) -> Fingerprints:
    """The perceptual hash of each photo at `paths`, or what is wrong with it; photos are named by their digest.

    Args:
        paths: gone through twice; one that comes again is read once.
    """
    first_D, _ = first_of_each(keys(paths))
    found, workers = _Found(len(first_D)), workers or os.cpu_count() or 1
    chunks, read = _chunks(at(paths, first_D.tolist())), partial(_read_all, folder)
    if workers == 1 or len(first_D) < 2 * workers * _CHUNK:
        for chunk in chunks:
            found.add(chunk, read(chunk))
            progress("photos hashed", found.count, len(first_D))
        return found.finished()
    with ProcessPoolExecutor(workers) as pool:
        for chunk, result in ahead(lambda chunk: pool.submit(read, chunk), chunks, most=4 * workers):
            found.add(chunk, result)
            progress("photos hashed", found.count, len(first_D))
    return found.finished()


class _Found:
    """Fingerprints as they come."""

    def __init__(self, most: int) -> None:
        self.count = 0
        self._key_U = np.empty(most, dtype=np.uint64)
        self._words_U4 = np.zeros((most, 4), dtype=np.uint64)
        self._quality_U = np.zeros(most, dtype=np.int16)
        self._problem_U = np.full(most, -1, dtype=np.int32)
        self._problems: dict[str, int] = {}

    def add(self, paths: list[str], results: list[Fingerprint | str]) -> None:
        for path, result in zip(paths, results, strict=True):
            self._key_U[self.count] = key(path)
            if isinstance(result, str):
                self._problem_U[self.count] = self._problems.setdefault(result, len(self._problems))
            else:
                self._words_U4[self.count], self._quality_U[self.count] = result.words, result.quality
            self.count += 1

    def finished(self) -> Fingerprints:
        sorted_U, order_U, counts_U = np.unique(self._key_U, return_index=True, return_counts=True)
        return Fingerprints(
            Keys(sorted_U, counts_U),
            self._words_U4[order_U],
            self._quality_U[order_U],
            self._problem_U[order_U],
            tuple(self._problems),
        )


def _chunks(paths: Iterator[str]) -> Iterator[list[str]]:
    while chunk := list(islice(paths, _CHUNK)):
        yield chunk


def _read_all(folder: Path, paths: list[str]) -> list[Fingerprint | str]:
    return [_read(folder / path) for path in paths]


def _read(path: Path) -> Fingerprint | str:
    try:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != path.stem:
            return "is not the photo whose digest is its name"
        return fingerprint(decode(content, shortest=_SIDE).image)
    except FileNotFoundError:
        return "is missing"
    except (ImageError, OSError) as error:
        return f"cannot be read: {error}"
