"""Character n-grams as hashed, weighted features: exact tokens in any script, which sub-word encoders shatter.

Legend for shapes: L n-grams of one text.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_BASE = np.uint64(0x100000001B3)
_MIX = np.uint64(0xFF51AFD7ED558CCD)


@dataclass(frozen=True, slots=True)
class NgramSpec:
    """Which n-grams are taken, and into how many buckets they are hashed.

    Attributes:
        shortest: fewest characters; two, since a Chinese word is often two characters.
        longest: most characters.
        buckets: size of the hash table.
        most: at most this many distinct n-grams of a listing are kept, those of the first fields first.
    """

    shortest: int = 2
    longest: int = 5
    buckets: int = 1 << 16
    most: int = 2048

    def to_dict(self) -> dict[str, int]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "NgramSpec":
        return cls(**{name: int(data[name]) for name in ("shortest", "longest", "buckets", "most")})


@dataclass(frozen=True, slots=True)
class Ngrams:
    """A text's n-grams: buckets [L] int64 without repeats, and weights [L] float32 of Euclidean length one (or L =
    0)."""

    ids: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32]


def hashed(text: str, spec: NgramSpec, *, field: int = 0) -> npt.NDArray[np.int64]:
    """The bucket of every n-gram of `text` in reading order, repeats included; `field` keeps fields apart.

    The hash is polynomial over code points with a final mix, so it is the same on every machine.
    """
    points = np.frombuffer(f" {text} ".encode("utf-32-le", errors="surrogatepass"), dtype=np.uint32).astype(np.uint64)
    found = []
    for length in range(spec.shortest, min(spec.longest, len(points)) + 1):
        rolled = np.full(len(points) - length + 1, np.uint64(field * 31 + length), dtype=np.uint64)
        for offset in range(length):
            rolled = rolled * _BASE + points[offset : len(points) - length + offset + 1]
        found.append(_mixed(rolled) % np.uint64(spec.buckets))
    return np.concatenate(found).astype(np.int64) if found else np.zeros(0, dtype=np.int64)


def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    values = (values ^ (values >> np.uint64(33))) * _MIX
    return values ^ (values >> np.uint64(29))


@dataclass(frozen=True, slots=True)
class Counted:
    """A listing's distinct n-grams before they are weighted: buckets [L] in ascending order, and how often each is
    there; `first` is where each is met first."""

    ids: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]

    @classmethod
    def of(cls, fields: Sequence[str], spec: NgramSpec) -> "Counted":
        """Those of a listing that is given as its fields' texts."""
        ids, first, counts = np.unique(_all_fields(fields, spec), return_index=True, return_counts=True)
        return cls(ids, counts, first)

    def kept(self, most: int) -> "Counted":
        """The `most` that are met first."""
        if len(self.ids) <= most:
            return self
        places = np.sort(np.argsort(self.first, kind="stable")[:most])
        return Counted(self.ids[places], self.counts[places], self.first[places])


class NgramFrequencies:
    """In how many listings each n-gram is, counted a listing at a time."""

    def __init__(self, spec: NgramSpec) -> None:
        self._spec = spec
        self._listings = 0
        self._frequency = np.zeros(spec.buckets, dtype=np.int64)

    def add(self, counted: Counted) -> None:
        self._listings += 1
        self._frequency[counted.ids] += 1

    def weights(self) -> "NgramWeights":
        """Smoothed idf, ln((1 + n) / (1 + df)) + 1."""
        idf = np.log((1 + self._listings) / (1 + self._frequency)) + 1
        return NgramWeights(self._spec, idf.astype(np.float32))


@dataclass(frozen=True, slots=True)
class NgramWeights:
    """Inverse document frequencies [buckets] float32, fitted on training texts."""

    spec: NgramSpec
    idf: npt.NDArray[np.float32]

    @classmethod
    def fit(cls, texts: Iterable[Sequence[str]], spec: NgramSpec) -> "NgramWeights":
        """Those of listings given as their fields' texts."""
        frequencies = NgramFrequencies(spec)
        for fields in texts:
            frequencies.add(Counted.of(fields, spec))
        return frequencies.weights()

    def __call__(self, fields: Sequence[str]) -> Ngrams:
        """The weighted n-grams of one listing."""
        counted = Counted.of(fields, self.spec).kept(self.spec.most)
        return Ngrams(counted.ids, self.weigh(counted.ids, counted.counts))

    def weigh(self, ids: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """(1 + ln count) · idf, scaled to length one along the last axis; nothing where a count is zero."""
        weights = np.where(counts > 0, (1 + np.log(np.maximum(counts, 1))) * self.idf[ids], 0.0)
        length = np.sqrt((weights**2).sum(axis=-1, keepdims=True))
        return (weights / np.maximum(length, 1e-12)).astype(np.float32)  # type: ignore[no-any-return]


def _all_fields(fields: Sequence[str], spec: NgramSpec) -> npt.NDArray[np.int64]:
    parts = [hashed(text, spec, field=number) for number, text in enumerate(fields) if text]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
