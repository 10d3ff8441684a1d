"""Arrays that are written row after row and read at random, in `.npy` files that are mapped into memory.

What is read does not stay in the process's memory: its pages are given back after every read, and are the system's to
keep or to drop.

Shapes: N rows, B of them, W numbers of a row that has its own length.
"""

import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]

_BYTES_AT_ONCE = 1 << 20


class Mapped:
    """A finished file; another process that is handed it opens the same file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            version = np.lib.format.read_magic(file)
            assert version == (1, 0), version
            shape, _, kind = np.lib.format.read_array_header_1_0(file)
            start = file.tell()
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._array = np.frombuffer(self._map, dtype=kind, offset=start, count=int(np.prod(shape))).reshape(shape)

    def __len__(self) -> int:
        return len(self._array)

    def __reduce__(self) -> tuple[type["Mapped"], tuple[Path]]:
        """Another process that is handed the file opens it for itself."""
        return Mapped, (self._path,)

    def take(self, rows: Sequence[int] | Array) -> Array:
        """Some rows, in the order asked for."""
        found = self._array[rows]
        self._map.madvise(mmap.MADV_DONTNEED)
        return found


class Growing:
    """A file that is being written; `finished` makes it whole. Between writes it is closed.

    Args:
        shape: of one row.
    """

    def __init__(self, path: Path, kind: npt.DTypeLike, shape: tuple[int, ...] = ()) -> None:
        self._path, self._kind, self._shape = path, np.dtype(kind), shape
        self._rows = 0
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        with path.open("wb") as file:
            self._write_header(file)

    def __len__(self) -> int:
        return self._rows

    def append(self, rows: Array) -> None:
        """Write some more rows, [N, *shape]."""
        assert rows.shape[1:] == self._shape, (rows.shape, self._shape)
        self._waiting.append(np.ascontiguousarray(rows, dtype=self._kind).tobytes())
        self._waiting_bytes += len(self._waiting[-1])
        self._rows += len(rows)
        if self._waiting_bytes > _BYTES_AT_ONCE:
            self._flush()

    def finished(self) -> Mapped:
        """The whole file, to be read."""
        self._flush()
        with self._path.open("r+b") as file:
            self._write_header(file)
        return Mapped(self._path)

    def _flush(self) -> None:
        with self._path.open("ab") as file:
            file.writelines(self._waiting)
        self._waiting, self._waiting_bytes = [], 0

    def _write_header(self, file: BinaryIO) -> None:
        """The header has room for as many rows as may come."""
        header = {"descr": np.lib.format.dtype_to_descr(self._kind), "fortran_order": False}
        np.lib.format.write_array_header_1_0(file, {**header, "shape": (self._rows, *self._shape)})


class Ragged:
    """Rows of different lengths: all their numbers in one file, and in memory where each row begins."""

    def __init__(self, values: Mapped, lengths_N: Array) -> None:
        self._values = values
        self._starts_N: Ints = np.concatenate([[0], np.cumsum(lengths_N, dtype=np.int64)])

    def padded(self, rows_B: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
        """Some rows [B, W], padded with zeros to the longest of them and to one at least, and what is no padding."""
        starts_B = self._starts_N[rows_B]
        lengths_B = self._starts_N[rows_B + 1] - starts_B
        places_W = np.arange(max(1, int(lengths_B.max(initial=0))))
        there_BW = places_W < lengths_B[:, None]
        found = self._values.take((starts_B[:, None] + places_W)[there_BW])
        padded_BW = np.zeros(there_BW.shape, dtype=found.dtype)
        padded_BW[there_BW] = found
        return padded_BW, there_BW


class GrowingRagged:
    """Rows of different lengths that are being written."""

    def __init__(self, path: Path, kind: npt.DTypeLike) -> None:
        self._values = Growing(path, kind)
        self._lengths: list[int] = []

    def append(self, row: Array) -> Self:
        self._values.append(row)
        self._lengths.append(len(row))
        return self

    def finished(self) -> Ragged:
        """All rows, to be read."""
        return Ragged(self._values.finished(), np.array(self._lengths, dtype=np.int64))
