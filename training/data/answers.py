"""The answers of a dataset about its listings, in arrays.

Shapes: N listings, H heads, L labels.
"""

from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trueshelf.listings import Answer, Dataset, Head, Provenance
from trueshelf.listings.answers import STRENGTH

UNKNOWN = -1


def answers_to(dataset: Dataset, ids: pa.Array) -> npt.NDArray[np.int64]:
    """The settled answers [N, H] about the listings `ids`: 1 yes, 0 no, -1 unknown; heads in the order of `Head`.

    The same as `settled`, in arrays: whichever answer has the stronger word stands, and neither where both are equal.
    """
    table = dataset.label_table()
    rows = pc.index_in(table["listing_id"], value_set=ids)
    known = pc.and_(rows.is_valid(), pc.not_equal(table["answer"], Answer.UNKNOWN.value))
    row_L, table = rows.filter(known).to_numpy(), table.filter(known)
    head_L, says_yes_L = _codes(table["head"], Head), _codes(table["answer"], Answer) == _YES
    strength_L = _STRENGTHS[_codes(table["provenance"], Provenance)]
    word_NHA = np.zeros((len(ids), len(Head), 2), dtype=np.int8)
    np.maximum.at(word_NHA, (row_L, head_L, says_yes_L.astype(np.int64)), strength_L)
    no_NH, yes_NH = word_NHA[..., 0], word_NHA[..., 1]
    return np.where(yes_NH == no_NH, UNKNOWN, yes_NH > no_NH).astype(np.int64)


_YES = list(Answer).index(Answer.YES)
_STRENGTHS = np.array([STRENGTH[provenance] for provenance in Provenance], dtype=np.int8)


def _codes(column: pa.ChunkedArray, values: type[StrEnum]) -> npt.NDArray[np.int64]:
    """The place of each value in the order of its enumeration."""
    found = pc.index_in(column, value_set=pa.array([value.value for value in values]))
    return found.to_numpy().astype(np.int64)  # type: ignore[no-any-return]
