"""Lets a bundle answer a dataset's listings: the verdicts that are measured are those that serving would give."""

import time
from collections.abc import Sequence
from statistics import median
from typing import Protocol

import numpy as np

from training.data.parts import read_parts
from training.evaluation.predictions import SLICES, HeadPredictions, Predictions
from training.evaluation.slices import slice_values
from training.progress import Progress, silent
from trueshelf.listings import Dataset, Head, Listing, Split
from trueshelf.listings.currencies import default_rates
from trueshelf.models.verdict import ItemError, Scored

_AT_ONCE = 64


class Scorer(Protocol):
    """What of a bundle is needed here."""

    def score(self, listings: Sequence[Listing]) -> list[Scored | ItemError]: ...


def evaluate_bundle(
    bundle: Scorer, dataset: Dataset, split: Split = Split.TEST, *, progress: Progress = silent
) -> Predictions:
    """The bundle's answers about every listing of a split, with their labels.

    Listings that get an error instead of a verdict are left out and counted in `Predictions.errors`.

    Raises:
        ValueError: the split is empty, or no listing of it gets a verdict.
    """
    part = read_parts(dataset)[split]
    if not part.listings:
        raise ValueError(f"the {split.value} split of {dataset.folder} is empty")
    answers = []
    for start in range(0, len(part.listings), _AT_ONCE):
        answers += bundle.score(part.listings[start : start + _AT_ONCE])
        progress("evaluate", len(answers), len(part.listings))
    kept = [(row, answer) for row, answer in enumerate(answers) if not isinstance(answer, ItemError)]
    if not kept:
        raise ValueError(f"no listing of the {split.value} split of {dataset.folder} gets a verdict: {answers[0]}")
    listings = [part.listings[row] for row, _ in kept]
    rates = dataset.rates or default_rates()
    values = [slice_values(listing, rates) for listing in listings]
    heads = {
        head: HeadPredictions(
            np.array([answer.logits[head] for _, answer in kept]),
            np.array([answer.verdict.heads[head].probability for _, answer in kept]),
            part.answers_NH[[row for row, _ in kept], place],
            np.array([answer.verdict.heads[head].action.value for _, answer in kept]),
        )
        for place, head in enumerate(Head)
    }
    return Predictions(
        np.array([listing.id for listing in listings], dtype=object),
        np.array([listing.shop_id for listing in listings], dtype=object),
        heads,
        {name: np.array([value[name] for value in values], dtype=object) for name in SLICES},
        errors=len(answers) - len(kept),
    )


def latency_ms(bundle: Scorer, listings: Sequence[Listing]) -> float:
    """The median time of one verdict, in milliseconds, each listing asked alone; the first warms the networks up.

    Raises:
        ValueError: there are fewer than two listings.
    """
    if len(listings) < 2:
        raise ValueError(f"{len(listings)} listings are too few to time a verdict")
    spent = []
    for listing in listings:
        started = time.perf_counter()
        bundle.score([listing])
        spent.append(time.perf_counter() - started)
    return 1000 * median(spent[1:])
