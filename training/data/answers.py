"""The answers of a dataset about its listings, in arrays.

Shapes: N listings, H heads, L labels, A answers (no, yes).
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trueshelf.listings import Answer, Dataset, Head, Provenance
from trueshelf.listings.answers import STRENGTH

Ints = npt.NDArray[np.int64]

UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Given:
    """The settled answers about some listings.

    Attributes:
        answers_NH: 1 yes, 0 no, -1 unknown; heads in the order of `Head`.
        provenance_NH: the number of whose word that is, in the order of `Provenance`; -1 where it is unknown.
    """

    answers_NH: npt.NDArray[np.int64]
    provenance_NH: npt.NDArray[np.int8]


def answers_to(dataset: Dataset, ids: pa.Array) -> Given:
    """The settled answers about the listings `ids`.

    The same as `settled`, in arrays: whichever answer has the stronger word stands, and neither where both are equal.
    """
    standings = Standings(len(ids))
    table = dataset.label_table()
    rows = pc.index_in(table["listing_id"], value_set=ids)
    known = pc.and_(rows.is_valid(), pc.not_equal(table["answer"], Answer.UNKNOWN.value))
    row_L, table = rows.filter(known).to_numpy(), table.filter(known)
    head_L, says_yes_L = _codes(table["head"], Head), _codes(table["answer"], Answer) == _YES
    standings.hear(row_L, head_L, says_yes_L.astype(np.int64), _codes(table["provenance"], Provenance))
    return standings.given()


class Standings:
    """What stands about N listings while labels are heard, in any order: 8 bytes for each.

    Of each answer it is the strongest word; one number for strength and hand, so that the strongest brings its own
    hand along.
    """

    def __init__(self, listings: int) -> None:
        self._word_NHA = np.full((listings, len(Head), 2), -1, dtype=np.int16)

    def hear(self, row_L: Ints, head_L: Ints, says_yes_L: Ints, hand_L: Ints) -> None:
        """Labels that say yes or no: about which row, to which head's question, what, and whose word it is."""
        np.maximum.at(self._word_NHA, (row_L, head_L, says_yes_L), _STRENGTHS[hand_L] * _HANDS + hand_L)

    def given(self) -> Given:
        no_NH, yes_NH = np.moveaxis(self._word_NHA // _HANDS, -1, 0)
        unknown_NH, strongest_NH = yes_NH == no_NH, self._word_NHA.max(axis=-1)
        return Given(
            np.where(unknown_NH, UNKNOWN, yes_NH > no_NH).astype(np.int64),
            np.where(unknown_NH, UNKNOWN, strongest_NH % _HANDS).astype(np.int8),
        )

    def contradicted(self) -> npt.NDArray[np.bool_]:
        """Where a yes and a no are equally strong, with nothing stronger to settle it, [N, H]."""
        no_NH, yes_NH = np.moveaxis(self._word_NHA // _HANDS, -1, 0)
        return np.asarray((no_NH == yes_NH) & (yes_NH >= 0))


_YES = list(Answer).index(Answer.YES)
_STRENGTHS = np.array([STRENGTH[provenance] for provenance in Provenance], dtype=np.int16)
_HANDS = len(Provenance)


def _codes(column: pa.ChunkedArray, values: type[StrEnum]) -> npt.NDArray[np.int64]:
    """The place of each value in the order of its enumeration."""
    found = pc.index_in(column, value_set=pa.array([value.value for value in values]))
    return found.to_numpy().astype(np.int64)  # type: ignore[no-any-return]
