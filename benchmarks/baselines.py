"""Trueshelf beside other models on one strict split, and int8 beside fp32; `benchmarks.splits` has other splits.

    python -m benchmarks.baselines --dataset datasets/market [--json] [--quick]

Every model is fitted on the training split, calibrated and given its action threshold on the calibration split, and
measured on the test split. Intervals are at 95 % by redrawing shops; those of a lead redraw the same shops for both
models. The default dataset is generated; so are figures on it.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.contest import entered, lead
from benchmarks.ours import OURS, ours
from benchmarks.peers import PEERS
from benchmarks.seen import look
from training.evaluation.flips import flips
from training.evaluation.predictions import Predictions
from training.evaluation.report import measured
from training.evaluation.run import evaluate_bundle
from training.recipes import Workspace
from training.recipes.listings import run
from training.recipes.listings_config import ListingsConfig
from training.settings import Settings, silence
from training.tracking import NoTracker
from trueshelf.listings import Dataset, Head, Split
from trueshelf.models.bundle import Bundle
from trueshelf.models.precision import Precision
from trueshelf.models.verdict import Thresholds

_LEADS = {"pr_auc": "PR-AUC", "recall_at_precision_90": "recall@precision 90", "recall_at_bound": "recall at bound"}
_COLUMNS = {**_LEADS, "false_action_rate": "false actions", "ece": "ECE"}
_TRUST = {
    "brier": "Brier",
    "ece": "ECE",
    "ks_error": "ECE, no bins",
    "tail_error": "too sure above 0.8",
    "false_action_rate": "false actions",
}
ARGUMENTS = (
    ("--dataset", {"type": Path, "default": Path("datasets/market"), "help": "a dataset folder with splits"}),
    ("--json", {"action": "store_true", "help": "one JSON object on stdout"}),
    ("--quick", {"action": "store_true", "help": "the whole photo only, few epochs"}),
)


def main() -> None:
    """Measure, and print a table or one object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, options in ARGUMENTS:
        parser.add_argument(name, **options)
    arguments = parser.parse_args()
    silence()
    found = measure(Dataset.open(arguments.dataset), quick=arguments.quick)
    print(json.dumps(found) if arguments.json else table(found))


def measure(dataset: Dataset, *, quick: bool) -> dict[str, Any]:
    """Every figure of this benchmark as one object."""
    config = ListingsConfig(grid=0, epochs=8) if quick else ListingsConfig()
    shared = Settings.read().work
    with TemporaryDirectory() as scratch:
        strict = run(
            dataset, config, workspace=Workspace(Path(scratch) / "strict", shared), tracker=NoTracker(), progress=told
        )
        found: dict[str, Any] = {
            "dataset": dataset.name,
            "generated": bool(dataset.card.get("generated")),
            **contest(dataset, Path(scratch) / "strict", config, shared),
            "int8": int8_flips(strict.bundle, dataset),
        }
    return found


def contest(dataset: Dataset, folder: Path, config: ListingsConfig, shared: Path) -> dict[str, Any]:
    """Every model's figures, and by how much the model of the run in `folder` is ahead of each of the others."""
    bundle = Bundle.load(folder / "bundle", threads=os.cpu_count() or 1)
    seen = look(dataset, bundle, shared, told)
    entries = {}
    for name, model in {**ours(bundle, folder, seen[Split.TRAIN], config), **PEERS}.items():
        entries[name] = entered(model, seen)
        told(f"fit {name}", 1, 1)
    return {
        "models": {name: entry.headline() for name, entry in entries.items()},
        "lead": {name: lead(entries[OURS], entry) for name, entry in entries.items() if name != OURS},
    }


def int8_flips(folder: Path, dataset: Dataset) -> dict[str, Any]:
    """How many verdicts on the test split change with int8 encoders, how far probabilities move, and how far either
    precision's can be taken at their word; each is calibrated and has thresholds by itself."""
    bundles = [Bundle.load(folder, precision=each, threads=os.cpu_count() or 1) for each in Precision]
    answers = [evaluate_bundle(bundle, dataset, Split.TEST, progress=told) for bundle in bundles]
    changed = flips(*answers)
    return {
        head.value: changed[head.value]
        | {
            bundle.precision.value: _trust(said, head, bundle.thresholds[head])
            for bundle, said in zip(bundles, answers, strict=True)
        }
        for head in Head
    }


def _trust(predictions: Predictions, head: Head, thresholds: Thresholds) -> dict[str, Any]:
    found = measured(predictions.labelled(head), head, thresholds)
    return {name: found[name].to_dict() for name in _TRUST}


def table(found: Mapping[str, Any]) -> str:
    """The figures for people."""
    lines = [
        f"{found['dataset']}{' (generated data)' if found['generated'] else ''}, test split, 95 % intervals by shop",
        "",
    ]
    for head in Head:
        lines += _rows(head.value, "", _COLUMNS, {name: heads[head.value] for name, heads in found["models"].items()})
        lines += _rows(
            f"{OURS} is ahead by", "+", _LEADS, {name: heads[head.value] for name, heads in found["lead"].items()}
        )
        changed = found["int8"][head.value]
        lines.append(
            f"int8: {changed['flips']} of {changed['listings']} verdicts flip, {changed['flips_at_act']} at act"
        )
        lines += ["", *_rows("", "", _TRUST, {each.value: changed[each.value] for each in Precision})]
    return "\n".join(lines)


def told(stage: str, done: int, total: int) -> None:
    """Progress on stderr, a line a stage."""
    if done == total:
        print(stage, file=sys.stderr)


def _rows(
    title: str, sign: str, columns: Mapping[str, str], figures: Mapping[str, Mapping[str, Mapping[str, float | None]]]
) -> list[str]:
    lines = [f"{title:<32}" + "".join(f"{column:>26}" for column in columns.values())]
    for name, measures in figures.items():
        lines.append(f"{name:<32}" + "".join(f"{_interval(measures[each], sign):>26}" for each in columns))
    return [*lines, ""]


def _interval(measure: Mapping[str, float | None], sign: str) -> str:
    value, low, high = (measure[name] for name in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return "–"
    return f"{value:{sign}.3f} ({low:{sign}.3f} to {high:{sign}.3f})"


if __name__ == "__main__":
    main()
