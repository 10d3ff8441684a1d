"""Where each of many keys was first seen, in 16 bytes a key, while more come.

New keys go into a dictionary; a full one becomes a sorted array, and arrays of like size are merged, so that there are
few to look through (as in a log-structured merge tree; O'Neil et al. 1996).
"""

import numpy as np
import numpy.typing as npt

_MOST_NEW = 1 << 16

_Sorted = tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]


class Places:
    """A number for each key."""

    def __init__(self, most_new: int = _MOST_NEW) -> None:
        self._most_new = most_new
        self._new: dict[int, int] = {}
        self._sorted: list[_Sorted] = []

    def get(self, key: int) -> int:
        """The number of a key; -1 where it has none."""
        if key in self._new:
            return self._new[key]
        wanted = np.uint64(key)
        for keys, numbers in self._sorted:
            place = int(np.searchsorted(keys, wanted))
            if place < len(keys) and keys[place] == wanted:
                return int(numbers[place])
        return -1

    def put(self, key: int, number: int) -> None:
        """Give a key that has none a number."""
        self._new[key] = number
        if len(self._new) >= self._most_new:
            self._settle()

    def _settle(self) -> None:
        keys = np.fromiter(self._new, dtype=np.uint64, count=len(self._new))
        latest = _in_order(keys, np.fromiter(self._new.values(), dtype=np.int64, count=len(self._new)))
        self._new = {}
        while self._sorted and len(self._sorted[-1][0]) <= len(latest[0]):
            keys, numbers = self._sorted.pop()
            latest = _in_order(np.concatenate([keys, latest[0]]), np.concatenate([numbers, latest[1]]))
        self._sorted.append(latest)


def _in_order(keys: npt.NDArray[np.uint64], numbers: npt.NDArray[np.int64]) -> _Sorted:
    order = np.argsort(keys)
    return keys[order], numbers[order]
