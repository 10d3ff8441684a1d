"""Finds listings that share a picture or a text, or nearly so.

Listings show *nodes* (distinct photos, distinct texts), and edges join nodes that are nearly the same; a text copied
into a thousand listings is thus one node and not half a million pairs.

Pictures and texts are both reduced to binary codes whose Hamming distance says how alike they are, and codes are
compared exhaustively in blocks: exact, and 50,000 photos take some ten seconds. (An index over bands of bits is quicker
only where the bits are spread evenly, which those of similar products are not.)

- Pictures: PDQ, 256 bits; see `training.data.fingerprints`.
- Texts: one bit of each of 512 minimum hashes over character 5-grams; two texts with Jaccard similarity J differ in a
  share of (1 − J) / 2 of the bits on average (Li and König 2010, "b-Bit Minwise Hashing"), with a standard error of
  0.03 on J at 0.8.
"""

import re
import unicodedata
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from training.data.fingerprints import Fingerprint

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
N = TypeVar("N", bound=Hashable)

MAX_PHOTO_BITS = 31
"""PDQ's own recommendation for "the same picture"."""

MIN_JACCARD = 0.8
MIN_TEXT = 40
"""Characters; shorter texts ("Nike Air Max 90, white") are alike by nature and do not say who wrote them."""

_SHINGLE = 5
_HASHES = 512
_BLOCK = 256


class Kind(StrEnum):
    """What is alike about two listings."""

    PHOTO = "photo"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Likeness:
    """Which listings show which nodes, and which nodes are nearly the same.

    Attributes:
        listings_M, nodes_M: listing `listings_M[m]` (a row number) shows node `nodes_M[m]`.
        edges_E2: pairs of near-duplicate nodes, the smaller first.
        count: how many nodes there are.
    """

    kind: Kind
    listings_M: Ints
    nodes_M: Ints
    edges_E2: Ints
    count: int

    def reach(self, seeds_N: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Which nodes are in the given set or a near-duplicate of one that is."""
        reached = seeds_N.copy()
        first, second = self.edges_E2[:, 0], self.edges_E2[:, 1]
        reached[first[seeds_N[second]]] = True
        reached[second[seeds_N[first]]] = True
        return reached


def photo_likeness(listings: Sequence[Mapping[str, Any]], fingerprints: Mapping[str, Fingerprint | str]) -> Likeness:
    """Which listings show the same picture; photos that could not be read or are too flat to tell are left out."""

    def usable(path: str) -> Fingerprint | None:
        found = fingerprints.get(path)
        return found if isinstance(found, Fingerprint) and found.usable else None

    shown = [
        (row, found.words)
        for row, listing in enumerate(listings)
        for path in listing.get("photos") or ()
        if (found := usable(path))
    ]
    return _likeness(Kind.PHOTO, shown, lambda codes: np.array(codes, dtype=np.uint64).reshape(-1, 4), MAX_PHOTO_BITS)


def text_likeness(listings: Sequence[Mapping[str, Any]]) -> Likeness:
    """Which listings have the same wording in title and description together."""
    texts = ((row, listing_text(listing)) for row, listing in enumerate(listings))
    shown = [(row, text) for row, text in texts if len(text) >= MIN_TEXT]
    return _likeness(Kind.TEXT, shown, text_codes, int(_HASHES * (1 - MIN_JACCARD) / 2))


def listing_text(listing: Mapping[str, Any]) -> str:
    """Title and description as they are compared: without case, punctuation, or differences of width and spacing."""
    text = f"{listing.get('title') or ''} {listing.get('description') or ''}"
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def text_codes(texts: Sequence[str]) -> Words:
    """One bit of each of 512 minimum hashes of each text's character 5-grams, [texts, 8 words]."""
    codes = np.zeros((len(texts), _HASHES // 64), dtype=np.uint64)
    for row, text in enumerate(texts):
        codes[row] = np.packbits(_minima(text) & 1).view(np.uint64)
    return codes


def pairs_within(codes_NW: Words, bits: int) -> Ints:
    """All pairs (i < j) of codes that differ in at most `bits` bits, [pairs, 2]."""
    count = len(codes_NW)
    found = [np.empty((0, 2), dtype=np.int64)]
    for start in range(0, count, _BLOCK):
        block = codes_NW[start : start + _BLOCK]
        distance = np.zeros((len(block), count - start), dtype=np.uint16)
        for word in range(codes_NW.shape[1]):
            distance += np.bitwise_count(block[:, word, None] ^ codes_NW[None, start:, word])
        near = np.argwhere(distance <= bits)
        found.append(near[near[:, 0] < near[:, 1]] + start)
    return np.concatenate(found)


def _likeness(
    kind: Kind, shown: Sequence[tuple[int, N]], encode: Callable[[Sequence[N]], Words], bits: int
) -> Likeness:
    numbers: dict[N, int] = {}
    nodes = np.array([numbers.setdefault(node, len(numbers)) for _, node in shown], dtype=np.int64)
    listings = np.array([row for row, _ in shown], dtype=np.int64)
    return Likeness(kind, listings, nodes, pairs_within(encode(list(numbers)), bits), len(numbers))


def _minima(text: str) -> Words:
    """The 512 minimum hashes of a text's set of character 5-grams."""
    points = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    shingles = np.zeros(len(points) - _SHINGLE + 1, dtype=np.uint64)
    for offset in range(_SHINGLE):
        shingles = _mix(shingles ^ points[offset : offset + len(shingles)])
    distinct = np.unique(shingles)
    return _mix(np.min(distinct[None, :] * _FACTORS[:, None], axis=1))


def _mix(values: Words) -> Words:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every input bit bears on every output bit."""
    values = (values + np.uint64(0x9E3779B97F4A7C15)).astype(np.uint64)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


_FACTORS: Words = _mix(np.arange(_HASHES, dtype=np.uint64)) | np.uint64(1)
