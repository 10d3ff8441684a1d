"""The networks that the project carries, together with the brands' true marks: what a bundle has as `marks/`.

Shapes: R true marks, D dimensions of an embedding, S side of a crop, M side of a mark's canvas.
"""

import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from PIL import Image, ImageFilter

from training.marks.icons import brand_icons, drawn, mirrored_brands
from trueshelf.models.encoders.runtime import open_session
from trueshelf.models.marks.files import MarkFile
from trueshelf.models.marks.frame import Frame
from trueshelf.models.marks.geometry import CANVAS, NAMED

WEIGHTS: Final = Path(__file__).parent / "weights"
NETWORKS: Final = (MarkFile.FINDER, MarkFile.NAMER, MarkFile.COMPARER)

_VERSION = 1
"""Raised when what is made of networks and icons changes, so that what older versions kept is made anew."""

_COLOURS = ((20, 235), (235, 20), (90, 170), (170, 90))  # of ink and ground
_TURNS = (-0.2, 0.0, 0.2)

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]


def marks_folder(shared: Path, *, weights: Path = WEIGHTS) -> Path:
    """The folder for this project's brands, put together where it is not there yet.

    Raises:
        FileNotFoundError: a network is missing; `python -m training marks` makes them.
    """
    contents = [(weights / name).read_bytes() for name in NETWORKS]
    facts = json.dumps([_VERSION, brand_icons(), sorted(mirrored_brands())], sort_keys=True).encode()
    folder = shared / "encoders" / f"marks-{hashlib.sha256(b''.join([facts, *contents])).hexdigest()[:12]}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as work:
            made = Path(work) / folder.name
            put_together(made, brand_icons(), mirrored_brands(), weights=weights)
            made.replace(folder)  # in one step: a folder that is there is whole
    return folder


def put_together(folder: Path, icons: dict[str, str], mirrored: frozenset[str], *, weights: Path = WEIGHTS) -> None:
    """Networks, true marks, their embeddings and whose they are, as files in a new folder.

    Args:
        icons: of each brand.
        mirrored: brands whose mark is worn both ways round.
    """
    folder.mkdir()
    for name in NETWORKS:
        shutil.copyfile(weights / name, folder / name)
    references = drawn(list(icons.values()))
    both_ways = [index for index, brand in enumerate(icons) if brand in mirrored]
    references = np.concatenate([references, references[both_ways][..., ::-1]])
    brands = [*icons, *(list(icons)[index] for index in both_ways)]
    namer, _ = open_session(folder / MarkFile.NAMER, threads=1)
    np.save(folder / MarkFile.REFERENCES, references, allow_pickle=False)
    np.save(folder / MarkFile.EMBEDDINGS, embedded(namer, references), allow_pickle=False)
    (folder / MarkFile.BRANDS).write_text(json.dumps(brands, ensure_ascii=False), encoding="utf-8")


def embedded(namer: ort.InferenceSession, references_RMM: Bytes) -> Floats:
    """The middle of each true mark's embeddings, light on dark and dark on light, upright and turned [R,D]."""
    return np.stack([_middle(namer, _views(ink_MM)) for ink_MM in references_RMM])


def _middle(namer: ort.InferenceSession, views_V3SS: Floats) -> Floats:
    [embeddings_VD] = namer.run(None, {"pixels": views_V3SS})
    mean_D: Floats = embeddings_VD.mean(axis=0)
    return mean_D / np.linalg.norm(mean_D)


def _views(ink_MM: Bytes) -> Floats:
    ink = ink_MM[..., None] / 255
    views = []
    for light, dark in _COLOURS:
        flat = (light * ink + dark * (1 - ink)).repeat(3, axis=-1).astype(np.uint8)
        image = Image.fromarray(flat).filter(ImageFilter.GaussianBlur(0.7))
        views += [_turned(image, turn) for turn in _TURNS]
    return np.stack(views)


def _turned(image: Image.Image, turn: float) -> Floats:
    """The ground goes on beyond the canvas."""
    wide = Image.new("RGB", (2 * CANVAS, 2 * CANVAS), image.getpixel((0, 0)))
    wide.paste(image, (CANVAS // 2, CANVAS // 2))
    return Frame(CANVAS, CANVAS, CANVAS / 2, turn).crop([wide], NAMED)
