"""Where a model is weak: the parts of a test set by brand, category, price, language and what is missing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.evaluation.predictions import MISSING, SLICES, HeadPredictions, Predictions
from trueshelf.listings import Head, Listing
from trueshelf.listings.currencies import in_dollars

OTHER = "(other)"
"""All values of a column that are too rare to be measured one by one."""

PRICE_BANDS = (
    (20.0, "under 20 USD"),
    (50.0, "20 to 50 USD"),
    (200.0, "50 to 200 USD"),
    (float("inf"), "200 USD or more"),
)


@dataclass(frozen=True, slots=True)
class Support:
    """How many labelled listings a slice needs before its figures say anything."""

    listings: int = 30
    positives: int = 5
    negatives: int = 5

    def reached(self, label_N: npt.NDArray[np.int64]) -> bool:
        yes, no = int(np.sum(label_N == 1)), int(np.sum(label_N == 0))
        return yes + no >= self.listings and yes >= self.positives and no >= self.negatives


SUPPORT = Support()


@dataclass(frozen=True, slots=True)
class Slice:
    """The labelled listings of one head that share a value."""

    column: str
    value: str
    rows_S: npt.NDArray[np.intp]
    supported: bool


def slice_values(listing: Listing, rates: Mapping[str, float]) -> dict[str, str]:
    """A listing's value in each column of `SLICES`; `rates` are US dollars for one unit of each currency."""
    values = {
        "brand": " ".join((listing.brand or "").split()).casefold() or MISSING,
        "category": listing.category or MISSING,
        "price_band": _price_band(listing, rates),
        "language": listing.language or MISSING,
        "has_photo": "yes" if listing.photos else "no",
        "has_text": "yes" if listing.title.strip() or listing.description.strip() else "no",
    }
    assert tuple(values) == SLICES
    return values


def slices_of(predictions: Predictions, head: Head, support: Support) -> Iterator[Slice]:
    """Every supported slice of a head's labelled listings, the largest first, and for each column what is left."""
    answers = predictions.heads[head]
    labelled = np.flatnonzero(answers.labelled)
    for column, value_N in predictions.slices.items():
        parts = {value: labelled[value_N[labelled] == value] for value in sorted(set(value_N[labelled]))}
        rare = [rows for rows in parts.values() if not support.reached(answers.label_N[rows])]
        for value, rows in sorted(parts.items(), key=lambda part: -len(part[1])):
            if support.reached(answers.label_N[rows]):
                yield Slice(column, value, rows, supported=True)
        if rare:
            yield _rest(column, np.sort(np.concatenate(rare)), parts, answers, support)


def _rest(
    column: str,
    rows: npt.NDArray[np.intp],
    parts: Mapping[str, npt.NDArray[np.intp]],
    answers: HeadPredictions,
    support: Support,
) -> Slice:
    alone = [value for value, part in parts.items() if len(part) == len(rows) and np.array_equal(part, rows)]
    return Slice(column, alone[0] if alone else OTHER, rows, supported=support.reached(answers.label_N[rows]))


def _price_band(listing: Listing, rates: Mapping[str, float]) -> str:
    dollars = in_dollars(listing.price, rates)
    return next((name for limit, name in PRICE_BANDS if dollars < limit), MISSING)
