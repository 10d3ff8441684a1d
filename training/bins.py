"""Columns in few bins, found once for all trees that read them.

scikit-learn does so itself for every forest; with weights it takes three quarters of the time that a forest takes.

Shapes: N rows, J columns, I splits.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

MOST = 255
"""Bins of a column, beside that of missing values."""


@dataclass(frozen=True, slots=True)
class Bins:
    """The bins of a table's columns, of about as many rows each.

    Attributes:
        edges: of each column, the largest value of every bin but the last, in ascending order.
    """

    edges: tuple[Floats, ...]

    @classmethod
    def of(cls, table_NJ: Floats) -> "Bins":
        """Those of a table in which NaN is missing."""
        return cls(tuple(_edges(column_N[~np.isnan(column_N)]) for column_N in table_NJ.T))

    def __call__(self, table_NJ: Floats) -> Floats:
        """The number of each value's bin, from 0; NaN stays."""
        binned_NJ = np.full_like(table_NJ, np.nan)
        for place, edges in enumerate(self.edges):
            known_N = ~np.isnan(table_NJ[:, place])
            binned_NJ[known_N, place] = np.searchsorted(edges, table_NJ[known_N, place])
        return binned_NJ

    def thresholds(self, columns_I: Ints, bins_I: npt.NDArray[np.floating]) -> Floats:
        """The largest values in some columns' bins up to some numbers, which may lie between two; infinite where that
        is all of a column's values."""
        numbers = np.floor(np.minimum(bins_I, MOST)).astype(np.int64)
        found = [
            self.edges[column][number] if number < len(self.edges[column]) else np.inf
            for column, number in zip(columns_I.tolist(), numbers.tolist(), strict=True)
        ]
        return np.array(found, dtype=np.float32)


def _edges(values_N: Floats) -> Floats:
    distinct = np.unique(values_N)
    if len(distinct) <= MOST:
        return np.asarray((distinct[1:] + distinct[:-1]) / 2, dtype=np.float32)
    quantiles = np.linspace(0, 1, MOST + 1)[1:-1]
    return np.unique(np.quantile(values_N, quantiles, method="averaged_inverted_cdf")).astype(np.float32)
