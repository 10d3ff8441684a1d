"""An embedding cache on disk, so that a retrain with frozen encoders never encodes the same photo or text twice."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import lmdb
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_MOST_BYTES = 1 << 40


class DiskCache:
    """An `EmbeddingCache` in one LMDB file; several processes may share it, and who is handed it opens it for itself.

    A value is the array's shape (its length, then the dimensions, as little-endian int32) followed by its float32
    values.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._store = lmdb.open(str(folder), map_size=_MOST_BYTES, sync=False, metasync=False, readahead=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[type["DiskCache"], tuple[Path]]:
        return DiskCache, (self._folder,)

    def close(self) -> None:
        self._store.sync()
        self._store.close()

    def get(self, key: str) -> Floats | None:
        with self._store.begin(buffers=True) as transaction:
            value = transaction.get(key.encode())
            return None if value is None else _unpacked(bytes(value))

    def put(self, arrays: Mapping[str, Floats]) -> None:
        with self._store.begin(write=True) as transaction:
            for key, array in arrays.items():
                transaction.put(key.encode(), _packed(array), overwrite=False)


def _packed(array: Floats) -> bytes:
    header = np.array([array.ndim, *array.shape], dtype="<i4")
    return header.tobytes() + np.ascontiguousarray(array, dtype="<f4").tobytes()


def _unpacked(value: bytes) -> Floats:
    dimensions = int(np.frombuffer(value, dtype="<i4", count=1)[0])
    shape = np.frombuffer(value, dtype="<i4", count=dimensions, offset=4)
    return np.frombuffer(value, dtype="<f4", offset=4 * (1 + dimensions)).astype(np.float32).reshape(shape)
