"""Trueshelf beside simpler models on one strict split, the leak gap of a random split, and int8 beside fp32.

    python -m benchmarks.baselines --dataset datasets/market [--json] [--quick]

Every model is fitted on the training split, calibrated and given its action threshold on the calibration split, and
measured on the test split. Intervals are at 95 % by redrawing shops. The default dataset is generated; so are figures
on it.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.peers import PEERS, Floats, Seen
from training.data.parts import UNKNOWN, read_parts
from training.embeddings import DiskCache
from training.encoders import image_graph, text_graph
from training.evaluation.predictions import SLICES, HeadPredictions, Predictions
from training.evaluation.report import report
from training.evaluation.run import evaluate_bundle
from training.evaluation.slices import slice_values
from training.recipes import Workspace
from training.recipes.listings import ListingsConfig, perceived, run, who
from training.settings import Settings, silence
from training.tracking import NoTracker
from trueshelf.listings import Dataset, Head, Split
from trueshelf.listings.tables import SPLITS
from trueshelf.models.bundle import Bundle, Precision
from trueshelf.models.calibration import Calibrator
from trueshelf.models.encoders import ImageEncoder, TextEncoder, ViewSpec
from trueshelf.models.perception import Perceiver
from trueshelf.models.thresholds import fit_thresholds
from trueshelf.models.verdict import Thresholds

OURS = "trueshelf"
ARGUMENTS = (
    ("--dataset", {"type": Path, "default": Path("datasets/market"), "help": "a dataset folder with splits"}),
    ("--json", {"action": "store_true", "help": "one JSON object on stdout"}),
    ("--quick", {"action": "store_true", "help": "the whole photo only, few epochs, no random split"}),
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
        ours = run(
            dataset, config, workspace=Workspace(Path(scratch) / "strict", shared), tracker=NoTracker(), progress=told
        )
        found: dict[str, Any] = {
            "dataset": dataset.name,
            "generated": bool(dataset.card.get("generated")),
            "models": {OURS: _headline(ours.report), **peers(dataset, config, shared)},
            "int8": int8_flips(ours.bundle, dataset),
        }
        if not quick:
            shuffled = at_random(dataset, Path(scratch) / "shuffled")
            leaky = run(
                shuffled,
                config,
                workspace=Workspace(Path(scratch) / "random", shared),
                tracker=NoTracker(),
                progress=told,
            )
            found["leak_gap"] = leak_gap(leaky.report, ours.report)
    return found


def peers(dataset: Dataset, config: ListingsConfig, shared: Path) -> dict[str, Any]:
    """Every peer's headline figures."""
    seen = look(dataset, config, shared)
    shops = dataset.shops()
    behind = [who(listing, shops) for listing in seen[Split.CALIBRATION].part.listings]
    found = {}
    for name, peer in PEERS.items():
        told(f"fit {name}", 0, 1)
        heads, thresholds = {}, {}
        for place, head in enumerate(Head):
            calibration_N, test_N = peer(seen[Split.TRAIN], [seen[Split.CALIBRATION], seen[Split.TEST]], place)
            calibrated = _calibrated(calibration_N, seen[Split.CALIBRATION].part.answers_NH[:, place], behind)
            heads[head] = _answers(test_N, seen[Split.TEST].part.answers_NH[:, place], *calibrated)
            thresholds[head] = calibrated[1]
        found[name] = _headline(report(_predictions(seen[Split.TEST], heads), thresholds=thresholds))
        told(f"fit {name}", 1, 1)
    return found


def look(dataset: Dataset, config: ListingsConfig, shared: Path) -> dict[Split, Seen]:
    """Every split as the recipe itself sees it; embeddings come from the recipe's cache."""
    image, text = image_graph(config.image_encoder, shared), text_graph(config.text_encoder, shared)
    threads = os.cpu_count() or 1
    with DiskCache(shared / "embeddings") as cache:
        perceiver = Perceiver(
            ImageEncoder.open(image.path, image.spec, threads=threads),
            TextEncoder.open(text.path, text.tokenizer, text.spec, threads=threads),
            ViewSpec(config.grid),
            cache=cache,
            threads=threads,
        )
        return {
            split: Seen(part, perceived(perceiver, part.listings, told, split.value), dataset.rates)
            for split, part in read_parts(dataset).items()
        }


def at_random(dataset: Dataset, folder: Path) -> Dataset:
    """The same listings in splits of the same sizes dealt out by chance, as a careless benchmark would."""
    splits = dataset.splits()
    names = sorted(splits)
    values = np.random.default_rng(0).permutation([splits[name].value for name in names])
    folder.mkdir()
    for path in dataset.folder.iterdir():
        if path.name != "splits.parquet":
            (folder / path.name).symlink_to(path.resolve())
    write_splits(folder, dict(zip(names, values.tolist(), strict=True)))
    return Dataset.open(folder)


def write_splits(folder: Path, splits: Mapping[str, str]) -> None:
    """Write `splits.parquet`."""
    rows = [{"listing_id": name, "split": split, "reason": None} for name, split in splits.items()]
    pq.write_table(pa.Table.from_pylist(rows, schema=SPLITS), folder / "splits.parquet")


def leak_gap(random_split: Mapping[str, Any], strict: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """How much better the same recipe looks when its split leaks."""
    return {
        head: {
            name: random_split["heads"][head][name]["value"] - strict["heads"][head][name]["value"]
            for name in ("roc_auc", "pr_auc")
        }
        for head in strict["heads"]
    }


def int8_flips(folder: Path, dataset: Dataset) -> dict[str, Any]:
    """How many verdicts on the test split change with int8 encoders, and how far probabilities move."""
    fp32 = evaluate_bundle(Bundle.load(folder, threads=os.cpu_count() or 1), dataset, Split.TEST, progress=told)
    int8 = evaluate_bundle(
        Bundle.load(folder, precision=Precision.INT8, threads=os.cpu_count() or 1), dataset, Split.TEST, progress=told
    )
    return {"listings": len(fp32)} | {
        head.value: {
            "flips": int(np.sum(fp32.heads[head].action_N != int8.heads[head].action_N)),
            "flips_at_act": int(np.sum(fp32.heads[head].acted != int8.heads[head].acted)),
            "median_difference": float(
                np.median(np.abs(fp32.heads[head].probability_N - int8.heads[head].probability_N))
            ),
            "largest_difference": float(
                np.max(np.abs(fp32.heads[head].probability_N - int8.heads[head].probability_N))
            ),
        }
        for head in Head
    }


def table(found: Mapping[str, Any]) -> str:
    """The figures for people."""
    lines = [
        f"{found['dataset']}{' (generated data)' if found['generated'] else ''}, test split, 95 % intervals by shop",
        "",
    ]
    for head in Head:
        lines.append(f"{head.value:<30} {'PR-AUC':>22} {'recall@precision 90':>24} {'recall at bound':>24} {'ECE':>24}")
        for name, heads in found["models"].items():
            measures = (
                heads[head.value][each] for each in ("pr_auc", "recall_at_precision_90", "recall_at_bound", "ece")
            )
            lines.append(f"{name:<30} " + " ".join(f"{_interval(measure):>23}" for measure in measures))
        if "leak_gap" in found:
            gap = found["leak_gap"][head.value]
            lines.append(
                f"a random split would flatter it by {gap['pr_auc']:+.3f} PR-AUC, {gap['roc_auc']:+.3f} ROC-AUC"
            )
        flips = found["int8"][head.value]
        lines.append(
            f"int8: {flips['flips']} of {found['int8']['listings']} verdicts flip, {flips['flips_at_act']} at act"
        )
        lines.append("")
    return "\n".join(lines)


def told(stage: str, done: int, total: int) -> None:
    """Progress on stderr, a line a stage."""
    if done == total:
        print(stage, file=sys.stderr)


def _headline(found: Mapping[str, Any]) -> dict[str, Any]:
    heads: dict[str, Any] = found["heads"]
    return heads


def _calibrated(score_N: Floats, answers_N: Any, behind: Sequence[str | None]) -> tuple[Calibrator, Thresholds]:
    known_N = answers_N != UNKNOWN
    calibrator = Calibrator.fit(score_N[known_N], answers_N[known_N] == 1)
    probability_N = calibrator(score_N)
    no_N = answers_N == 0
    return calibrator, fit_thresholds(
        probability_N[no_N], probability_N, groups=[each for each, no in zip(behind, no_N, strict=True) if no]
    )


def _answers(score_N: Floats, label_N: Any, calibrator: Calibrator, thresholds: Thresholds) -> HeadPredictions:
    probability_N = calibrator(score_N)
    actions = np.array([thresholds.action(float(probability)).value for probability in probability_N])
    return HeadPredictions(score_N, probability_N, label_N, actions)


def _predictions(seen: Seen, heads: Mapping[Head, HeadPredictions]) -> Predictions:
    listings = seen.part.listings
    values = [slice_values(listing, seen.rates) for listing in listings]
    return Predictions(
        np.array([listing.id for listing in listings], dtype=object),
        np.array([listing.shop_id for listing in listings], dtype=object),
        heads,
        {name: np.array([value[name] for value in values], dtype=object) for name in SLICES},
    )


def _interval(measure: Mapping[str, float | None]) -> str:
    if measure["value"] is None:
        return "–"
    return f"{measure['value']:.3f} ({measure['low']:.3f}–{measure['high']:.3f})"


if __name__ == "__main__":
    main()
