"""What is learned before the network: brand and price tables, n-gram weights, the signals' scale.

It is a value saved beside the weights; training and serving run the same code on it.

Shapes: K signals.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from trueshelf.listings import Listing
from trueshelf.listings.text import LONGEST_DESCRIPTION, LONGEST_TITLE, cut, normalise
from trueshelf.models.fusion import Features
from trueshelf.models.ngrams import NgramWeights
from trueshelf.models.perception import Percept
from trueshelf.models.signals import SIGNALS, Finding, Readings, Tables, measure

Floats = npt.NDArray[np.float32]

_FURTHEST = 4.0
_UNLEARNED = 1e9


@dataclass(frozen=True, slots=True)
class SignalScale:
    """A signal's centre and spread on training listings, by which it is standardised and then cut at ±4."""

    centre_K: Floats
    spread_K: Floats

    def __call__(self, values_K: Floats) -> Floats:
        """The standardised signals, then a flag for each that says that it could not be measured: [2 K]; so for
        several listings at once, [N, K] to [N, 2 K]."""
        unknown_K = np.isnan(values_K)
        scaled_K = np.clip((values_K - self.centre_K) / self.spread_K, -_FURTHEST, _FURTHEST)
        return np.concatenate([np.where(unknown_K, 0, scaled_K), unknown_K], axis=-1).astype(np.float32)

    def to_dict(self) -> dict[str, list[Any]]:
        return {"signals": list(_POSITION), "centre": self.centre_K.tolist(), "spread": self.spread_K.tolist()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "SignalScale":
        """The inverse of `to_dict`.

        Raises:
            ValueError: the scale is of other signals than this version of Trueshelf measures.
        """
        theirs, ours = list(data.get("signals", ())), list(_POSITION)
        if theirs != ours:
            extra, lacking = (
                sorted(set(first) - set(second))[:5] for first, second in ((theirs, ours), (ours, theirs))
            )
            raise ValueError(
                "it was made with other signals than this version of Trueshelf measures: "
                f"it has {extra or 'none'} besides, and lacks {lacking or 'none, but in another order'}"
            )
        return cls(np.array(data["centre"], dtype=np.float32), np.array(data["spread"], dtype=np.float32))


class SignalMoments:
    """Mean and squares of what could be measured, gathered a block of listings at a time.

    Blocks are joined as in Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample
    variances" (1979), which loses nothing where the mean is large.
    """

    def __init__(self, signals: int) -> None:
        self._count_K = np.zeros(signals, dtype=np.int64)
        self._mean_K = np.zeros(signals)
        self._squares_K = np.zeros(signals)

    def add(self, values_NK: Floats) -> None:
        known_NK = ~np.isnan(values_NK)
        count_K = known_NK.sum(axis=0)
        mean_K = np.where(known_NK, values_NK, 0).sum(axis=0, dtype=np.float64) / np.maximum(count_K, 1)
        squares_K = (np.where(known_NK, values_NK - mean_K, 0) ** 2).sum(axis=0)
        both_K = self._count_K + count_K
        apart_K, share_K = mean_K - self._mean_K, count_K / np.maximum(both_K, 1)
        self._squares_K += squares_K + apart_K**2 * self._count_K * share_K
        self._mean_K += apart_K * share_K
        self._count_K = both_K

    def scale(self) -> SignalScale:
        """Mean and standard deviation; a signal that never varies gets a spread so wide that it stays at zero, since
        no weight for it is ever learned."""
        spread_K = np.sqrt(self._squares_K / np.maximum(self._count_K, 1))
        return SignalScale(
            self._mean_K.astype(np.float32), np.where(spread_K < 1e-6, _UNLEARNED, spread_K).astype(np.float32)
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """A listing ready for the network, with what was found in it on the way."""

    features: Features
    readings: Readings

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.readings.findings


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """From a listing and its percept to the network's features."""

    tables: Tables
    ngrams: NgramWeights
    scale: SignalScale

    def __call__(self, listing: Listing, percept: Percept) -> Prepared:
        readings = measure(listing, percept.sights, self.tables)
        features = Features(
            views_PVD=percept.views_PVD,
            text_T=percept.text_T,
            ngrams=self.ngrams(ngram_fields(listing)),
            signals_K=self.scale(readings.values),
        )
        return Prepared(features, readings)

    def without(self, prepared: Prepared, signals: Iterable[str]) -> Features:
        """The same features with some signals at their training mean, as if they said nothing."""
        values_K = prepared.readings.values.copy()
        for name in signals:
            values_K[_POSITION[name]] = self.scale.centre_K[_POSITION[name]]
        return replace(prepared.features, signals_K=self.scale(values_K))


def ngram_fields(listing: Listing) -> tuple[str, str, str]:
    """The texts whose n-grams are taken, each kept apart: title, description, and brand with attributes."""
    named = " ".join([listing.brand or "", *(f"{name} {value}" for name, value in sorted(listing.attributes.items()))])
    title, description = cut(listing.title, LONGEST_TITLE), cut(listing.description, LONGEST_DESCRIPTION)
    return normalise(title), normalise(description), normalise(cut(named, LONGEST_DESCRIPTION))


_POSITION = {signal.name: position for position, signal in enumerate(SIGNALS)}
