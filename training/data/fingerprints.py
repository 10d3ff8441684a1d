"""Perceptual hashes of a dataset's photos, computed in several processes; see `trueshelf.models.gallery.hashing`."""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from training.progress import Progress, silent
from trueshelf.listings.images import ImageError, decode
from trueshelf.models.gallery import Fingerprint, fingerprint

__all__ = ["Fingerprint", "fingerprint", "read_fingerprints"]

_SIDE = 256
_CHUNK = 64


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
