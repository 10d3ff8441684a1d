"""Looks once at every listing of some splits, writes down what is seen, and learns what needs all listings."""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from training.abreast import one_product_each
from training.ahead import ahead
from training.data.parts import Part
from training.data.stream import Listings, chunks
from training.examples import Examples
from training.feature_files import FeatureWriter, PhotoFile, Sighted
from training.progress import Progress
from training.surveying import surveyor
from trueshelf.listings import Listing, Split
from trueshelf.models.fusion import FeatureSizes
from trueshelf.models.ngrams import NgramFrequencies, NgramSpec
from trueshelf.models.perception import Perceiver, Percept
from trueshelf.models.preprocessing import Preprocessing, SignalMoments
from trueshelf.models.signals import SIGNALS, Tables
from trueshelf.models.verdict import ItemError

_LISTINGS_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class LookedAt:
    """What came of it.

    Attributes:
        preprocessing: fitted on the training split.
        examples: of every split that was looked at.
    """

    preprocessing: Preprocessing
    examples: Mapping[Split, Examples]


def look_at(
    parts: Mapping[Split, Part], perceiver: Perceiver, tables: Tables, *, work: Path, progress: Progress
) -> LookedAt:
    """Look at all listings of some splits, the training split among them.

    Args:
        tables: fitted on the training split.
        work: where the files of features go; what was there is overwritten.

    Raises:
        ValueError: a photo cannot be decoded; `dataset check` lists all such photos.
    """
    work.mkdir(parents=True, exist_ok=True)
    spec = NgramSpec()
    sizes = FeatureSizes(
        views=perceiver.view.count, image=perceiver.image_encoder.spec.dim, text=perceiver.text_encoder.spec.dim
    )
    photos = PhotoFile(work / "views.npy", sizes)
    writers = {split: FeatureWriter(work / split.value, photos, sizes, signals=len(SIGNALS)) for split in parts}
    frequencies, moments = NgramFrequencies(spec), SignalMoments(len(SIGNALS))
    everything = sum(len(part.listings) for part in parts.values())
    with surveyor(tables, spec, listings=everything, processes=os.cpu_count() or 1) as surveyed:
        for split, part in parts.items():
            for seen, survey in surveyed(perceived(perceiver, part.listings, progress, split.value)):
                if split is Split.TRAIN:
                    moments.add(survey.signals_NK)
                    for each in survey.counted:
                        frequencies.add(each)
                for listing, percept, counted, signals_K in zip(*seen, survey.counted, survey.signals_NK, strict=True):
                    digests = [photo.digest for photo in listing.photos]
                    writers[split].add(Sighted(digests, percept, counted.kept(spec.most), signals_K))
    preprocessing = Preprocessing(tables, frequencies.weights(), moments.scale())
    views = photos.finished()
    return LookedAt(
        preprocessing,
        {
            split: Examples(writers[split].finished(views, preprocessing.ngrams, preprocessing.scale), part.answers_NH)
            for split, part in parts.items()
        },
    )


def perceived(
    perceiver: Perceiver, listings: Listings | Sequence[Listing], progress: Progress, stage: str
) -> Iterator[tuple[Sequence[Listing], Sequence[Percept]]]:
    """Listings with what is seen in each, some at a time.

    As many blocks are looked at side by side as there are processors, each best on one thread: while one is decoded,
    another is encoded.

    Raises:
        ValueError: a photo cannot be decoded; `dataset check` lists all such photos.
    """
    done, at_once = 0, os.cpu_count() or 1
    with one_product_each(), ThreadPoolExecutor(at_once) as pool:
        blocks = chunks(listings, _LISTINGS_AT_ONCE)
        for chunk, percepts in ahead(lambda chunk: pool.submit(perceiver, chunk), blocks, most=at_once + 1):
            done += len(chunk)
            progress(f"look at {stage} listings", done, len(listings))
            yield chunk, [_sound(percept) for percept in percepts]


def _sound(percept: Percept | ItemError) -> Percept:
    if isinstance(percept, ItemError):
        where = f"listing {percept.listing_id}, {percept.field}"
        raise ValueError(f"{where}: {percept.message}; `dataset check` lists all such photos")
    return percept
