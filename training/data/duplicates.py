"""Finds listings that share a picture or a text, or nearly so.

Listings show *nodes* (distinct photos, distinct texts), and edges join nodes that are nearly the same; a text copied
into a thousand listings is thus one node and not half a million pairs. Listings are gone through, not held: what is
kept is some 30 bytes for each photo or text of a listing, 32 for each distinct photo, and 64 for each distinct text.

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
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from training.data.fingerprints import Fingerprints
from training.data.keys import first_of_each, key

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

MAX_PHOTO_BITS = 31
"""PDQ's own recommendation for "the same picture"."""

MIN_JACCARD = 0.8
MIN_TEXT = 40
"""Characters; shorter texts ("Nike Air Max 90, white") are alike by nature and do not say who wrote them."""

_SHINGLE = 5
_HASHES = 512
_BLOCK = 256
_DISTANCES_AT_ONCE = 4_000_000


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


def photo_likeness(listings: Iterable[Mapping[str, Any]], fingerprints: Fingerprints) -> Likeness:
    """Which listings show the same picture; photos that could not be read or are too flat to tell are left out."""
    rows, shown = array("q"), array("Q")
    for row, listing in enumerate(listings):
        for path in listing.get("photos") or ():
            rows.append(row)
            shown.append(key(path))
    place_M = fingerprints.paths.places(np.array(shown, dtype=np.uint64))
    told_M = (place_M >= 0) & np.append(fingerprints.usable(), False)[place_M]
    words_M4 = fingerprints.words_U4[place_M[told_M]]
    first_D, node_M = first_of_each(_one_number(words_M4))
    edges_E2 = pairs_within(words_M4[first_D], MAX_PHOTO_BITS)
    return Likeness(Kind.PHOTO, np.array(rows, dtype=np.int64)[told_M], node_M, edges_E2, len(first_D))


def text_likeness(listings: Iterable[Mapping[str, Any]]) -> Likeness:
    """Which listings have the same wording in title and description together; they are gone through twice."""
    rows, said = array("q"), array("Q")
    for row, text in _texts(listings):
        rows.append(row)
        said.append(key(text))
    first_D, node_M = first_of_each(np.array(said, dtype=np.uint64))
    codes_DW = np.zeros((len(first_D), _HASHES // 64), dtype=np.uint64)
    for place, (node, (_, text)) in enumerate(zip(node_M.tolist(), _texts(listings), strict=True)):
        if first_D[node] == place:
            codes_DW[node] = text_code(text)
    edges_E2 = pairs_within(codes_DW, int(_HASHES * (1 - MIN_JACCARD) / 2))
    return Likeness(Kind.TEXT, np.array(rows, dtype=np.int64), node_M, edges_E2, len(first_D))


def _texts(listings: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, str]]:
    """The rows of listings whose texts are long enough to be told, with the texts."""
    texts = ((row, listing_text(listing)) for row, listing in enumerate(listings))
    return ((row, text) for row, text in texts if len(text) >= MIN_TEXT)


def _one_number(words_M4: Words) -> Words:
    """One number [M] for four."""
    found_M = np.zeros(len(words_M4), dtype=np.uint64)
    for word in range(words_M4.shape[1]):
        found_M = _mix(found_M ^ words_M4[:, word])
    return found_M


def listing_text(listing: Mapping[str, Any]) -> str:
    """Title and description as they are compared: without case, punctuation, or differences of width and spacing."""
    text = f"{listing.get('title') or ''} {listing.get('description') or ''}"
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def text_code(text: str) -> Words:
    """One bit of each of 512 minimum hashes of a text's character 5-grams, [8 words]."""
    return np.packbits(_minima(text) & 1).view(np.uint64)


def pairs_within(codes_NW: Words, bits: int) -> Ints:
    """All pairs (i < j) of codes that differ in at most `bits` bits, [pairs, 2]."""
    count = len(codes_NW)
    found = [np.empty((0, 2), dtype=np.int64)]
    block = max(1, min(_BLOCK, _DISTANCES_AT_ONCE // max(1, count)))
    for start in range(0, count, block):
        codes_BW = codes_NW[start : start + block]
        distance = np.zeros((len(codes_BW), count - start), dtype=np.uint16)
        for word in range(codes_NW.shape[1]):
            distance += np.bitwise_count(codes_BW[:, word, None] ^ codes_NW[None, start:, word])
        near = np.argwhere(distance <= bits)
        found.append(near[near[:, 0] < near[:, 1]] + start)
    return np.concatenate(found)


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
