"""Whether explanations are true: taking away what a reason names must move the score more than another deletion does.

    python -m benchmarks.explanations --model latest --dataset datasets/market [--json] [--quick]

1. *Reasons*: for the test listings that have something found in them, what the reason names (a word, a price, a photo)
   is deleted from the listing itself, and the model answers again; beside it, another thing of the same kind, drawn at
   random, is deleted instead.
2. *Maps*: the cells of a photo that its map marks hottest are blurred, beside as many cells in a block drawn at random.

Both report how far the head's log-odds fall, and in what share of cases the named thing moves it further. Intervals are
at 95 % by redrawing shops.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.arguments import parsed
from benchmarks.baselines import told
from benchmarks.deletions import deletable, deleted, others
from training.evaluation.bootstrap import clusters, intervals
from training.evaluation.table import interval_text
from training.measuring import dataset_of
from training.registry import resolve
from training.settings import Settings, silence
from trueshelf.listings import Dataset, Head, Listing, Split
from trueshelf.models.bundle import Bundle
from trueshelf.models.heatmap import CELLS, Box, blurred, heatmaps, log_odds_of, small, with_photo
from trueshelf.models.reasons import MODALITIES
from trueshelf.models.verdict import Verdict

Floats = npt.NDArray[np.float64]

_MOST_LISTINGS = 600
_MOST_PHOTOS = 60
_DRAWS = 4
_BLOCK = 2


@dataclass(frozen=True, slots=True)
class Trial:
    """By how much a head's log-odds fell when the named thing was taken away, and on average when another was."""

    name: str
    shop: str
    named: float
    random: float


def main() -> None:
    """Measure, and print a table or one object."""
    arguments = parsed(__doc__, quick="fewer listings and photos", model=True)
    silence()
    model = resolve(arguments.model, Settings.read())
    dataset = dataset_of(model, arguments.dataset)
    bundle = Bundle.load(model.folder, threads=os.cpu_count() or 1)
    found = measure(bundle, dataset, quick=arguments.quick)
    print(json.dumps(found) if arguments.json else table(found))


def measure(bundle: Bundle, dataset: Dataset, *, quick: bool) -> dict[str, Any]:
    """Every figure of this benchmark as one object."""
    splits = dataset.splits()
    listings = [listing for listing in dataset.listings() if splits.get(listing.id) is Split.TEST]
    answers = bundle.predict(listings)
    judged = [(listing, each) for listing, each in zip(listings, answers, strict=True) if isinstance(each, Verdict)]
    most = (60, 8) if quick else (_MOST_LISTINGS, _MOST_PHOTOS)
    by_reason = list(reason_trials(bundle, judged, most[0]))
    by_map = list(map_trials(bundle, judged, most[1]))
    grouped = defaultdict(list)
    for trial in by_reason:
        grouped[trial.name].append(trial)
    return {
        "dataset": dataset.name,
        "generated": bool(dataset.card.get("generated")),
        "reasons": summary(by_reason) | {"by_code": {name: summary(group) for name, group in sorted(grouped.items())}},
        "maps": summary(by_map),
    }


def reason_trials(bundle: Bundle, judged: Sequence[tuple[Listing, Verdict]], most: int) -> Iterator[Trial]:
    """A trial for every reason that names something which can be taken away, of at most so many listings."""
    rng = np.random.default_rng(0)
    done = 0
    for listing, verdict in judged:
        named = [reason for reason in verdict.reasons if reason.code not in MODALITIES and deletable(listing, reason)]
        if not named or done == most:
            continue
        done += 1
        whole_H = log_odds_of(bundle, [listing])[0]
        for reason in named:
            without = deleted(listing, reason)
            controls = others(listing, reason, rng, count=_DRAWS)
            if controls:
                fell_NH = whole_H - log_odds_of(bundle, [without, *controls])
                place = list(Head).index(reason.head)
                yield Trial(
                    reason.code.value,
                    listing.shop_id or listing.id,
                    float(fell_NH[0, place]),
                    float(fell_NH[1:, place].mean()),
                )
        told("reasons", done, most)


def map_trials(bundle: Bundle, judged: Sequence[tuple[Listing, Verdict]], most: int) -> Iterator[Trial]:
    """A trial for the first photo of so many listings, those with the highest probabilities of a counterfeit."""
    rng = np.random.default_rng(0)
    shown = [pair for pair in judged if pair[0].photos]
    shown.sort(key=lambda pair: -pair[1].heads[Head.COUNTERFEIT].probability)
    place = list(Head).index(Head.COUNTERFEIT)
    for done, (listing, _) in enumerate(shown[:most], start=1):
        heat_GG = heatmaps(bundle, listing, 0)[Head.COUNTERFEIT].heat_GG
        boxes = [_hottest_block(heat_GG), *(_any_block(rng) for _ in range(_DRAWS))]
        image = small(listing.photos[0])
        pictures = [image, *(blurred(image, [box]) for box in boxes)]
        log_odds_N = log_odds_of(bundle, [with_photo(listing, 0, picture) for picture in pictures])[:, place]
        fell_N = log_odds_N[0] - log_odds_N[1:]
        yield Trial("map", listing.shop_id or listing.id, float(fell_N[0]), float(fell_N[1:].mean()))
        told("maps", done, most)


def summary(trials: Sequence[Trial]) -> dict[str, Any]:
    """Mean falls and the share of trials in which the named thing moved the score further, with intervals."""
    if not trials:
        return {"n": 0}
    named_N, random_N = (np.array([getattr(trial, side) for trial in trials]) for side in ("named", "random"))
    more_N = (np.abs(named_N) > np.abs(random_N)).astype(float)

    def measured(weight_RN: Floats) -> Mapping[str, Floats]:
        total_R = weight_RN.sum(axis=1)
        values = {"named": named_N, "random": random_N, "difference": named_N - random_N, "share_further": more_N}
        return {name: weight_RN @ value_N / total_R for name, value_N in values.items()}

    found = intervals(measured, clusters([trial.shop for trial in trials]))
    return {"n": len(trials)} | {name: each.to_dict() for name, each in found.items()}


def table(found: Mapping[str, Any]) -> str:
    """The figures for people."""
    generated = " (generated data)" if found["generated"] else ""
    lines = [
        f"{found['dataset']}{generated}, test part; log-odds by which the verdict falls, 95 % intervals by shop",
        f"{'taken away':<26}{'n':>6}{'what is named':>24}{'another at random':>24}{'named moves it further':>26}",
    ]
    rows = {"all reasons": found["reasons"], **found["reasons"]["by_code"], "hottest part of a map": found["maps"]}
    lines += [
        f"{name:<26}{each['n']:>6}{interval_text(each['named']):>24}{interval_text(each['random']):>24}"
        f"{interval_text(each['share_further']):>26}"
        for name, each in rows.items()
        if each["n"]
    ]
    return "\n".join(lines)


def _hottest_block(heat_GG: Floats) -> Box:
    sums = np.array(
        [[heat_GG[row : row + _BLOCK, column : column + _BLOCK].sum() for column in _starts()] for row in _starts()]
    )
    row, column = divmod(int(sums.argmax()), len(sums))
    return _box(row, column)


def _any_block(rng: np.random.Generator) -> Box:
    row, column = rng.integers(len(_starts()), size=2).tolist()
    return _box(row, column)


def _starts() -> range:
    return range(CELLS - _BLOCK + 1)


def _box(row: int, column: int) -> Box:
    return column / CELLS, row / CELLS, (column + _BLOCK) / CELLS, (row + _BLOCK) / CELLS


if __name__ == "__main__":
    main()
