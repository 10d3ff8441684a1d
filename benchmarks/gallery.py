"""How surely a photo is found again after what thieves do to it, how often another is taken for it, and how quickly.

python -m benchmarks.gallery --photos DIR [--json] [--quick]

DIR holds photos of different things. Each is known by its own seller; some are asked for after each change (found:
recall), and all are asked for with their own seller left out (anything found is false, unless DIR holds a picture
twice). Then galleries of invented numbers are searched, for the time only.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from training.encoders import image_graph
from trueshelf.listings.images import decode
from trueshelf.models.encoders import ImageEncoder, ViewSpec, views
from trueshelf.models.gallery import Entry, Gallery, Imprint, Kind
from trueshelf.models.gallery.imprint import SIDE, Floats
from trueshelf.models.gallery.projection import Projection, unit

Change = Callable[[Image.Image, np.random.Generator], Image.Image]


def _cropped(share: float) -> Change:
    def change(image: Image.Image, rng: np.random.Generator) -> Image.Image:
        left, top = (int(side * share * rng.random()) for side in image.size)
        width, height = (int(side * (1 - share)) for side in image.size)
        return image.crop((left, top, left + width, top + height))

    return change


def _mirrored(image: Image.Image, _rng: np.random.Generator) -> Image.Image:
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def _mirrored_and_cropped(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    return _mirrored(_cropped(0.2)(image, rng), rng)


def _halved(image: Image.Image, _rng: np.random.Generator) -> Image.Image:
    return image.resize((image.width // 2, image.height // 2))


def _saved_badly(image: Image.Image, _rng: np.random.Generator) -> Image.Image:
    return _saved(image, 25)


def _screenshot(image: Image.Image, _rng: np.random.Generator) -> Image.Image:
    framed = Image.new("RGB", (image.width, round(image.height * 1.2)), (24, 24, 28))
    framed.paste(image, (0, round(image.height * 0.1)))
    return framed


def _marked(image: Image.Image, _rng: np.random.Generator) -> Image.Image:
    image = image.copy()
    place, size = (image.width // 6, image.height // 2), image.width // 14
    ImageDraw.Draw(image).text(place, "@shop 1234", fill="white", font_size=size)
    return image


CHANGES: Mapping[str, Change] = {
    "cropped by 5 %": _cropped(0.05),
    "cropped by 10 %": _cropped(0.1),
    "cropped by 20 %": _cropped(0.2),
    "cropped by 30 %": _cropped(0.3),
    "mirrored": _mirrored,
    "mirrored, cropped by 20 %": _mirrored_and_cropped,
    "half the size": _halved,
    "JPEG quality 25": _saved_badly,
    "screenshot with bars": _screenshot,
    "small watermark": _marked,
}


def main() -> None:
    """Measure, and print the figures or one object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, help="a folder of photos of different things")
    parser.add_argument("--quick", action="store_true", help="300 photos and 30 queries of each kind")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    arguments = parser.parse_args()
    shared = Path(os.environ.get("TRUESHELF_DATA", ".")) / ".trueshelf"
    found = measure(arguments.photos, shared, quick=arguments.quick)
    table = "\n".join(f"{name:40} {value}" for name, value in found.items())
    sys.stdout.write((json.dumps(found) if arguments.json else table) + "\n")


def measure(folder: Path, shared: Path, *, quick: bool) -> dict[str, Any]:
    """Recall by change, false matches, and milliseconds."""
    rng = np.random.default_rng(0)
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png", ".webp"})
    chosen = rng.permutation(len(paths))[: 300 if quick else 2000]
    pictures = [decode(paths[number].read_bytes(), shortest=512).image for number in chosen]
    graph = image_graph("efficientnet-lite0", shared)
    encoder = ImageEncoder.open(graph.path, graph.spec, threads=1)
    embeddings = [_embedded(encoder, picture) for picture in pictures]
    imprints = [Imprint.of(picture) for picture in pictures]
    entries = [Entry(kind=Kind.FAKE, name=str(number), group=number) for number in range(len(pictures))]
    gallery = Gallery.of(entries, imprints, np.stack(embeddings), owners={})
    asked = range(30 if quick else 200)
    report: dict[str, Any] = {"known photos": len(gallery)}
    for name, change in CHANGES.items():
        changed = [_saved(change(pictures[number], rng), 80) for number in asked]
        report[f"found: {name}"] = float(
            np.mean([_names(gallery, encoder, picture)[:1] == [str(number)] for number, picture in enumerate(changed)])
        )
    started = time.perf_counter()
    false = [
        (entry.name, match.entry.name, round(match.likeness, 3))
        for entry, imprint, embedding in zip(entries, imprints, embeddings, strict=True)
        for match in gallery.find(imprint, embedding, but=entry.group)
    ]
    report["milliseconds a photo without a match"] = 1e3 * (time.perf_counter() - started) / len(entries)
    report["matches of other photos"] = [
        (paths[chosen[int(one)]].name, paths[chosen[int(other)]].name, likeness) for one, other, likeness in false
    ]
    for count in (10_000, 100_000) if quick else (10_000, 100_000, 1_000_000):
        report[f"milliseconds to propose among {count:,}"] = _proposing(count, imprints[0], embeddings[0])
    return report


def _names(gallery: Gallery, encoder: ImageEncoder, picture: Image.Image) -> list[str]:
    matches = gallery.find(Imprint.of(picture), _embedded(encoder, picture), but=None)
    return [match.entry.name for match in matches]


def _embedded(encoder: ImageEncoder, picture: Image.Image) -> Floats:
    embedding_D: Floats = encoder.encode(views(picture, encoder.spec, ViewSpec(0)))[0]
    return embedding_D


def _proposing(count: int, imprint: Imprint, embedding_D: Floats) -> float:
    """The milliseconds of a search that verifies nothing, among random hashes and vectors."""
    rng = np.random.default_rng(0)
    axes_DE = rng.standard_normal((len(embedding_D), 128), dtype=np.float32)
    gallery = Gallery(
        entries=(Entry(kind=Kind.FAKE, name="any", group=0),) * count,
        hashes_N4=rng.integers(0, 2**63, (count, 4), dtype=np.uint64),
        qualities_N=np.full(count, 100),
        greys_NFF=np.zeros((1, SIDE, SIDE), dtype=np.uint8),
        sizes_N2=np.full((count, 2), SIDE),
        groups_N=np.zeros(count, dtype=np.int64),
        embeddings_NE=unit(rng.standard_normal((count, 128), dtype=np.float32)),
        projection=Projection(np.zeros(len(embedding_D), dtype=np.float32), axes_DE),
    )
    started = time.perf_counter()
    for _ in range(5):
        gallery.find(imprint, embedding_D, but=1)
    return 1e3 * (time.perf_counter() - started) / 5


def _saved(image: Image.Image, quality: int) -> Image.Image:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return Image.open(BytesIO(out.getvalue())).convert("RGB")


if __name__ == "__main__":
    main()
