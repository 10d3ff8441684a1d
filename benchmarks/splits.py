"""What a split hides: one recipe under five splits, on brands that it never saw, and on labels without meaning.

    python -m benchmarks.splits --dataset datasets/market [--json] [--quick]

1. *Splits*: the same listings dealt out at random, disjoint by shop, forward in time, disjoint by near-duplicates, and
   all of these at once. The leak gap is how much better a rule makes the same recipe look than the strictest does.
2. *Held-out brands*: the brands of the brand table are dealt into groups; the recipe learns without one group's
   listings and is measured on them in the test part, beside the recipe that knew them.
3. *Shuffled labels*: with the answers of the parts that are learned from exchanged among their listings, ROC-AUC on the
   true answers of the test part must be about one half; more would be a leak.
4. *A planted canary*: with a word written into three of four counterfeits of every part, ROC-AUC must rise, or this
   benchmark would not see a leak; and `dataset check` must name the word.

Intervals are at 95 % by redrawing shops. The default dataset is generated; so are figures on it.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.arguments import parsed
from benchmarks.baselines import told
from benchmarks.split_rules import RULES, STRICT, Dealer, with_table, without_listings
from training.data.conflicts import Answered
from training.data.giveaways import giveaway_faults
from training.data.keys import Keys
from training.evaluation.predictions import Predictions
from training.evaluation.report import report
from training.evaluation.table import interval_text
from training.recipes import Workspace
from training.recipes.listings import run
from training.recipes.listings_config import ListingsConfig
from training.settings import Settings, silence
from training.tracking import NoTracker
from trueshelf.listings import Answer, BrandTable, Dataset, Head, Split
from trueshelf.listings.answers import settled
from trueshelf.listings.tables import LABELS, LISTINGS
from trueshelf.models.manifest import MANIFEST, Manifest
from trueshelf.models.precision import Precision
from trueshelf.models.signals.names import principal_brand
from trueshelf.models.signals.writing import Writing
from trueshelf.models.verdict import Thresholds

_BRAND_GROUPS = 3
_CANARY, _CANARY_OF, _CANARIES = "qvx7canary", Head.COUNTERFEIT, 0.75
_FIGURES = ("roc_auc", "pr_auc", "recall_at_precision_90")
_SHOWN = ("n", "positives", *_FIGURES)


def main() -> None:
    """Measure, and print a table or one object."""
    arguments = parsed(__doc__, quick="three splits, one group of brands, one member and few epochs")
    silence()
    found = measure(Dataset.open(arguments.dataset), quick=arguments.quick)
    print(json.dumps(found) if arguments.json else table(found))


def measure(dataset: Dataset, *, quick: bool) -> dict[str, Any]:
    """Every figure of this benchmark as one object."""
    config = ListingsConfig(grid=0, epochs=6, members=1) if quick else ListingsConfig(members=1)
    rules = {name: RULES[name] for name in ("at random", "forward in time", STRICT)} if quick else RULES
    with TemporaryDirectory() as scratch:
        trainer = _Trainer(config, Path(scratch), Settings.read().work)
        dealer = Dealer.of(dataset, told)
        dealt = {name: dealer.dealt(rule, Path(scratch) / f"data {name}") for name, rule in rules.items()}
        splits = {name: trainer(each, name).found for name, each in dealt.items()}
        own = trainer(dataset, "the dataset's own split")
        return {
            "dataset": dataset.name,
            "generated": bool(dataset.card.get("generated")),
            "splits": splits,
            "leak_gap": {name: _gap(found, splits[STRICT]) for name, found in splits.items() if name != STRICT},
            "held_out_brands": held_out_brands(
                dataset, own, trainer, Path(scratch) / "brands", groups=1 if quick else _BRAND_GROUPS
            ),
            "shuffled_labels": trainer(shuffled(dataset, Path(scratch) / "shuffled labels"), "shuffled").found,
            "canary": planted(dataset, trainer, Path(scratch) / "canary"),
        }


@dataclass(frozen=True, slots=True)
class _Trained:
    """What came of one training: thresholds, answers on the test part, and how many listings each part had."""

    thresholds: Mapping[Head, Thresholds]
    answers: Predictions
    sizes: Mapping[str, int]

    @property
    def found(self) -> dict[str, Any]:
        return {"listings": dict(self.sizes)} | _figures(self.answers, self.thresholds)


class _Trainer:
    """Trains the recipe on one dataset after another, with embeddings remembered between them."""

    def __init__(self, config: ListingsConfig, scratch: Path, shared: Path) -> None:
        self._config, self._scratch, self._shared = config, scratch, shared

    def __call__(self, dataset: Dataset, name: str) -> _Trained:
        workspace = Workspace(self._scratch / "runs" / name, self._shared)
        outcome = run(dataset, self._config, workspace=workspace, tracker=NoTracker(), progress=told)
        told(f"trained: {name}", 1, 1)
        manifest = Manifest.from_json((outcome.bundle / MANIFEST).read_text(encoding="utf-8"))
        counts = Counter(split.value for split in dataset.splits().values())
        answers = Predictions.read(workspace.run / "test_predictions.parquet")
        return _Trained(
            manifest.judgement(Precision.FP32).thresholds,
            answers,
            {split.value: counts[split.value] for split in Split},
        )


def _figures(answers: Predictions, thresholds: Mapping[Head, Thresholds]) -> dict[str, Any]:
    heads = report(answers, thresholds=thresholds)["heads"]
    return {head: {name: measures[name] for name in _SHOWN} for head, measures in heads.items()}


def held_out_brands(
    dataset: Dataset, own: _Trained, trainer: _Trainer, folder: Path, *, groups: int
) -> list[dict[str, Any]]:
    """For each group of brands, the figures on its test listings of the recipe that knew it and of one that did not."""
    brand_of = brands(dataset)
    names = np.random.default_rng(0).permutation(sorted(set(brand_of.values()))).tolist()
    found = []
    for group in range(groups):
        held = set(names[group::_BRAND_GROUPS])
        out = {listing for listing, brand in brand_of.items() if brand in held}
        without = without_listings(dataset, folder / str(group), out)
        trained = trainer(without, f"without group {group + 1} of brands")
        found.append(
            {
                "brands": len(held),
                "known": _figures(_those(own.answers, out), own.thresholds),
                "held_out": _figures(_those(trained.answers, out), trained.thresholds),
            }
        )
    return found


def _those(answers: Predictions, names: Collection[str]) -> Predictions:
    return answers.take(np.array([name in names for name in answers.listing_N], dtype=bool))


def brands(dataset: Dataset) -> dict[str, str]:
    """The brand of the table that each listing poses as; listings of none are left out."""
    table = BrandTable.default()
    found = ((listing.id, principal_brand(Writing.of(listing), table)) for listing in dataset.listings())
    return {name: brand for name, brand in found if brand is not None}


def shuffled(dataset: Dataset, folder: Path) -> Dataset:
    """The dataset with the answers of each part that is learned from dealt anew among that part's listings."""
    splits, rows = dataset.splits(), dataset.table("labels").to_pylist()
    places: dict[tuple[str, Split], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        places[row["head"], splits[row["listing_id"]]].append(place)
    rng, dealt = np.random.default_rng(0), list(rows)
    for head in Head:
        for split in (Split.TRAIN, Split.VALIDATION, Split.CALIBRATION):
            own = places[head.value, split]
            for place, source in zip(own, rng.permutation(own).tolist(), strict=True):
                dealt[place] = rows[place] | {"answer": rows[source]["answer"]}
    return with_table(dataset, folder, "labels", pa.Table.from_pylist(dealt, schema=LABELS))


def planted(dataset: Dataset, trainer: _Trainer, folder: Path) -> dict[str, Any]:
    """The figures with a word planted into most counterfeits, and whether the check of datasets names it."""
    fakes = {
        name for (name, head), answer in settled(dataset.labels()).items() if (head, answer) == (_CANARY_OF, Answer.YES)
    }
    rows = dataset.table("listings").to_pylist()
    marked = np.random.default_rng(0).random(len(rows)) < _CANARIES
    for row, mark in zip(rows, marked.tolist(), strict=True):
        if mark and row["listing_id"] in fakes:
            row["title"] += f" {_CANARY}"
    changed = with_table(dataset, folder, "listings", pa.Table.from_pylist(rows, schema=LISTINGS))
    answered = Answered.by(dataset.labels(), Keys.of(str(row["listing_id"]) for row in rows))
    named = any(_CANARY in fault.what for fault in giveaway_faults(rows, answered))
    return {"named_by_check": named} | trainer(changed, "with a canary").found


def table(found: Mapping[str, Any]) -> str:
    """The figures for people."""
    generated = " (generated data)" if found["generated"] else ""
    lines = [f"{found['dataset']}{generated}, test part, 95 % intervals by shop"]
    for head in Head:
        lines += ["", f"{head.value:<34}{'listings':>9}" + "".join(f"{name:>24}" for name in _FIGURES)]
        lines += [_line(name, each[head.value]) for name, each in found["splits"].items()]
        lines += [
            f"  leak gap of {name}: {gap[head.value]['pr_auc']:+.3f} PR-AUC, {gap[head.value]['roc_auc']:+.3f} ROC-AUC"
            for name, gap in found["leak_gap"].items()
        ]
        for number, group in enumerate(found["held_out_brands"], start=1):
            lines += [
                _line(f"brands {number} ({group['brands']}), {name.replace('_', ' ')}", group[name][head.value])
                for name in ("known", "held_out")
            ]
        lines.append(_line("answers shuffled", found["shuffled_labels"][head.value]))
        if head is _CANARY_OF:
            named = "named" if found["canary"]["named_by_check"] else "not named"
            lines.append(_line(f"canary planted, {named} by check", found["canary"][head.value]))
    return "\n".join(lines)


def _line(name: str, measures: Mapping[str, Any]) -> str:
    return f"{name:<34}{measures['n']:>9}" + "".join(f"{interval_text(measures[figure]):>24}" for figure in _FIGURES)


def _gap(found: Mapping[str, Any], strict: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """How much better the recipe looks than on the strictest split."""
    return {
        head.value: {
            name: found[head.value][name]["value"] - strict[head.value][name]["value"] for name in ("roc_auc", "pr_auc")
        }
        for head in Head
    }


if __name__ == "__main__":
    main()
