"""What the frozen lower stages of an image encoder make of photos: computed once, kept on disk, read at random.

Shapes: N photos, O orientations (as it is, mirrored), W close views of a photo, S side of the encoder's input, C
channels, H height and X width of a feature map.
"""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import ImageOps
from torch import nn

from training.progress import Progress
from trueshelf.listings import Photo
from trueshelf.listings.images import decode
from trueshelf.models.encoders import ImageSpec, ViewSpec, views
from trueshelf.models.encoders.export import export_image_encoder
from trueshelf.models.encoders.runtime import OUTPUT, PIXELS, open_session

Maps = npt.NDArray[np.float16]

_PHOTOS_AT_ONCE = 4


def activations(
    trunk: nn.Module,
    spec: ImageSpec,
    view: ViewSpec,
    photos: Sequence[Photo],
    *,
    folder: Path,
    progress: Progress,
) -> Maps:
    """Feature maps [N,O,W,C,H,X] of every close view, in a file under `folder` that is mapped into memory.

    The file is named by what it was computed from, and found again by it. Half precision is enough: what is rounded
    off is a hundredth of what augmentation changes.

    Args:
        trunk: normalised pixels [B,3,S,S] to maps [B,C,H,X]; it runs as an ONNX graph, five times as quick as here.

    Raises:
        ValueError: a photo cannot be decoded.
    """
    folder.mkdir(parents=True, exist_ok=True)
    graph = folder / "trunk.onnx"
    facts = [export_image_encoder(trunk, spec, graph), str(view.to_dict()), *(photo.digest for photo in photos)]
    digest = hashlib.sha256("\n".join(facts).encode()).hexdigest()
    path = folder / f"{digest[:16]}.npy"
    if not path.exists():
        _compute(graph, spec, view, photos, path, progress)
    maps: Maps = np.load(path, mmap_mode="r", allow_pickle=False)
    return maps


def _compute(
    graph: Path, spec: ImageSpec, view: ViewSpec, photos: Sequence[Photo], path: Path, progress: Progress
) -> None:
    threads = os.cpu_count() or 1
    session, _ = open_session(graph, threads=threads)

    def pixels(photo: Photo) -> npt.NDArray[np.float32]:
        image = decode(photo.read(), shortest=view.side(spec.size)).image
        return np.stack([views(seen, spec, view)[1:] for seen in (image, ImageOps.mirror(image))])

    part = path.with_suffix(".part")
    maps: np.memmap[Any, np.dtype[np.float16]] | None = None
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(photos), _PHOTOS_AT_ONCE):
            for row, pixels_OWCSS in enumerate(pool.map(pixels, photos[start : start + _PHOTOS_AT_ONCE]), start):
                (found_NCHX,) = session.run([OUTPUT], {PIXELS: pixels_OWCSS.reshape(-1, *pixels_OWCSS.shape[2:])})
                found = found_NCHX.reshape(*pixels_OWCSS.shape[:2], *found_NCHX.shape[1:])
                if maps is None:
                    maps = np.lib.format.open_memmap(part, "w+", np.float16, (len(photos), *found.shape))
                maps[row] = found
                progress("look closely at photos", row + 1, len(photos))
    if maps is None:
        raise ValueError("there are no photos to fine-tune on")
    maps.flush()
    part.replace(path)
