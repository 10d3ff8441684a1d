"""Texts as numbers of 64 bits, so that a million of them fit in memory where the texts would not.

Among two million texts two have the same number with a probability of one in ten million.

Shapes: N texts, D distinct ones.
"""

import hashlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.uint64]


def key(text: str) -> int:
    """The number of a text, whatever it holds."""
    return int.from_bytes(hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest(), "little")


def keys(texts: Iterable[str]) -> Numbers:
    """The number of each, [N]."""
    found = array("Q", map(key, texts))
    return np.frombuffer(found, dtype=np.uint64) if found else np.empty(0, dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class Keys:
    """Distinct texts by their place: 8 bytes each.

    Attributes:
        sorted_D: their numbers, ascending.
        counts_D: how often each was there.
    """

    sorted_D: Numbers
    counts_D: Ints

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Keys":
        sorted_D, counts_D = np.unique(keys(texts), return_counts=True)
        return cls(sorted_D, counts_D)

    def __len__(self) -> int:
        return len(self.sorted_D)

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and self.place(text) >= 0

    def place(self, text: str) -> int:
        """The place of a text; -1 where it is not there."""
        return int(self.places(np.array([key(text)], dtype=np.uint64))[0])

    def places(self, key_N: Numbers) -> Ints:
        """The place of each number, [N]; -1 where it is not there."""
        if not len(self.sorted_D):
            return np.full(len(key_N), -1, dtype=np.int64)
        place_N = np.minimum(np.searchsorted(self.sorted_D, key_N), len(self.sorted_D) - 1)
        return np.where(self.sorted_D[place_N] == key_N, place_N, -1)


def first_of_each(key_N: Numbers) -> tuple[Ints, Ints]:
    """Where each distinct number stands first, [D] ascending; and for each number, which of those it is, [N]."""
    _, first_D, which_N = np.unique(key_N, return_index=True, return_inverse=True)
    order_D = np.argsort(first_D, kind="stable")
    rank_D = np.empty_like(order_D)
    rank_D[order_D] = np.arange(len(order_D))
    return first_D[order_D].astype(np.int64), rank_D[which_N].astype(np.int64)
