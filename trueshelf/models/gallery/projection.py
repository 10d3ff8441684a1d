"""Embeddings in fewer dimensions: the directions in which known photos differ most, each as likely as any other.

Shapes: N photos, D dimensions of the encoder, E dimensions kept.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_KEPT = 128
_FITTED_ON = 20_000
_FLOOR = 1e-6


@dataclass(frozen=True, slots=True)
class Projection:
    """From embeddings to unit vectors whose products are cosines."""

    mean_D: Floats
    axes_DE: Floats

    @classmethod
    def none(cls) -> "Projection":
        """Of an empty gallery."""
        return cls(np.zeros(0, dtype=np.float32), np.zeros((0, 0), dtype=np.float32))

    @classmethod
    def fit(cls, embeddings_ND: npt.NDArray[np.floating]) -> "Projection":
        """The principal axes of unit embeddings, scaled by the square root of their spread (half whitened).

        Args:
            embeddings_ND: of any precision; where there are many, evenly spread ones are enough.
        """
        rows = np.linspace(0, len(embeddings_ND) - 1, min(len(embeddings_ND), _FITTED_ON)).round().astype(np.int64)
        units_ND = unit(embeddings_ND[rows]).astype(np.float64)
        mean_D = units_ND.mean(axis=0)
        spread_D, axes_DD = np.linalg.eigh(np.cov(units_ND - mean_D, rowvar=False, bias=True))
        kept = np.argsort(-spread_D, kind="stable")[:_KEPT]
        kept = kept[spread_D[kept] > _FLOOR * max(spread_D.max(), _FLOOR)]
        axes_DE = axes_DD[:, kept] / spread_D[kept] ** 0.25
        return cls(mean_D.astype(np.float32), axes_DE.astype(np.float32))

    def __call__(self, embeddings_ND: npt.NDArray[np.floating]) -> Floats:
        """Unit vectors [N, E]."""
        return unit(np.asarray((unit(embeddings_ND) - self.mean_D) @ self.axes_DE, dtype=np.float32))


def unit(vectors_ND: npt.NDArray[np.floating]) -> Floats:
    """Vectors of length one; zeros stay zeros."""
    vectors_ND = np.asarray(vectors_ND, dtype=np.float32)
    lengths_N1 = np.linalg.norm(vectors_ND, axis=-1, keepdims=True)
    return np.asarray(vectors_ND / np.maximum(lengths_N1, 1e-12), dtype=np.float32)
