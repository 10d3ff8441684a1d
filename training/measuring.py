"""Measures a model that a user names on a dataset that a user names, or on the one it was made from."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from training.evaluation.predictions import Predictions
from training.evaluation.report import report
from training.evaluation.run import evaluate_bundle
from training.progress import Progress
from training.registry import Model
from training.settings import Settings
from trueshelf.listings import Dataset, Split
from trueshelf.models.bundle import Bundle
from trueshelf.models.disk_cache import DiskCache
from trueshelf.models.precision import Precision

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Measured:
    """A model with its answers about a split, and what they are worth."""

    model: Model
    bundle: Bundle
    predictions: Predictions
    report: "Mapping[str, Any]"


def measure(
    model: Model,
    dataset: Dataset,
    *,
    split: Split | None,
    settings: Settings,
    progress: Progress,
    precision: Precision = Precision.FP32,
) -> Measured:
    """Measure a model on a split; photos and texts that were embedded before are not embedded again.

    Args:
        split: None for all listings, whatever split they are in.
        precision: the encoders' arithmetic, with the calibrators and thresholds that were fitted to it.

    Raises:
        BundleError: the bundle is altered, does not give its golden outputs, or does not offer the precision.
        ValueError: the split cannot be measured on.
    """
    if split is None:
        dataset, measured_on = _Whole(dataset.folder, dataset.card), Split.TEST
    else:
        _require_listings(dataset, split)
        measured_on = split
    with DiskCache(settings.work / "embeddings") as cache:
        bundle = Bundle.load(model.folder, precision=precision, threads=os.cpu_count() or 1)
        predictions = evaluate_bundle(bundle.remembering(cache), dataset, measured_on, progress=progress)
    found = report(
        predictions,
        thresholds=bundle.thresholds,
        prevalences=bundle.prevalences,
        model=model.label if precision is Precision.FP32 else f"{model.label} in {precision.value}",
        dataset=dataset.name,
        split="all" if split is None else split.value,
        generated=bool(dataset.card.get("generated")),
    )
    return Measured(model, bundle, predictions, found)


def dataset_of(model: Model, folder: Path | None) -> Dataset:
    """The dataset in a folder; where None is named, the one that the model was made from.

    Raises:
        ValueError: the dataset's tables are not those of its card; or no folder is named, and the one that the model
            was made from is unknown, gone or has changed.
    """
    opened = folder or model.dataset_folder
    if opened is None:
        raise ValueError(f"it is not known what {model.label} was made from: give --dataset DIR")
    dataset = Dataset.open(opened)
    dataset.verify()
    if folder is None and dataset.digest != model.dataset_digest:
        raise ValueError(
            f"{dataset.folder} has changed since {model.label} was made from it: give --dataset {dataset.folder}"
        )
    return dataset


class _Whole(Dataset):
    """A dataset as if all of its listings were there to be tested on."""

    def split_table(self) -> pa.Table:
        table = pa.Table.from_batches(self.batches("listings", ["listing_id"]))
        return table.append_column("split", pa.repeat(Split.TEST.value, len(table)))


def _require_listings(dataset: Dataset, split: Split) -> None:
    counts = dataset.split_sizes()
    if split not in counts:
        there = ", ".join(f"{counts[each]} in {each.value}" for each in Split if each in counts)
        raise ValueError(
            f"the {split.value} split of {dataset.folder} is empty; there are {there or 'no listings'}: "
            "choose another --split, or all"
        )
