"""An embedding cache on disk, so that no network looks at the same photo or text twice.

A value is the array's shape (its length, then the dimensions, as little-endian int32) followed by its float32 values.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from trueshelf.models.disk_store import UNBOUNDED, DiskStore

Floats = npt.NDArray[np.float32]


class Bytes(Protocol):
    """A store of bytes by key, as `DiskStore` is one."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, values: Mapping[str, bytes]) -> None: ...


class ArrayCache:
    """An `EmbeddingCache` over a store of bytes."""

    def __init__(self, store: Bytes) -> None:
        self._store = store

    def get(self, key: str) -> Floats | None:
        value = self._store.get(key)
        return None if value is None else _unpacked(value)

    def put(self, arrays: Mapping[str, Floats]) -> None:
        self._store.put({key: _packed(array) for key, array in arrays.items()})


class DiskCache(ArrayCache):
    """An `EmbeddingCache` in a folder; several processes may share it, and who is handed it opens it for itself."""

    def __init__(self, folder: Path, *, most_bytes: int = UNBOUNDED) -> None:
        self._disk = DiskStore(folder, most_bytes=most_bytes)
        self._how = (folder, most_bytes)
        super().__init__(self._disk)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> "tuple[object, tuple[Path, int]]":
        return _disk_cache, self._how

    def close(self) -> None:
        self._disk.close()


def _disk_cache(folder: Path, most_bytes: int) -> DiskCache:
    return DiskCache(folder, most_bytes=most_bytes)


def _packed(array: Floats) -> bytes:
    header = np.array([array.ndim, *array.shape], dtype="<i4")
    return header.tobytes() + np.ascontiguousarray(array, dtype="<f4").tobytes()


def _unpacked(value: bytes) -> Floats:
    dimensions = int(np.frombuffer(value, dtype="<i4", count=1)[0])
    shape = np.frombuffer(value, dtype="<i4", count=dimensions, offset=4)
    return np.frombuffer(value, dtype="<f4", offset=4 * (1 + dimensions)).astype(np.float32).reshape(shape)
