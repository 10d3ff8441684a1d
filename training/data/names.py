"""The ids of many rows, a few bytes more each than the ids themselves have."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]

_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Names:
    """Texts by their row."""

    texts: pa.ChunkedArray

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Names":
        remaining = iter(texts)
        chunks = []
        while chunk := list(islice(remaining, _AT_ONCE)):
            chunks.append(pa.array(chunk, pa.large_string()))
        return cls(pa.chunked_array(chunks, pa.large_string()))

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, row: int) -> str:
        return str(self.texts[row].as_py())

    def __iter__(self) -> Iterator[str]:
        for chunk in self.texts.chunks:
            yield from chunk.to_pylist()

    def order(self) -> Ints:
        """The rows in the order of their texts; equal ones as they come."""
        return pc.sort_indices(self.texts).to_numpy().astype(np.int64)  # type: ignore[no-any-return]
