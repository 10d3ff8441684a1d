"""A model bundle in memory: listings in, verdicts out; the same code in evaluation, in batch and behind HTTP.

    bundle = Bundle.load(folder)
    for answer in bundle.predict(listings): …

Shapes: F findings, B rows (a listing, then it without each of them), C cases (all modalities, then all but one), H
heads.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from trueshelf.listings import Head, Listing
from trueshelf.listings.images import ImageLimits
from trueshelf.models.cache import EmbeddingCache, NoCache
from trueshelf.models.encoders import ImageEncoder, TextEncoder
from trueshelf.models.explanation import finding_reasons, log_odds, modality_reasons, ranked
from trueshelf.models.fusion import FeatureSizes, Fusion
from trueshelf.models.gallery import Gallery
from trueshelf.models.golden import self_test
from trueshelf.models.inscriptions import InscriptionReader
from trueshelf.models.judgement import Judgement
from trueshelf.models.manifest import MANIFEST, BundleError, Manifest
from trueshelf.models.marks import MarkReader
from trueshelf.models.ngrams import NgramWeights
from trueshelf.models.notes import Note, NoteCode
from trueshelf.models.perception import Perceiver, Percept
from trueshelf.models.precision import Precision
from trueshelf.models.preprocessing import Prepared, Preprocessing, SignalScale
from trueshelf.models.prevalence import Prevalence
from trueshelf.models.signals import Finding, Tables
from trueshelf.models.verdict import Action, HeadVerdict, ItemError, Reason, Scored, Thresholds, Verdict

Floats = npt.NDArray[np.float32]

_LISTINGS_AT_ONCE = 32


class BundleFile(StrEnum):
    """The files of a bundle that do not depend on the precision."""

    TOKENIZER = "tokenizer.json"
    FUSION = "fusion.onnx"
    TABLES = "tables.json"
    SCALE = "scale.json"
    IDF = "ngram_idf.npy"
    DETECTOR = "text_detector.onnx"
    RECOGNISER = "text_recogniser.onnx"
    GALLERY = "gallery.npz"
    CARD = "card.md"


MARKS = "marks"
"""The folder of the mark reader's files; a bundle may do without."""


def image_encoder_file(precision: Precision) -> str:
    """The image encoder's graph, by its path in the bundle."""
    return f"image_encoder.{precision.value}.onnx"


def text_encoder_file(precision: Precision) -> str:
    """The text encoder's graph; a bundle whose text encoder does not bear int8 has it in fp32 only."""
    return f"text_encoder.{precision.value}.onnx"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A loaded bundle, in one precision. It may be called from several threads at once."""

    manifest: Manifest
    precision: Precision
    folder: Path
    perceiver: Perceiver
    preprocessing: Preprocessing
    fusion: Fusion

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        precision: Precision = Precision.FP32,
        threads: int = 1,
        cache: EmbeddingCache | None = None,
    ) -> "Bundle":
        """Load a bundle, and let it prove itself: every file's digest, then every golden answer.

        Args:
            threads: for each network, and for decoding photos.
            cache: remembers embeddings between calls; the golden listings are scored without it.

        Raises:
            BundleError: a file is missing or altered, an answer is not the one that the bundle gave when it was made,
            or nothing was calibrated for the precision.
        """
        path = folder / MANIFEST
        if not path.is_file():
            raise BundleError(f"{folder} is no model bundle: it holds no {MANIFEST}")
        manifest = Manifest.from_json(path.read_text(encoding="utf-8"))
        manifest.verify(folder)
        manifest.judgement(precision)
        bundle = assemble(folder, manifest, precision=precision, threads=threads)
        self_test(folder, bundle.score, precision=precision.value)
        return bundle if cache is None else bundle.remembering(cache)

    def remembering(self, cache: EmbeddingCache) -> "Bundle":
        """The same bundle with what is seen in photos and texts, and how photos compare, remembered in `cache`."""
        tables = self.preprocessing.tables
        tables = replace(tables, gallery=tables.gallery.remembering(cache))
        return replace(
            self,
            perceiver=replace(self.perceiver, cache=cache),
            preprocessing=replace(self.preprocessing, tables=tables),
        )

    @property
    def judgement(self) -> Judgement:
        """By which this precision's logits are judged, and no other's."""
        return self.manifest.judgement(self.precision)

    @property
    def thresholds(self) -> Mapping[Head, Thresholds]:
        return self.judgement.thresholds

    @property
    def prevalences(self) -> Mapping[Head, Prevalence | None]:
        """The share of "yes" that each head's probabilities are for."""
        return {head: calibrator.prevalence for head, calibrator in self.judgement.calibrators.items()}

    @property
    def card(self) -> str:
        return (self.folder / BundleFile.CARD).read_text(encoding="utf-8")

    def predict(self, listings: Sequence[Listing]) -> list[Verdict | ItemError]:
        """One verdict or error a listing, in order, each with its listing's id."""
        return [answer if isinstance(answer, ItemError) else answer.verdict for answer in self.score(listings)]

    def score(self, listings: Sequence[Listing]) -> list[Scored | ItemError]:
        """Like `predict`, with the logits before calibration."""
        answers: list[Scored | ItemError] = []
        for start in range(0, len(listings), _LISTINGS_AT_ONCE):
            answers += self._score(listings[start : start + _LISTINGS_AT_ONCE])
        return answers

    def _score(self, listings: Sequence[Listing]) -> list[Scored | ItemError]:
        percepts = self.perceiver(listings)
        return [
            percept if isinstance(percept, ItemError) else self._judged(listing, percept)
            for listing, percept in zip(listings, percepts, strict=True)
        ]

    def _judged(self, listing: Listing, percept: Percept) -> Scored:
        """By itself: how many listings go through a network together shows in the last bits of its answers."""
        item = self.preprocessing(listing, percept)
        silenced = [self.preprocessing.without(item, finding.signals) for finding in item.findings]
        logits_BCH, judged = self.fusion.judged([item.features, *silenced])
        notes = tuple(Note(NoteCode.PHOTO_NOT_JUDGED, f"photos[{photo}]") for photo in np.flatnonzero(~judged[0]))
        return self._scored(listing, item, logits_BCH[0], logits_BCH[1:, 0], notes)

    def _scored(
        self, listing: Listing, item: Prepared, logits_CH: Floats, silenced_FH: Floats, notes: tuple[Note, ...]
    ) -> Scored:
        heads: dict[Head, HeadVerdict] = {}
        reasons, logits = [], {}
        judgement = self.judgement
        for place, head in enumerate(Head):
            calibrator, thresholds = judgement.calibrators[head], judgement.thresholds[head].of(listing.category)
            probability = float(calibrator(logits_CH[:1, place])[0])
            action = thresholds.action(probability)
            heads[head] = HeadVerdict(probability, action, thresholds.guarantee.group)
            logits[head] = float(logits_CH[0, place])
            reasons += self._reasons(head, action, item, logits_CH[:, place], silenced_FH[:, place])
        return Scored(Verdict(listing.id, heads, ranked(reasons, heads), notes), logits)

    def _reasons(
        self, head: Head, action: Action, item: Prepared, logits_C: Floats, silenced_F: Floats
    ) -> list[Reason]:
        calibrator = self.judgement.calibrators[head]
        log_odds_C = log_odds(calibrator, logits_C)
        without = log_odds(calibrator, silenced_F).tolist()
        found: list[tuple[Finding, float]] = [
            (finding, float(log_odds_C[0] - each))
            for finding, each in zip(item.findings, without, strict=True)
            if finding.head is head
        ]
        return finding_reasons(found) + modality_reasons(head, action, log_odds_C, item.features.present_M)


def assemble(folder: Path, manifest: Manifest, *, precision: Precision, threads: int) -> Bundle:
    """Open a bundle's parts without any test of them; `Bundle.load` is for everybody else."""
    text_path = folder / text_encoder_file(precision)
    if not text_path.exists():
        text_path = folder / text_encoder_file(Precision.FP32)
    perceiver = Perceiver(
        ImageEncoder.open(folder / image_encoder_file(precision), manifest.image, threads=threads),
        TextEncoder.open(text_path, folder / BundleFile.TOKENIZER, manifest.text, threads=threads),
        manifest.view,
        ImageLimits(),
        NoCache(),
        threads,
        reader=_reader(folder, manifest),
        marks=MarkReader.open(folder / MARKS) if (folder / MARKS).is_dir() else None,
    )
    preprocessing = Preprocessing(
        _tables(folder),
        NgramWeights(manifest.ngrams, np.load(folder / BundleFile.IDF, allow_pickle=False)),
        _signal_scale(folder),
    )
    sizes = FeatureSizes(views=manifest.view.count, image=manifest.image.dim, text=manifest.text.dim)
    fusion = Fusion.open(folder / BundleFile.FUSION, sizes, threads=threads)
    return Bundle(manifest, precision, folder, perceiver, preprocessing, fusion)


def _reader(folder: Path, manifest: Manifest) -> InscriptionReader | None:
    if manifest.reader is None:
        return None
    return InscriptionReader.open(folder / BundleFile.DETECTOR, folder / BundleFile.RECOGNISER, manifest.reader)


def _tables(folder: Path) -> Tables:
    """The tables with the known photos; a bundle may be without any of those."""
    tables = Tables.from_json((folder / BundleFile.TABLES).read_text(encoding="utf-8"))
    gallery = folder / BundleFile.GALLERY
    return replace(tables, gallery=Gallery.load(gallery)) if gallery.exists() else tables


def _signal_scale(folder: Path) -> SignalScale:
    try:
        return SignalScale.from_dict(json.loads((folder / BundleFile.SCALE).read_text(encoding="utf-8")))
    except ValueError as error:
        raise BundleError(f"the bundle in {folder} cannot be used: {error}; train it anew") from error
