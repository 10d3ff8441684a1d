"""What the frozen stages of an image encoder make of photos: computed once, kept on disk, read at random.

A photo's close views are those of its `ViewSpec`; where that has none, the photo as a whole is the only one.

Shapes: N photos, O orientations (as it is, mirrored), W close views of a photo, S side of the encoder's input, C
channels, H height and X width of a feature map, T entries of a texture, B views.
"""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from PIL import ImageOps
from torch import Tensor, nn

from training.branched import Cut
from training.probe import Floats
from training.progress import Progress
from training.state import read_state, write_state
from training.texture import Texture
from trueshelf.listings import Photo
from trueshelf.listings.images import decode
from trueshelf.models.encoders import ImageSpec, ViewSpec, views
from trueshelf.models.encoders.export import export_image_encoder
from trueshelf.models.encoders.runtime import OUTPUT, PIXELS, open_session

Maps = npt.NDArray[np.float16]

_PHOTOS_AT_ONCE = 32


class Activations(NamedTuple):
    """What is kept of photos; half precision rounds off a hundredth of what augmentation changes.

    Attributes:
        maps_NOWCHX: what the last stages take of every close view.
        textures_NOT: the mean over the close views of their textures; T = 0 where they were not asked for.
    """

    maps_NOWCHX: Maps
    textures_NOT: Floats


class Frozen(nn.Module):
    """Normalised pixels [B,3,S,S] to texture and map of each in one row, since a graph has one output."""

    def __init__(self, encoder: Cut, *, textured: bool) -> None:
        super().__init__()
        self.lower = encoder.lower
        self.upper = encoder.upper
        with torch.inference_mode():
            low_BCHX = self.lower(torch.zeros(1, 3, encoder.spec.size, encoder.spec.size))
            self.shape_CHX = tuple(self.upper(low_BCHX).shape[1:])
        self.texture = Texture(low_BCHX.shape[1]) if textured else None

    @property
    def width(self) -> int:
        """T."""
        return 0 if self.texture is None else len(self.texture.rows_T)

    def forward(self, pixels: Tensor) -> Tensor:
        low_BCHX = self.lower(pixels)
        maps_BM = self.upper(low_BCHX).flatten(1)
        return maps_BM if self.texture is None else torch.cat([self.texture(low_BCHX), maps_BM], dim=1)


def activations(
    encoder: Cut, view: ViewSpec, photos: Sequence[Photo], *, textured: bool, folder: Path, progress: Progress
) -> Activations:
    """Look at every close view of every photo; what is found is in files under `folder` that are mapped into memory.

    Files are named by what they were computed from, and found again by it; a computation that was killed goes on. The
    stages run as an ONNX graph, five times as quick as here.

    Raises:
        ValueError: there are no photos, or one cannot be decoded.
    """
    if not photos:
        raise ValueError("there are no photos to fine-tune on")
    folder.mkdir(parents=True, exist_ok=True)
    frozen = Frozen(encoder, textured=textured).eval()
    stem = folder / _digest(frozen, encoder.spec, view, photos)
    shapes = ((close_views(view), *frozen.shape_CHX), (frozen.width,))
    names = (stem.with_suffix(".maps.npy"), stem.with_suffix(".textures.npy"))
    done = int((read_state(stem.with_suffix(".json")) or {"photos": 0})["photos"])
    mode: Literal["r+", "w+"] = "r+" if done else "w+"
    maps, textures = (
        np.lib.format.open_memmap(name, mode, kind, (len(photos), 2, *shape))
        for name, kind, shape in zip(names, (np.float16, np.float32), shapes, strict=True)
    )
    found = Activations(maps, textures)
    if done < len(photos):
        _compute(frozen, encoder.spec, view, photos, found, start=done, stem=stem, progress=progress)
    return found


def close_views(view: ViewSpec) -> int:
    """W."""
    return max(1, view.count - 1)


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
    found: Activations,
    *,
    start: int,
    stem: Path,
    progress: Progress,
) -> None:
    threads = os.cpu_count() or 1
    with TemporaryDirectory() as scratch, ThreadPoolExecutor(threads) as pool:
        graph = Path(scratch) / "frozen.onnx"
        export_image_encoder(frozen, spec, graph)
        session, _ = open_session(graph, threads=threads)
        for first in range(start, len(photos), _PHOTOS_AT_ONCE):
            chunk = photos[first : first + _PHOTOS_AT_ONCE]
            seen = pool.map(lambda photo: _pixels(photo, spec, view), chunk)
            for row, pixels_OWCSS in enumerate(seen, first):
                (found_BE,) = session.run([OUTPUT], {PIXELS: pixels_OWCSS.reshape(-1, *pixels_OWCSS.shape[2:])})
                found.maps_NOWCHX[row] = found_BE[:, frozen.width :].reshape(found.maps_NOWCHX.shape[1:])
                if frozen.width:
                    textures_OWT = found_BE[:, : frozen.width].reshape(*pixels_OWCSS.shape[:2], -1)
                    found.textures_NOT[row] = textures_OWT.mean(axis=1)
            for array in found:
                assert isinstance(array, np.memmap)
                array.flush()
            done = first + len(chunk)
            write_state(stem.with_suffix(".json"), {"photos": done})
            progress("look closely at photos", done, len(photos))


def _pixels(photo: Photo, spec: ImageSpec, view: ViewSpec) -> npt.NDArray[np.float32]:
    """The close views of a photo as it is and mirrored, [O,W,3,S,S]."""
    image = decode(photo.read(), shortest=view.side(spec.size)).image
    return np.stack([views(seen, spec, view)[-close_views(view) :] for seen in (image, ImageOps.mirror(image))])
