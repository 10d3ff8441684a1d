"""What remembers embeddings by the content they were made from."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


class EmbeddingCache(Protocol):
    """A store of float32 arrays by a key that names the content and everything that was done to it."""

    def get(self, key: str) -> Floats | None:
        """The array stored under `key`, or None."""
        ...

    def put(self, arrays: Mapping[str, Floats]) -> None:
        """Store arrays under their keys; a key that is there already keeps its array."""
        ...


class NoCache:
    """Remembers nothing."""

    def get(self, key: str) -> Floats | None:  # noqa: ARG002 - the protocol's parameter
        return None

    def put(self, arrays: Mapping[str, Floats]) -> None:
        pass
