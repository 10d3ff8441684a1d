"""Which true marks a crop may show: by its embedding's cosine with those of the true marks.

Shapes: R true marks, B brands, P crops, D dimensions of an embedding, S side of a crop.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

Floats = npt.NDArray[np.float32]


class Namer:
    """A network that embeds crops, beside the embeddings of the true marks."""

    def __init__(self, session: ort.InferenceSession, embeddings_RD: Floats, brands_R: Sequence[str]) -> None:
        self._session = session
        self._embeddings_RD = embeddings_RD
        self._brands_R = brands_R

    def __call__(self, pixels_P3SS: Floats, *, most: int) -> list[list[tuple[int, float]]]:
        """For each crop the nearest true marks and their cosines, the nearest first, at most one of each brand."""
        [embeddings_PD] = self._session.run(None, {"pixels": pixels_P3SS})
        cosines_PR = embeddings_PD @ self._embeddings_RD.T
        return [self._nearest(cosines_R, most) for cosines_R in cosines_PR]

    def _nearest(self, cosines_R: Floats, most: int) -> list[tuple[int, float]]:
        nearest: dict[str, tuple[int, float]] = {}
        for number in np.argsort(-cosines_R, kind="stable").tolist():
            nearest.setdefault(self._brands_R[number], (number, float(cosines_R[number])))
            if len(nearest) == most:
                break
        return list(nearest.values())
