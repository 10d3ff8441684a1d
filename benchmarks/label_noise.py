"""How well planted label errors are found, and what leaving suspected answers out does for the trees.

    python -m benchmarks.label_noise [--dataset datasets/market] [--json] [--quick]

Some of the known answers of the training split are turned round, in the dataset itself, so that all that reads labels
(known photos, shops' histories) reads the wrong ones too. Precision and recall are those of the report against the
planted errors, for which an error that was there before counts as a false alarm; the ROC-AUC is that of the margin over
all answers. Average precision of the trees alone, without and with suspects dropped, is on the validation split, whose
answers stay as they are; the row without planted errors is the clean one.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.metrics import roc_auc_score

from benchmarks.arguments import parsed
from benchmarks.baselines import told
from benchmarks.ours import said
from training.boosting import BoostConfig, boosted
from training.data.parts import UNKNOWN, Part, read_parts
from training.evaluation.metrics import average_precision
from training.examples import Examples
from training.forgetting import forgetful
from training.hearing import Heard, heard
from training.recipes import Workspace
from training.recipes.listings_config import ListingsConfig
from training.recipes.preparation import Prepared, prepared
from training.recipes.sellers import who
from training.settings import Settings, silence
from training.suspects import Doubts, doubted, undoubted
from training.tracking import NoTracker
from trueshelf.listings import Answer, Dataset, Head, Split
from trueshelf.listings.tables import LABELS

Bools = npt.NDArray[np.bool_]

_LEVELS = (0.0, 0.05, 0.1, 0.2)
_QUICK = (0.0, 0.1)
_READ = (Split.TRAIN, Split.VALIDATION)
_OTHER = {Answer.YES.value: Answer.NO.value, Answer.NO.value: Answer.YES.value}


def main() -> None:
    """Measure, and print a table or one object."""
    arguments = parsed(__doc__, quick="no errors and 10 % only")
    silence()
    found = measure(Dataset.open(arguments.dataset), _QUICK if arguments.quick else _LEVELS)
    sys.stdout.write((json.dumps(found) if arguments.json else table(found)) + "\n")


def measure(dataset: Dataset, levels: Sequence[float]) -> dict[str, Any]:
    """Every figure of this benchmark as one object."""
    return {
        "dataset": dataset.name,
        "generated": bool(dataset.card.get("generated")),
        "levels": {f"{level:g}": _level(dataset, level) for level in levels},
    }


def planted(dataset: Dataset, folder: Path, share: float, *, seed: int = 0) -> Dataset:
    """The same dataset in another folder, with `share` of the training split's known answers turned round."""
    train = read_parts(dataset, only=(Split.TRAIN,))[Split.TRAIN]
    wrong_NH = turned(train, share, seed=seed)
    ids = [listing.id for listing in train.listings]
    wrong = {(ids[row], list(Head)[place].value) for row, place in np.argwhere(wrong_NH).tolist()}
    rows = [
        {**row, "answer": _OTHER.get(row["answer"], row["answer"])}
        if (row["listing_id"], row["head"]) in wrong
        else row
        for row in dataset.label_table(list(LABELS)).to_pylist()
    ]
    folder.mkdir()
    for path in dataset.folder.iterdir():
        if path.name != "labels.parquet":
            (folder / path.name).symlink_to(path.resolve())
    pq.write_table(pa.Table.from_pylist(rows, schema=LABELS), folder / "labels.parquet")
    return Dataset.open(folder)


def turned(train: Part, share: float, *, seed: int) -> Bools:
    """Which answers [N, H] are turned round."""
    drawn_NH = np.random.default_rng(seed).random(train.answers_NH.shape) < share
    wrong_NH: Bools = drawn_NH & (train.answers_NH != UNKNOWN)
    return wrong_NH


def _level(dataset: Dataset, share: float, *, seed: int = 0) -> dict[str, Any]:
    wrong_NH = turned(read_parts(dataset, only=(Split.TRAIN,))[Split.TRAIN], share, seed=seed)
    with TemporaryDirectory() as scratch:
        noisy = planted(dataset, Path(scratch) / "noisy", share, seed=seed)
        parts, shops, config = dict(read_parts(noisy, only=_READ)), noisy.shops(), ListingsConfig()
        parts[Split.TRAIN] = train = forgetful(parts[Split.TRAIN], config.shop_dropout)
        behind = [who(listing, shops) for listing in train.listings]
        workspace = Workspace(Path(scratch) / "run", Settings.read().work)
        with prepared(noisy, parts, config, workspace=workspace, tracker=NoTracker(), progress=told) as ready:
            return _figures(ready, behind, wrong_NH)


def _figures(ready: Prepared, behind: Sequence[str | None], wrong_NH: Bools) -> dict[str, Any]:
    train, config = ready.seen.examples[Split.TRAIN], BoostConfig()

    def listened(examples: Examples) -> list[Heard]:
        return heard(examples, lambda rows: [behind[row] for row in rows], buckets=ready.sizes.buckets)

    heads = listened(train)
    start = perf_counter()
    doubts = [doubted(each, config) for each in heads]
    seconds = perf_counter() - start
    found = {
        "untreated": _average_precisions(heads, ready),
        "dropped": _average_precisions(listened(undoubted(train, doubts)), ready),
    }
    return {"seconds": seconds} | {
        head.value: _report(each, wrong_NH[each.rows_N, place])
        | {f"pr_auc_{name}": values[place] for name, values in found.items()}
        for place, (head, each) in enumerate(zip(Head, doubts, strict=True))
    }


def _average_precisions(heads: Sequence[Heard], ready: Prepared) -> list[float | None]:
    """Of the trees on the validation split, by head."""
    trees, validation = boosted(heads, ready.sizes, BoostConfig()), ready.seen.examples[Split.VALIDATION]
    score_NH = said([trees], validation)
    known_NH = validation.answers_NH != UNKNOWN
    return [
        average_precision(validation.answers_NH[known_NH[:, place], place] == 1, score_NH[known_NH[:, place], place])
        for place in range(len(Head))
    ]


def _report(doubts: Doubts, wrong_N: Bools) -> dict[str, Any]:
    """What the report finds of the planted errors."""
    found = int((doubts.suspected_N & wrong_N).sum())
    suspected, planted_errors = int(doubts.suspected_N.sum()), int(wrong_N.sum())
    told_N = ~np.isnan(doubts.probability_N)
    joint_22 = doubts.joint_22
    return {
        "answers": len(wrong_N),
        "planted": planted_errors,
        "planted_yes_that_are_no": int((wrong_N & doubts.yes_N).sum()),
        "estimated_yes_that_are_no": joint_22[1, 0].item(),
        "planted_no_that_are_yes": int((wrong_N & ~doubts.yes_N).sum()),
        "estimated_no_that_are_yes": joint_22[0, 1].item(),
        "suspected": suspected,
        "precision": found / suspected if suspected and planted_errors else None,
        "recall": found / planted_errors if planted_errors else None,
        "roc_auc_of_margin": roc_auc_score(wrong_N[told_N], doubts.margin_N[told_N]) if planted_errors else None,
    }


def table(found: Mapping[str, Any]) -> str:
    """The figures for people."""
    generated = " (generated data)" if found["generated"] else ""
    lines = [f"{found['dataset']}{generated}: errors planted in training answers; trees' PR-AUC in validation"]
    columns = ("planted", "suspected", "precision", "recall", "AUC", "est. wrong", "untreated", "dropped")
    for head in Head:
        lines += ["", f"{head.value:<16}" + "".join(f"{column:>12}" for column in columns)]
        for level, values in found["levels"].items():
            each = values[head.value]
            estimated = each["estimated_yes_that_are_no"] + each["estimated_no_that_are_yes"]
            cells = [
                f"{each['planted']}",
                f"{each['suspected']}",
                *(_figure(each[name]) for name in ("precision", "recall", "roc_auc_of_margin")),
                f"{estimated:.0f}",
                *(_figure(each[f"pr_auc_{name}"]) for name in ("untreated", "dropped")),
            ]
            lines.append(f"{float(level):<16.0%}" + "".join(f"{cell:>12}" for cell in cells))
    return "\n".join(lines)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main()
