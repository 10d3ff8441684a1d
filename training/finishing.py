"""From fitted networks to a sealed bundle: export, calibrate, set thresholds, quantise, evaluate, write the card, seal.

Shapes: N listings, H heads.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.data.parts import UNKNOWN, Part
from training.data.prevalence import field_weights
from training.data.stream import Listings
from training.encoders import ImageGraph, TextGraph, kept_beside
from training.examples import Examples
from training.fusion_graph import export_fusion
from training.looking import perceived
from training.progress import Progress
from training.readers import ReaderGraphs
from trueshelf.listings import Head, Listing, Photo
from trueshelf.listings.images import decode
from trueshelf.models.bundle import Bundle, assemble
from trueshelf.models.cache import EmbeddingCache
from trueshelf.models.calibration import Calibrator
from trueshelf.models.encoders import ImageSpec, ViewSpec, views
from trueshelf.models.encoders.quantise import quantise_image_encoder, quantise_text_encoder
from trueshelf.models.familiarity import Familiarity
from trueshelf.models.fusion import FeatureSizes, Fusion
from trueshelf.models.judgement import Judgement
from trueshelf.models.manifest import Manifest
from trueshelf.models.network import Fusing
from trueshelf.models.packing import Parts, lay
from trueshelf.models.perception import encoded_text
from trueshelf.models.precision import Precision
from trueshelf.models.preprocessing import Preprocessing
from trueshelf.models.thresholds import fit_thresholds
from trueshelf.models.verdict import Guarantee, Thresholds

Floats = npt.NDArray[np.float32]

SAMPLE = 256
"""Training listings that the int8 graphs are scaled by."""

_QUANTISATION_PHOTOS = 16
_GOLDEN_OF_A_KIND = 2
_LISTINGS_AT_ONCE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What automatic action may cost, and how much people can review.

    Attributes:
        alpha: the highest tolerated rate of automatic action on listings that do not deserve it.
        confidence: with which that must hold.
        review_capacity: the share of all listings that people can look at.
        by_category: whether that holds in each category with enough sellers, or over all listings together only.
    """

    alpha: float
    confidence: float
    review_capacity: float
    by_category: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """What a recipe has trained.

    Attributes:
        networks: one or more members, whose logits are averaged.
        calibration: the calibration split, embedded.
        listings: those of the calibration split, which int8 encoders look at once more.
        behind: who stands behind each calibration listing: its operator, or else its shop; None where neither is known.
        categories: of the calibration listings.
        sample: training listings, `SAMPLE` of them at most, by whose photos and texts the int8 graphs are scaled;
            without texts, fp32 reads them.
        made: where the model comes from, for the manifest.
        prevalence: the share of "yes" in the field, of heads for which it was stated.
        int8: whether the bundle offers int8 encoders beside fp32.
        reader: what writing in photos was read with; None where it was not read.
        marks: the folder of a mark reader; None where there is none.
        familiarity: which photos are like those of training; None where all are judged by their looks.
    """

    networks: Sequence[Fusing]
    preprocessing: Preprocessing
    image: ImageGraph
    text: TextGraph
    view: ViewSpec
    calibration: Examples
    listings: Listings
    behind: Sequence[str | None]
    categories: Sequence[str | None]
    sample: Sequence[Listing]
    promise: Promise
    made: Mapping[str, Any]
    prevalence: Mapping[Head, float] = field(default_factory=dict)
    int8: bool = True
    reader: ReaderGraphs | None = None
    marks: Path | None = None
    familiarity: Familiarity | None = None


def assembled(fitted: Fitted, run: Path, *, cache: EmbeddingCache, threads: int, progress: Progress) -> Bundle:
    """An unsealed bundle in `run`/bundle, in fp32: calibrated, with thresholds, in every precision that it offers.

    Args:
        cache: what int8 encoders see of the calibration split is remembered here.
    """
    progress("export and calibrate", 0, 1)
    sizes = FeatureSizes(views=fitted.view.count, image=fitted.image.spec.dim, text=fitted.text.spec.dim)
    fusion = run / "fusion.onnx"
    export_fusion(fitted.networks, sizes, fusion, familiarity=fitted.familiarity)
    logits_NH = _logits(Fusion.open(fusion, sizes, threads=threads), fitted.calibration)
    manifest = Manifest(
        name="listing-risk",
        image=fitted.image.spec,
        view=fitted.view,
        text=fitted.text.spec,
        ngrams=fitted.preprocessing.ngrams.spec,
        judgements={Precision.FP32: judgement(logits_NH, fitted)},
        reader=fitted.reader.spec if fitted.reader else None,
        made=fitted.made,
    )
    images, texts = {Precision.FP32: fitted.image.path}, {Precision.FP32: fitted.text.path}
    if fitted.int8:
        images |= _image_in_int8(fitted)
        texts |= _text_in_int8(fitted)
    parts = Parts(
        manifest=manifest,
        preprocessing=fitted.preprocessing,
        image_encoders=images,
        text_encoders=texts,
        tokenizer=fitted.text.tokenizer,
        fusion=fusion,
        reader=(fitted.reader.detector, fitted.reader.recogniser) if fitted.reader else None,
        marks=fitted.marks,
    )
    bundle = lay(run / "bundle", parts, threads=threads)
    progress("export and calibrate", 1, 1)
    return _calibrated_in_int8(bundle, fitted, cache, progress) if fitted.int8 else bundle


def judgement(logits_NH: Floats, fitted: Fitted) -> Judgement:
    """Calibrators and thresholds for what one precision says of the calibration split."""
    calibrators, thresholds = {}, {}
    for place, head in enumerate(Head):
        answers_N, prevalence = fitted.calibration.answers_NH[:, place], fitted.prevalence.get(head)
        calibrators[head] = calibrated(logits_NH[:, place], answers_N, prevalence)
        thresholds[head] = head_thresholds(
            calibrators[head](logits_NH[:, place]),
            answers_N,
            fitted.behind,
            fitted.promise,
            categories=fitted.categories,
            prevalence=prevalence,
        )
    return Judgement(calibrators, thresholds)


def _image_in_int8(fitted: Fitted) -> dict[Precision, Path]:
    def quantise(path: Path) -> None:
        photos = [photo for listing in fitted.sample for photo in listing.photos]
        quantise_image_encoder(fitted.image.path, path, _pixels(photos, fitted.image.spec, fitted.view))

    return {Precision.INT8: _int8_of(fitted.image.path, fitted, quantise)}


def _text_in_int8(fitted: Fitted) -> dict[Precision, Path]:
    """Nothing without texts to scale it by: fp32 then reads them in either precision."""
    texts = [text for listing in fitted.sample if (text := encoded_text(listing))]
    if not texts:
        return {}

    def quantise(path: Path) -> None:
        quantise_text_encoder(fitted.text.path, path, fitted.text.tokenizer, fitted.text.spec, texts)

    return {Precision.INT8: _int8_of(fitted.text.path, fitted, quantise)}


def _int8_of(fp32: Path, fitted: Fitted, quantise: Callable[[Path], None]) -> Path:
    """That of the same dataset as it was before, if there is one: all that was embedded with it is remembered."""
    return kept_beside(fp32, "int8", f"{fitted.made['dataset']} {len(fitted.sample)}", quantise)


def _calibrated_in_int8(bundle: Bundle, fitted: Fitted, cache: EmbeddingCache, progress: Progress) -> Bundle:
    """The same bundle with a judgement of int8's own logits, which its own code makes as it will in serving."""
    int8 = assemble(bundle.folder, bundle.manifest, precision=Precision.INT8, threads=1).remembering(cache)
    logits_NH = np.concatenate(
        [
            int8.fusion([int8.preprocessing(*pair).features for pair in zip(listings, percepts, strict=True)])[:, 0]
            for listings, percepts in perceived(int8.perceiver, fitted.listings, progress, "calibration (int8)")
        ]
    )
    judgements = {**bundle.manifest.judgements, Precision.INT8: judgement(logits_NH, fitted)}
    return replace(bundle, manifest=replace(bundle.manifest, judgements=judgements))


def _logits(fusion: Fusion, examples: Examples) -> Floats:
    """The logits [N, H] with all evidence."""
    return np.concatenate([fusion.answer(inputs)[:, 0] for inputs in examples.batches(_LISTINGS_AT_ONCE)])


def golden_listings(part: Part) -> list[Listing]:
    """A few listings of every kind of answer, with and without photos and text; photos that cannot be decoded never
    get here."""
    chosen: dict[str, Listing] = {}
    for place in range(len(Head)):
        for answer in (1, 0):
            rows = np.flatnonzero(part.answers_NH[:, place] == answer)[:_GOLDEN_OF_A_KIND]
            chosen |= {listing.id: listing for listing in part.listings.take(rows)}
    for listing in list(chosen.values())[:1]:
        chosen["without-photos"] = replace(listing, id="without-photos", photos=())
        chosen["without-text"] = replace(
            listing, id="without-text", title="", description="", brand=None, attributes={}
        )
    return list(chosen.values())


def calibrated(logits_N: Floats, answers_N: npt.NDArray[np.int64], prevalence: float | None = None) -> Calibrator:
    """Fitted to the calibration split; then moved to the prevalence of the field, where one is stated."""
    known_N = answers_N != UNKNOWN
    calibrator = Calibrator.fit(logits_N[known_N], answers_N[known_N] == 1)
    return calibrator if prevalence is None else calibrator.at_prevalence(prevalence)


def head_thresholds(
    probabilities_N: npt.NDArray[np.floating[Any]],
    answers_N: npt.NDArray[np.int64],
    behind: Sequence[str | None],
    promise: Promise,
    *,
    categories: Sequence[str | None],
    prevalence: float | None = None,
) -> Thresholds:
    """One head's thresholds from the calibration split; a head that was not taught both answers stays silent.

    Args:
        prevalence: at which the probabilities are right and of which people review a share; None for the split's own.
    """
    no_N = answers_N == 0
    if not no_N.any() or not (answers_N == 1).any():
        return _silent(int(no_N.sum()), promise)
    return fit_thresholds(
        probabilities_N[no_N],
        probabilities_N,
        alpha=promise.alpha,
        confidence=promise.confidence,
        review_capacity=promise.review_capacity,
        groups=_where(no_N, behind),
        categories=([each for each, no in zip(categories, no_N, strict=True) if no], categories)
        if promise.by_category
        else None,
        weights=None if prevalence is None else field_weights(answers_N, probabilities_N, prevalence),
    )


def _where(chosen_N: npt.NDArray[np.bool_], values: Sequence[str | None]) -> list[str | None]:
    return [value for value, chosen in zip(values, chosen_N, strict=True) if chosen]


def _silent(no: int, promise: Promise) -> Thresholds:
    """Never act and never ask for a review: what a head says that was not taught both answers means nothing."""
    why_not = 'no action and no review: the labels do not have both "yes" and "no" to learn from and to calibrate by'
    return Thresholds(review=1.0, act=None, guarantee=Guarantee(promise.alpha, promise.confidence, no, why_not=why_not))


def _pixels(photos: Sequence[Photo], spec: ImageSpec, view: ViewSpec) -> Floats:
    """Views [N, 3, S, S] of a spread of photos; noise where there are none, since the graph must be scaled by
    something."""
    step = max(1, len(photos) // _QUANTISATION_PHOTOS)
    seen = [views(decode(photo.read()).image, spec, view) for photo in photos[::step][:_QUANTISATION_PHOTOS]]
    if not seen:
        return np.random.default_rng(0).standard_normal((8, 3, spec.size, spec.size), dtype=np.float32)
    return np.concatenate(seen)
