"""The features of a split's listings on disk: written as listings are looked at, read a batch at a time.

On disk is what is seen and counted in each listing; n-grams are weighted and signals standardised when they are read,
by what has been learned from all listings meanwhile. A photo that several listings show is there once.

Shapes: N listings, U distinct photos, V views of a photo, D image dimensions, T text dimensions, K signals; B listings
of a batch, P photos and L n-grams of each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.examples import Inputs, Rows
from training.mapped import Growing, GrowingRagged, Mapped, Ragged
from trueshelf.models.fusion import FeatureSizes
from trueshelf.models.ngrams import Counted, NgramWeights
from trueshelf.models.perception import Percept
from trueshelf.models.preprocessing import SignalScale

Floats = npt.NDArray[np.float32]


class PhotoFile:
    """The views of distinct photos, [U, V, D]."""

    def __init__(self, path: Path, sizes: FeatureSizes) -> None:
        self._views = Growing(path, np.float32, (sizes.views, sizes.image))
        self._place: dict[bytes, int] = {}

    def places(self, digests: Sequence[str], views_PVD: Floats) -> list[int]:
        """Where the photos of a listing lie; those that are not there yet are written."""
        places = []
        for digest, views_VD in zip(map(bytes.fromhex, digests), views_PVD, strict=True):
            if digest not in self._place:
                self._place[digest] = len(self._views)
                self._views.append(views_VD[None])
            places.append(self._place[digest])
        return places

    def finished(self) -> Mapped:
        return self._views.finished()


@dataclass(frozen=True, slots=True)
class Sighted:
    """One listing as it goes into the files.

    Attributes:
        photos: the digests of its photos.
        counted: its n-grams, those that are kept.
        signals_K: as measured; NaN where there was nothing to measure.
    """

    photos: Sequence[str]
    percept: Percept
    counted: Counted
    signals_K: Floats


class FeatureWriter:
    """The files of one split while they are written."""

    def __init__(self, folder: Path, photos: PhotoFile, sizes: FeatureSizes, *, signals: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._sizes = sizes
        self._photos = photos
        self._places = GrowingRagged(folder / "photos.npy", np.int32)
        self._text = Growing(folder / "text.npy", np.float32, (sizes.text,))
        self._has_text: list[bool] = []
        self._ids = GrowingRagged(folder / "ngram_ids.npy", np.int32)
        self._counts = GrowingRagged(folder / "ngram_counts.npy", np.int16)
        self._signals = Growing(folder / "signals.npy", np.float32, (signals,))

    def add(self, sighted: Sighted) -> None:
        text_T = sighted.percept.text_T
        self._places.append(np.array(self._photos.places(sighted.photos, sighted.percept.views_PVD), dtype=np.int32))
        self._text.append(np.zeros((1, self._sizes.text), dtype=np.float32) if text_T is None else text_T[None])
        self._has_text.append(text_T is not None)
        self._ids.append(sighted.counted.ids)
        self._counts.append(np.minimum(sighted.counted.counts, np.iinfo(np.int16).max))
        self._signals.append(sighted.signals_K[None])

    def finished(self, views: Mapped, ngrams: NgramWeights, scale: SignalScale) -> "FeatureFiles":
        """The files, to be read.

        Args:
            views: those of the photos that were written meanwhile.
        """
        return FeatureFiles(
            self._sizes,
            views,
            self._places.finished(),
            self._text.finished(),
            np.array(self._has_text, dtype=np.bool_),
            self._ids.finished(),
            self._counts.finished(),
            self._signals.finished(),
            ngrams,
            scale,
        )


@dataclass(frozen=True, slots=True)
class FeatureFiles:
    """The features of a split's listings; a `training.examples.FeatureRows`."""

    sizes: FeatureSizes
    views: Mapped
    photos: Ragged
    text: Mapped
    has_text_N: npt.NDArray[np.bool_]
    ngram_ids: Ragged
    ngram_counts: Ragged
    signals: Mapped
    ngrams: NgramWeights
    scale: SignalScale

    def __len__(self) -> int:
        return len(self.has_text_N)

    def batch(self, rows: Rows) -> Inputs:
        """The network's inputs for some listings, in the order asked for: what `collate` makes of their features."""
        rows_B = np.asarray(rows, dtype=np.int64)
        views_BPVD, shown_BP = self._views(rows_B)
        ids_BL, said_BL = self.ngram_ids.padded(rows_B)
        counts_BL, _ = self.ngram_counts.padded(rows_B)
        has_BM = (shown_BP.any(axis=1), self.has_text_N[rows_B], said_BL.any(axis=1), np.ones(len(rows_B)))
        return {
            "views_BPVD": views_BPVD,
            "photo_mask_BP": shown_BP.astype(np.float32),
            "text_BT": self.text.take(rows_B),
            "ngram_ids_BL": ids_BL.astype(np.int64),
            "ngram_weights_BL": self.ngrams.weigh(ids_BL, counts_BL),
            "signals_BK": self.scale(self.signals.take(rows_B)),
            "present_BM": np.stack(has_BM, axis=1).astype(np.float32),
        }

    def _views(self, rows_B: npt.NDArray[np.int64]) -> tuple[Floats, npt.NDArray[np.bool_]]:
        places_BP, shown_BP = self.photos.padded(rows_B)
        views_BPVD = np.zeros((*places_BP.shape, self.sizes.views, self.sizes.image), dtype=np.float32)
        views_BPVD[shown_BP] = self.views.take(places_BP[shown_BP])
        return views_BPVD, shown_BP
