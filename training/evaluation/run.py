"""Lets a bundle answer a dataset's listings: the verdicts that are measured are those that serving would give."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median
from typing import Protocol

import numpy as np
import numpy.typing as npt

from training.abreast import one_product_each
from training.ahead import ahead
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


@dataclass
class _Told:
    """What a bundle has answered so far, without the reasons: some numbers and names a listing.

    Attributes:
        asked: listings so far.
        rows: which of them have a verdict.
    """

    asked: int = 0
    rows: list[int] = field(default_factory=list)
    listings: list[str] = field(default_factory=list)
    shops: list[str | None] = field(default_factory=list)
    slices: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in SLICES})
    heads: dict[Head, list[tuple[float, float, str]]] = field(default_factory=lambda: {head: [] for head in Head})
    first_error: ItemError | None = None

    def add(self, listing: Listing, answer: Scored | ItemError, rates: Mapping[str, float]) -> None:
        self.asked += 1
        if isinstance(answer, ItemError):
            self.first_error = self.first_error or answer
            return
        self.rows.append(self.asked - 1)
        self.listings.append(listing.id)
        self.shops.append(listing.shop_id)
        for name, value in slice_values(listing, rates).items():
            self.slices[name].append(sys.intern(value))
        for head, verdict in answer.verdict.heads.items():
            self.heads[head].append((answer.logits[head], verdict.probability, verdict.action.value))

    def predictions(self, answers_NH: npt.NDArray[np.int64]) -> Predictions:
        heads = {}
        for place, head in enumerate(Head):
            logits, probabilities, actions = map(np.array, zip(*self.heads[head], strict=True))
            heads[head] = HeadPredictions(logits, probabilities, answers_NH[self.rows, place], actions)
        return Predictions(
            np.array(self.listings, dtype=object),
            np.array(self.shops, dtype=object),
            heads,
            {name: np.array(values, dtype=object) for name, values in self.slices.items()},
            errors=self.asked - len(self.rows),
        )


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
    rates = dataset.rates or default_rates()
    told = _Told()
    at_once = os.cpu_count() or 1
    with one_product_each(), ThreadPoolExecutor(at_once) as pool:
        chunks = part.listings.chunks(_AT_ONCE)
        for chunk, answers in ahead(lambda chunk: pool.submit(bundle.score, chunk), chunks, most=at_once + 1):
            for listing, answer in zip(chunk, answers, strict=True):
                told.add(listing, answer, rates)
            progress("evaluate", told.asked, len(part.listings))
    if not told.rows:
        where = f"the {split.value} split of {dataset.folder}"
        raise ValueError(f"no listing of {where} gets a verdict: {told.first_error}")
    return told.predictions(part.answers_NH)


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
