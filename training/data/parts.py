"""A dataset's listings by split, with the answers that training and evaluation hold them to.

Shapes: N listings, H heads.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.data.answers import settled
from trueshelf.listings import Answer, Dataset, Head, Listing, Split

UNKNOWN = -1
_NUMBER = {Answer.YES: 1, Answer.NO: 0, Answer.UNKNOWN: UNKNOWN}


@dataclass(frozen=True, slots=True)
class Part:
    """The listings of one split.

    Attributes:
        answers_NH: 1 yes, 0 no, -1 unknown; heads in the order of `Head`.
    """

    listings: tuple[Listing, ...]
    answers_NH: npt.NDArray[np.int64]


def read_parts(dataset: Dataset) -> Mapping[Split, Part]:
    """Every split of a dataset, in the order of its rows.

    Raises:
        ValueError: the dataset has no splits, or a listing is in none.
    """
    splits, answers = dataset.splits(), settled(dataset.labels())
    rows: dict[Split, list[Listing]] = {split: [] for split in Split}
    for listing in dataset.listings():
        if listing.id not in splits:
            raise ValueError(f"listing {listing.id} of {dataset.folder} is in no split")
        rows[splits[listing.id]].append(listing)
    return {
        split: Part(
            tuple(listings),
            np.array(
                [[_NUMBER[answers.get((listing.id, head), Answer.UNKNOWN)] for head in Head] for listing in listings],
                dtype=np.int64,
            ).reshape(-1, len(Head)),
        )
        for split, listings in rows.items()
    }
