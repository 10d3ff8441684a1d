"""Everything that a listing has: over frozen encoders, networks that fuse it by gates, and boosted trees.

python -m training train --dataset datasets/market --recipe listings
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from training.boosting import Behind, BoostConfig, boosted
from training.bounds import require
from training.data.parts import Part, read_parts
from training.embeddings import DiskCache
from training.encoders import ImageGraph, image_graph, text_graph
from training.evaluation.plots import training_curves
from training.examples import Examples
from training.fine_tuning import fine_tuned
from training.finishing import SAMPLE, Fitted, Promise, assembled, golden_listings
from training.fit import Epoch, FitConfig, fit
from training.forgetting import forgetful
from training.gallery import known_photos
from training.judging import judged
from training.looking import look_at
from training.marks.graphs import marks_folder
from training.progress import Progress
from training.readers import reader_graphs
from training.recipes.recipe import Outcome, Recipe, Workspace
from training.siblings import Member, train_side_by_side
from training.tails import TuneConfig
from training.tracking import Tracker
from trueshelf.listings import Dataset, Listing, Shop, Split
from trueshelf.models.boosted import BoostedTrees
from trueshelf.models.encoders import ImageEncoder, TextEncoder, ViewSpec
from trueshelf.models.marks import MarkReader
from trueshelf.models.network import FusionNetwork, Sizes
from trueshelf.models.perception import Perceiver
from trueshelf.models.signals import SIGNALS, Tables

_SHARE_OF_TREES = 2.0
"""To one of all networks together: these know their training listings by heart, and their logits are larger for it."""
_FITTED_ON = (Split.TRAIN, Split.VALIDATION, Split.CALIBRATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingsConfig:
    """Settings of the recipe.

    Attributes:
        image_encoder: efficientnet-lite0, efficientnet-lite2, a Hugging Face id or a local folder.
        text_encoder: minilm-l6, a Hugging Face id or a local folder.
        fine_tune: how many of the image encoder's last stages learn from the training photos first; 0 leaves it frozen.
        marks: whether brand marks are looked for in photos and compared with true ones; an experiment (decision 14).
        grid: each photo is seen whole and in grid × grid close views; 0 for the whole only.
        ocr: whether writing is read in photos that look as if they had any.
        members: networks trained from different seeds, whose logits are averaged.
        trees: rounds of boosting, whose logits count twice as much as those of all networks; 0 for networks alone.
        hidden: width of every modality's vector.
        dropout: share of units dropped in training.
        modality_dropout: how often a listing loses a modality in training, so that verdicts bear its absence.
        shop_dropout: the share of training listings of whose shop nothing is known, and of as many its history is not.
        learning_rate: of AdamW at the start of a cosine.
        weight_decay: of AdamW.
        batch: listings in a step, over all processes.
        accumulate: in how many parts a process reads its share of a batch, where memory is short.
        epochs: at most.
        patience: epochs without a better validation PR-AUC after which training stops.
        alpha: the highest tolerated rate of automatic action on listings that do not deserve it.
        confidence: with which that must hold.
        review_capacity: the share of all listings that people can look at.
        by_category: whether the rate holds in each category with enough sellers, or over all listings together only.
        seed: of everything random.
    """

    image_encoder: str = "efficientnet-lite0"
    text_encoder: str = "minilm-l6"
    fine_tune: int = 0
    marks: bool = False
    grid: int = 2
    ocr: bool = True
    members: int = 2
    trees: int = 250
    hidden: int = 96
    dropout: float = 0.5
    modality_dropout: float = 0.15
    shop_dropout: float = 0.15
    learning_rate: float = 1e-3
    weight_decay: float = 0.1
    batch: int = 32
    accumulate: int = 1
    epochs: int = 40
    patience: int = 8
    alpha: float = 0.01
    confidence: float = 0.95
    review_capacity: float = 0.05
    by_category: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        require(self, at_least=dict.fromkeys(("members", "hidden", "batch", "accumulate", "epochs", "patience"), 1))
        require(
            self,
            at_least=dict.fromkeys(
                ("fine_tune", "grid", "trees", "dropout", "modality_dropout", "shop_dropout", "weight_decay", "seed"), 0
            ),
        )
        require(self, above=dict.fromkeys(("learning_rate", "alpha", "confidence", "review_capacity"), 0))
        shares = ("dropout", "modality_dropout", "alpha", "confidence", "review_capacity")
        require(self, below=dict.fromkeys(shares, 1) | {"shop_dropout": 0.5})

    def fit(self, member: int) -> FitConfig:
        """The settings of one member's training."""
        return FitConfig(
            hidden=self.hidden,
            dropout=self.dropout,
            modality_dropout=self.modality_dropout,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            batch=self.batch,
            accumulate=self.accumulate,
            epochs=self.epochs,
            patience=self.patience,
            seed=self.seed + member,
        )


def run(
    dataset: Dataset, config: ListingsConfig, *, workspace: Workspace, tracker: Tracker, progress: Progress
) -> Outcome:
    """Train on a dataset; see `training.recipes.recipe.Run`."""
    parts, shops = read_parts(dataset), dataset.shops()
    for split in _FITTED_ON:
        if not parts[split].listings:
            raise ValueError(f"the {split.value} split of {dataset.folder} is empty; nothing can be fitted without it")
    threads, view = os.cpu_count() or 1, ViewSpec(config.grid)
    image = _image_graph(parts, config, view, workspace=workspace, tracker=tracker, progress=progress)
    text = text_graph(config.text_encoder, workspace.shared)
    reader = reader_graphs() if config.ocr else None
    marks = marks_folder(workspace.shared, progress) if config.marks else None
    with DiskCache(workspace.shared / "embeddings") as cache:
        perceiver = Perceiver(
            ImageEncoder.open(image.path, image.spec),
            TextEncoder.open(text.path, text.tokenizer, text.spec),
            view,
            cache=cache,
            reader=reader.open() if reader else None,
            marks=MarkReader.open(marks) if marks else None,
        )
        train, calibration = forgetful(parts[Split.TRAIN], config.shop_dropout), parts[Split.CALIBRATION]
        gallery = known_photos(train, perceiver, shops, progress)
        tables = replace(Tables.fit(train.listings, rates=dataset.rates), gallery=gallery)
        fitted_on = {split: parts[split] for split in _FITTED_ON} | {Split.TRAIN: train}
        seen = look_at(fitted_on, perceiver, tables, work=workspace.run / "features", progress=progress)
        sizes = Sizes(
            image=image.spec.dim,
            text=text.spec.dim,
            buckets=seen.preprocessing.ngrams.spec.buckets,
            signals=2 * len(SIGNALS),
            hidden=config.hidden,
        )
        train_side_by_side(
            [Member(config.fit(member), _work(workspace, member)) for member in range(config.members)],
            seen.examples[Split.TRAIN],
            seen.examples[Split.VALIDATION],
            sizes=sizes,
            processes=threads,
            progress=progress,
        )
        networks = [
            _member(
                member,
                seen.examples,
                sizes=sizes,
                config=config,
                work=_work(workspace, member),
                tracker=tracker,
                progress=progress,
            )
            for member in range(config.members)
        ]
        trees = _trees(
            seen.examples[Split.TRAIN],
            lambda rows: [who(listing, shops) for listing in train.listings.take(rows)],
            sizes,
            config,
            progress,
        )
        fitted = Fitted(
            networks=[*networks, *trees],
            preprocessing=seen.preprocessing,
            image=image,
            text=text,
            view=view,
            calibration=seen.examples[Split.CALIBRATION],
            behind=[who(listing, shops) for listing in calibration.listings],
            categories=[listing.category for listing in calibration.listings],
            sample=train.listings.spread(SAMPLE),
            promise=Promise(
                alpha=config.alpha,
                confidence=config.confidence,
                review_capacity=config.review_capacity,
                by_category=config.by_category,
            ),
            made={"recipe": "listings", "dataset": dataset.name, "dataset_digest": dataset.digest},
            reader=reader,
            marks=marks,
        )
        progress("export and calibrate", 0, 1)
        bundle = assembled(fitted, workspace.run, threads=threads)
        progress("export and calibrate", 1, 1)
        return judged(
            bundle.remembering(cache),
            dataset,
            golden=golden_listings(train),
            workspace=workspace,
            tracker=tracker,
            progress=progress,
        )


def _image_graph(
    parts: Mapping[Split, Part],
    config: ListingsConfig,
    view: ViewSpec,
    *,
    workspace: Workspace,
    tracker: Tracker,
    progress: Progress,
) -> ImageGraph:
    """The image encoder, frozen or fine-tuned first."""
    if not config.fine_tune:
        return image_graph(config.image_encoder, workspace.shared)
    return fine_tuned(
        config.image_encoder,
        parts,
        stages=config.fine_tune,
        view=view,
        config=TuneConfig(seed=config.seed),
        work=workspace.run / "fine-tuning",
        shared=workspace.shared,
        report=lambda epoch, loss: tracker.metric("fine_tuning.training_loss", loss, step=epoch),
        progress=progress,
    )


def who(listing: Listing, shops: Mapping[str, Shop]) -> str | None:
    """Who stands behind a listing: its shop's operator, or else its shop; None where neither is known."""
    shop = shops.get(listing.shop_id or "")
    return shop.operator_id if shop and shop.operator_id else listing.shop_id


def _work(workspace: Workspace, member: int) -> Path:
    """Where a member leaves its checkpoints."""
    return workspace.run / f"member-{member}"


def _trees(
    train: Examples, behind: Behind, sizes: Sizes, config: ListingsConfig, progress: Progress
) -> list[BoostedTrees]:
    """The trees, if any are asked for."""
    if not config.trees:
        return []
    progress("grow trees", 0, 1)
    trees = boosted(train, behind, sizes, BoostConfig(rounds=config.trees, seed=config.seed))
    trees.share = _SHARE_OF_TREES * config.members
    progress("grow trees", 1, 1)
    return [trees]


def _member(
    member: int,
    examples: Mapping[Split, Examples],
    *,
    sizes: Sizes,
    config: ListingsConfig,
    work: Path,
    tracker: Tracker,
    progress: Progress,
) -> FusionNetwork:
    history: dict[str, list[float]] = {}

    def report(epoch: Epoch) -> None:
        for name, value in epoch.measures.items():
            history.setdefault(name, []).append(value)
            tracker.metric(f"member_{member}.{name}", value, step=epoch.number)
        progress(f"train member {member + 1} of {config.members}", epoch.number + 1, config.epochs)

    network = fit(
        examples[Split.TRAIN],
        examples[Split.VALIDATION],
        sizes=sizes,
        config=config.fit(member),
        work=work,
        report=report,
    )
    best = int(np.argmax(history["validation_pr_auc"]))
    tracker.figure(training_curves(history, work.with_suffix(".png"), best=best))
    return network


RECIPE = Recipe(
    "photos, text, wording and signals over frozen encoders, by gated networks and boosted trees; the default",
    ListingsConfig,
    run,
    shared=True,
)
