"""Perceptual hashes of a dataset's photos (PDQ), computed in several processes.

PDQ: https://github.com/facebook/ThreatExchange/tree/main/pdq. Two encodings of one picture lie within 31 of 256 bits,
whatever their size or compression; unrelated pictures lie around 128.
"""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pdqhash
from PIL import Image

from training.progress import Progress, silent
from trueshelf.listings.images import ImageError, decode

MIN_QUALITY = 50
"""PDQ's measure of detail, 0 to 100; hashes of flatter pictures say nothing."""

_SIDE = 256
_CHUNK = 64


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a photo looks like: its 256 bit hash in four words, and how much detail there was to hash (0 to 100)."""

    words: tuple[int, int, int, int]
    quality: int

    @property
    def usable(self) -> bool:
        return self.quality >= MIN_QUALITY


def fingerprint(image: Image.Image) -> Fingerprint:
    """The perceptual hash of an RGB picture; it is made small first, which is where PDQ spends its time."""
    small = image.copy()
    small.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX, reducing_gap=None)
    bits, quality = pdqhash.compute(np.asarray(small))
    words: npt.NDArray[np.uint64] = np.packbits(np.asarray(bits, dtype=np.uint8)).view(np.uint64)
    return Fingerprint((int(words[0]), int(words[1]), int(words[2]), int(words[3])), int(quality))


def read_fingerprints(
    folder: Path, paths: Sequence[str], *, workers: int | None = None, progress: Progress = silent
) -> dict[str, Fingerprint | str]:
    """The perceptual hash of each photo at `paths`, or what is wrong with it; photos are named by their digest."""
    distinct = sorted(set(paths))
    chunks = [distinct[start : start + _CHUNK] for start in range(0, len(distinct), _CHUNK)]
    workers = workers or os.cpu_count() or 1
    read = partial(_read_all, folder)
    found: dict[str, Fingerprint | str] = {}
    if workers == 1 or len(chunks) < 2 * workers:
        results = map(read, chunks)
        for chunk, result in zip(chunks, results, strict=True):
            found |= dict(zip(chunk, result, strict=True))
            progress("photos hashed", len(found), len(distinct))
        return found
    with ProcessPoolExecutor(workers) as pool:
        for chunk, result in zip(chunks, pool.map(read, chunks), strict=True):
            found |= dict(zip(chunk, result, strict=True))
            progress("photos hashed", len(found), len(distinct))
    return found


def _read_all(folder: Path, paths: Sequence[str]) -> list[Fingerprint | str]:
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
