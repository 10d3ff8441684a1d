"""Makes a bundle: lay the parts into a folder, let the unsealed bundle be evaluated, then seal it.

bundle = lay(folder, parts)                              # answers, but carries no card, no golden answers, no digests
bundle = seal(bundle, card=…, golden=[…])                # from now on `Bundle.load` accepts it and nothing may change
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from trueshelf.listings import Listing
from trueshelf.models.bundle import (
    MARKS,
    Bundle,
    BundleFile,
    assemble,
    image_encoder_file,
    text_encoder_file,
)
from trueshelf.models.golden import answers_of, write_answers, write_listings
from trueshelf.models.manifest import MANIFEST, Manifest, file_digest
from trueshelf.models.precision import Precision
from trueshelf.models.preprocessing import Preprocessing


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything that a bundle is made of.

    Attributes:
        image_encoders: an ONNX graph for each precision that the bundle shall offer.
        text_encoders: the same; where a precision is missing, fp32 serves.
        reader: the networks that find and read writing in photos, where the manifest says that it is read.
        marks: the folder of a mark reader; None leaves the bundle without.
    """

    manifest: Manifest
    preprocessing: Preprocessing
    image_encoders: Mapping[Precision, Path]
    text_encoders: Mapping[Precision, Path]
    tokenizer: Path
    fusion: Path
    reader: tuple[Path, Path] | None = None
    marks: Path | None = None


def lay(folder: Path, parts: Parts, *, threads: int = 1) -> Bundle:
    """Put the parts into an empty folder; the bundle answers, but is not sealed yet."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for precision, path in parts.image_encoders.items():
        shutil.copyfile(path, folder / image_encoder_file(precision))
    for precision, path in parts.text_encoders.items():
        shutil.copyfile(path, folder / text_encoder_file(precision))
    shutil.copyfile(parts.tokenizer, folder / BundleFile.TOKENIZER)
    shutil.copyfile(parts.fusion, folder / BundleFile.FUSION)
    if parts.reader is not None:
        for path, name in zip(parts.reader, (BundleFile.DETECTOR, BundleFile.RECOGNISER), strict=True):
            shutil.copyfile(path, folder / name)
    if parts.marks is not None:
        shutil.copytree(parts.marks, folder / MARKS)
    (folder / BundleFile.TABLES).write_text(parts.preprocessing.tables.to_json(), encoding="utf-8")
    (folder / BundleFile.SCALE).write_text(json.dumps(parts.preprocessing.scale.to_dict()), encoding="utf-8")
    if len(parts.preprocessing.tables.gallery):
        parts.preprocessing.tables.gallery.save(folder / BundleFile.GALLERY)
    np.save(folder / BundleFile.IDF, parts.preprocessing.ngrams.idf, allow_pickle=False)
    return assemble(folder, parts.manifest, precision=Precision.FP32, threads=threads)


def seal(bundle: Bundle, *, card: str, golden: Sequence[Listing]) -> Bundle:
    """Add the card, golden listings with this machine's answers in every precision that is calibrated, and the manifest
    with all digests.

    Raises:
        BundleError: a golden listing has no verdict, or the sealed bundle fails its own test.
    """
    folder = bundle.folder
    (folder / BundleFile.CARD).write_text(card, encoding="utf-8")
    write_listings(folder, golden)
    answers = {}
    for precision in bundle.manifest.judgements:
        unsealed = assemble(folder, bundle.manifest, precision=precision, threads=1)
        answers[precision.value] = answers_of(unsealed.score, golden)
    write_answers(folder, answers)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {path.relative_to(folder).as_posix(): file_digest(path) for path in paths}
    (folder / MANIFEST).write_text(replace(bundle.manifest, files=files).to_json(), encoding="utf-8")
    return Bundle.load(folder)
