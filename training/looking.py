"""Looks at every listing of some splits once, writes down what is seen, and learns on the way what needs all listings.

Shapes: K signals.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.data.parts import Part
from training.data.stream import Listings
from training.examples import Examples
from training.feature_files import FeatureWriter, PhotoFile, Sighted
from training.progress import Progress
from trueshelf.listings import Listing, Split
from trueshelf.models.fusion import FeatureSizes
from trueshelf.models.ngrams import Counted, NgramFrequencies, NgramSpec
from trueshelf.models.perception import Perceiver, Percept
from trueshelf.models.preprocessing import Preprocessing, SignalMoments, ngram_fields
from trueshelf.models.signals import SIGNALS, Tables, measure
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
    for split, part in parts.items():
        for listings, percepts in perceived(perceiver, part.listings, progress, split.value):
            signals_NK = np.stack(
                [
                    measure(*pair, tables).values
                    for pair in zip(listings, (each.sights for each in percepts), strict=True)
                ]
            )
            counted = [Counted.of(ngram_fields(listing), spec) for listing in listings]
            if split is Split.TRAIN:
                moments.add(signals_NK)
                for each in counted:
                    frequencies.add(each)
            for listing, percept, ngrams, signals_K in zip(listings, percepts, counted, signals_NK, strict=True):
                digests = [photo.digest for photo in listing.photos]
                writers[split].add(Sighted(digests, percept, ngrams.kept(spec.most), signals_K))
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
    perceiver: Perceiver, listings: Listings, progress: Progress, stage: str
) -> Iterator[tuple[Sequence[Listing], Sequence[Percept]]]:
    """Listings with what is seen in each, some at a time.

    Raises:
        ValueError: a photo cannot be decoded; `dataset check` lists all such photos.
    """
    done = 0
    for chunk in listings.chunks(_LISTINGS_AT_ONCE):
        percepts: list[Percept] = []
        for percept in perceiver(chunk):
            if isinstance(percept, ItemError):
                where = f"listing {percept.listing_id}, {percept.field}"
                raise ValueError(f"{where}: {percept.message}; `dataset check` lists all such photos")
            percepts.append(percept)
        done += len(chunk)
        progress(f"look at {stage} listings", done, len(listings))
        yield chunk, percepts
