"""A dataset's listings by split, with the answers that training and evaluation hold them to.

Listings stay in their table; in memory are two numbers a listing: its row and its answers.

Shapes: N listings, H heads.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from training.data.answers import UNKNOWN, answers_to
from training.data.stream import Listings
from trueshelf.listings import Dataset, Split

__all__ = ["UNKNOWN", "Part", "read_parts"]


@dataclass(frozen=True, slots=True)
class Part:
    """The listings of one split.

    Attributes:
        answers_NH: 1 yes, 0 no, -1 unknown; heads in the order of `Head`.
        provenance_NH: whose word that is, as `Given` numbers it; None where nobody asked.
    """

    listings: Listings
    answers_NH: npt.NDArray[np.int64]
    provenance_NH: npt.NDArray[np.int8] | None = None


def read_parts(dataset: Dataset, only: Collection[Split] = tuple(Split)) -> Mapping[Split, Part]:
    """Every split of a dataset, or only some, in the order of its rows.

    Raises:
        ValueError: the dataset has no splits, or a listing is in none.
    """
    ids = pa.chunked_array(
        [batch["listing_id"] for batch in dataset.batches("listings", ["listing_id"])], pa.string()
    ).combine_chunks()
    split_N, given = _split_of_each(dataset, ids), answers_to(dataset, ids)
    rows = {split: np.flatnonzero(split_N == number) for number, split in enumerate(Split) if split in only}
    contexts = dataset.contexts()
    return {
        split: Part(Listings(dataset, rows_N, contexts), given.answers_NH[rows_N], given.provenance_NH[rows_N])
        for split, rows_N in rows.items()
    }


def _split_of_each(dataset: Dataset, ids: pa.Array) -> npt.NDArray[np.int64]:
    """The number of each listing's split in the order of `Split`."""
    table = dataset.split_table()
    numbers = pc.index_in(table["split"], value_set=pa.array([split.value for split in Split]))
    places = pc.index_in(ids, value_set=table["listing_id"].combine_chunks())
    if places.null_count:
        missing = ids[pc.index(places.is_null(), True).as_py()]
        raise ValueError(f"listing {missing} of {dataset.folder} is in no split")
    return numbers.take(places).to_numpy().astype(np.int64)  # type: ignore[no-any-return]
