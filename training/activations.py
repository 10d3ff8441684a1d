"""What the frozen stages of an image encoder make of photos: computed once, kept on disk, read at random.

Shapes: N photos, O orientations (as it is, mirrored), W close views of a photo, S side of the encoder's input, C
channels, H height and X width of a feature map, T entries of a texture, B views.
"""

import hashlib
import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from PIL import ImageOps
from torch import Tensor, nn

from training.branched import Cut
from training.probe import Floats
from training.progress import Progress
from training.texture import Texture
from trueshelf.listings import Photo
from trueshelf.listings.images import decode
from trueshelf.models.encoders import ImageSpec, ViewSpec, views
from trueshelf.models.encoders.export import export_image_encoder
from trueshelf.models.encoders.runtime import OUTPUT, PIXELS, open_session

Maps = npt.NDArray[np.float16]

_PHOTOS_AT_ONCE = 4


class Activations(NamedTuple):
    """What is kept of photos; half precision rounds off a hundredth of what augmentation changes.

    Attributes:
        maps_NOWCHX: what the last stages take of every close view.
        textures_NOT: the mean over the close views of their textures.
    """

    maps_NOWCHX: Maps
    textures_NOT: Floats


class Frozen(nn.Module):
    """Normalised pixels [B,3,S,S] to texture and map of each in one row, since a graph has one output."""

    def __init__(self, encoder: Cut) -> None:
        super().__init__()
        self.lower = encoder.lower
        self.upper = encoder.upper
        with torch.inference_mode():
            low_BCHX = self.lower(torch.zeros(1, 3, encoder.spec.size, encoder.spec.size))
            self.shape_CHX = tuple(self.upper(low_BCHX).shape[1:])
        self.texture = Texture(low_BCHX.shape[1])

    def forward(self, pixels: Tensor) -> Tensor:
        low_BCHX = self.lower(pixels)
        return torch.cat([self.texture(low_BCHX), self.upper(low_BCHX).flatten(1)], dim=1)


def activations(
    encoder: Cut, view: ViewSpec, photos: Sequence[Photo], *, folder: Path, progress: Progress
) -> Activations:
    """Look at every close view of every photo; maps are in a file under `folder` that is mapped into memory.

    Files are named by what they were computed from, and found again by it. The stages run as an ONNX graph, five times
    as quick as here.

    Raises:
        ValueError: there are no photos, or one cannot be decoded.
    """
    if not photos:
        raise ValueError("there are no photos to fine-tune on")
    folder.mkdir(parents=True, exist_ok=True)
    frozen = Frozen(encoder).eval()
    stem = folder / _digest(frozen, encoder.spec, view, photos)
    maps, textures = stem.with_suffix(".maps.npy"), stem.with_suffix(".textures.npy")
    if not textures.exists():
        _compute(frozen, encoder.spec, view, photos, maps, textures, progress)
    return Activations(np.load(maps, mmap_mode="r", allow_pickle=False), np.load(textures, allow_pickle=False))


def _digest(frozen: Frozen, spec: ImageSpec, view: ViewSpec, photos: Sequence[Photo]) -> str:
    """Of weights, input, views and photos."""
    facts = [str(frozen), str(spec.to_dict()), str(view.to_dict()), *(photo.digest for photo in photos)]
    digest = hashlib.sha256("\n".join(facts).encode())
    for tensor in frozen.state_dict().values():
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()[:16]


def _compute(
    frozen: Frozen,
    spec: ImageSpec,
    view: ViewSpec,
    photos: Sequence[Photo],
    maps: Path,
    textures: Path,
    progress: Progress,
) -> None:
    threads = os.cpu_count() or 1
    graph, size = maps.with_suffix(".onnx"), math.prod(frozen.shape_CHX)
    export_image_encoder(frozen, spec, graph)
    session, _ = open_session(graph, threads=threads)

    def pixels(photo: Photo) -> npt.NDArray[np.float32]:
        image = decode(photo.read(), shortest=view.side(spec.size)).image
        return np.stack([views(seen, spec, view)[1:] for seen in (image, ImageOps.mirror(image))])

    maps_NOWCHX = np.lib.format.open_memmap(maps, "w+", np.float16, (len(photos), 2, view.count - 1, *frozen.shape_CHX))
    textures_NOT = []
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(photos), _PHOTOS_AT_ONCE):
            for row, pixels_OWCSS in enumerate(pool.map(pixels, photos[start : start + _PHOTOS_AT_ONCE]), start):
                (found_BE,) = session.run([OUTPUT], {PIXELS: pixels_OWCSS.reshape(-1, *pixels_OWCSS.shape[2:])})
                maps_NOWCHX[row] = found_BE[:, -size:].reshape(maps_NOWCHX.shape[1:])
                textures_NOT.append(found_BE[:, :-size].reshape(*pixels_OWCSS.shape[:2], -1).mean(axis=1))
                progress("look closely at photos", row + 1, len(photos))
    maps_NOWCHX.flush()
    # Written last and in one step: where it is, the maps are whole.
    part = textures.with_suffix(".part")
    with part.open("wb") as file:
        np.save(file, np.stack(textures_NOT), allow_pickle=False)
    part.replace(textures)
    graph.unlink()
