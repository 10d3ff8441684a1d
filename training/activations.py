"""What the frozen stages of an image encoder make of photos: computed once, kept on disk, read at random.

Shapes: N photos, O orientations (as it is, mirrored), V views of a photo (the first shows the whole), W close views, S
side of the encoder's input, C channels, H height and X width of a feature map, T entries of a texture, B views.
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
        maps_NOVCHX: what the last stages take of every view.
        textures_NOT: the mean over the close views of their textures; T = 0 where they were not asked for.
    """

    maps_NOVCHX: Maps
    textures_NOT: Floats

    @property
    def whole_NO1CHX(self) -> Maps:
        """Of the photos as a whole."""
        return self.maps_NOVCHX[:, :, :1]

    @property
    def close_NOWCHX(self) -> Maps:
        """Of their close views; of the whole where there are none."""
        return self.maps_NOVCHX[:, :, min(1, self.maps_NOVCHX.shape[2] - 1) :]


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
    """Look at every view of every photo; what is found is in files under `folder` that are mapped into memory.

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
    shapes = ((view.count, *frozen.shape_CHX), (frozen.width,))
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
            for row, pixels_OVCSS in enumerate(seen, first):
                (found_BE,) = session.run([OUTPUT], {PIXELS: pixels_OVCSS.reshape(-1, *pixels_OVCSS.shape[2:])})
                found.maps_NOVCHX[row] = found_BE[:, frozen.width :].reshape(found.maps_NOVCHX.shape[1:])
                if frozen.width:
                    textures_OVT = found_BE[:, : frozen.width].reshape(*pixels_OVCSS.shape[:2], -1)
                    found.textures_NOT[row] = textures_OVT[:, min(1, view.count - 1) :].mean(axis=1)
            for array in found:
                assert isinstance(array, np.memmap)
                array.flush()
            done = first + len(chunk)
            write_state(stem.with_suffix(".json"), {"photos": done})
            progress("look closely at photos", done, len(photos))


def _pixels(photo: Photo, spec: ImageSpec, view: ViewSpec) -> npt.NDArray[np.float32]:
    """The views of a photo as it is and mirrored, [O,V,3,S,S]."""
    image = decode(photo.read(), shortest=view.side(spec.size)).image
    return np.stack([views(seen, spec, view) for seen in (image, ImageOps.mirror(image))])
