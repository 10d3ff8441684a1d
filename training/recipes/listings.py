"""Everything that a listing has: over frozen encoders, networks that fuse it by gates, and boosted trees.

python -m training train --dataset datasets/market --recipe listings
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from training.boosting import BoostConfig, boosted
from training.bounds import require
from training.data.parts import read_parts
from training.data.prevalence import prevalence_of
from training.data.trust import trust_of
from training.evaluation.plots import training_curves
from training.examples import Examples
from training.familiarity import familiarity
from training.finishing import SAMPLE, Fitted, Promise, assembled, golden_listings
from training.fit import Epoch, FitConfig, fit
from training.forgetting import forgetful
from training.hearing import Heard
from training.judging import judged
from training.loss import Loss
from training.progress import Progress
from training.recipes.preparation import prepared
from training.recipes.recipe import Outcome, Recipe, Rehearsal, Trial, Workspace
from training.recipes.sellers import behind, who
from training.recipes.suspicion import taught
from training.siblings import Member, train_side_by_side
from training.tracking import NoTracker, Tracker
from trueshelf.listings import Dataset, Split
from trueshelf.models.boosted import BoostedTrees
from trueshelf.models.network import FusionNetwork, Sizes

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
        prevalence: the share of "yes" in the field, such as `counterfeit=0.02`, which probabilities and review capacity
            are then for; the dataset's own where none is stated. See `training.data.prevalence`.
        int8: whether the bundle offers int8 encoders too, for which the calibration listings are looked at once more.
        trust: how much answers count in training by their provenance, such as `report=0.5`; see `training.data.trust`.
        auxiliary: the weight of telling category and claimed brand from the photos alone and from the text alone, in
            training only; see `training.auxiliary`.
        smoothing: of answers, some of which are wrong.
        robustness: q of generalised cross-entropy, which surely wrong answers move less; 0 is cross-entropy.
        suspects: whether training answers that are probably wrong are kept, or dropped as if nobody had given them.
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
    prevalence: tuple[str, ...] = ()
    int8: bool = True
    trust: tuple[str, ...] = ()
    auxiliary: float = 0.0
    smoothing: float = 0.0
    robustness: float = 0.0
    suspects: Literal["keep", "drop"] = "keep"
    seed: int = 0

    def __post_init__(self) -> None:
        require(self, at_least=dict.fromkeys(("members", "hidden", "batch", "accumulate", "epochs", "patience"), 1))
        require(
            self,
            at_least=dict.fromkeys(
                (
                    "fine_tune",
                    "grid",
                    "trees",
                    "dropout",
                    "modality_dropout",
                    "shop_dropout",
                    "weight_decay",
                    "auxiliary",
                    "seed",
                ),
                0,
            ),
        )
        require(self, above=dict.fromkeys(("learning_rate", "alpha", "confidence", "review_capacity"), 0))
        shares = ("dropout", "modality_dropout", "alpha", "confidence", "review_capacity")
        require(self, below=dict.fromkeys(shares, 1) | {"shop_dropout": 0.5})
        softness = dict.fromkeys(("smoothing", "robustness"), 0)
        require(self, at_least=softness, below=dict.fromkeys(softness, 1))
        trust_of(self.trust)
        prevalence_of(self.prevalence)

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
            loss=Loss(self.smoothing, self.robustness),
            auxiliary=self.auxiliary,
        )


def run(
    dataset: Dataset, config: ListingsConfig, *, workspace: Workspace, tracker: Tracker, progress: Progress
) -> Outcome:
    """Train on a dataset; see `training.recipes.recipe.Run`."""
    parts, shops = read_parts(dataset), dataset.shops()
    train, calibration = forgetful(parts[Split.TRAIN], config.shop_dropout), parts[Split.CALIBRATION]
    fitted_on = {split: parts[split] for split in _FITTED_ON} | {Split.TRAIN: train}
    with prepared(dataset, fitted_on, config, workspace=workspace, tracker=tracker, progress=progress) as ready:
        learned = taught(
            ready, train, behind(train, shops), config, run=workspace.run, tracker=tracker, progress=progress
        )
        examples = learned.examples
        train_side_by_side(
            [Member(config.fit(member), _work(workspace, member)) for member in range(config.members)],
            examples[Split.TRAIN],
            examples[Split.VALIDATION],
            sizes=ready.sizes,
            processes=ready.threads,
            progress=progress,
        )
        networks = [
            _member(
                member,
                examples,
                sizes=ready.sizes,
                config=config,
                work=_work(workspace, member),
                tracker=tracker,
                progress=progress,
            )
            for member in range(config.members)
        ]
        trees = _trees(learned.heads, ready.sizes, config, progress)
        fitted = Fitted(
            networks=[*networks, *trees],
            preprocessing=ready.seen.preprocessing,
            image=ready.image,
            text=ready.text,
            view=ready.view,
            calibration=ready.seen.examples[Split.CALIBRATION],
            listings=calibration.listings,
            behind=[who(listing, shops) for listing in calibration.listings],
            categories=[listing.category for listing in calibration.listings],
            sample=train.listings.spread(SAMPLE),
            promise=Promise(
                alpha=config.alpha,
                confidence=config.confidence,
                review_capacity=config.review_capacity,
                by_category=config.by_category,
            ),
            prevalence=prevalence_of(config.prevalence),
            int8=config.int8,
            made={"recipe": "listings", "dataset": dataset.name, "dataset_digest": dataset.digest},
            reader=ready.reader,
            marks=ready.marks,
            familiarity=familiarity(examples[Split.TRAIN], examples[Split.VALIDATION]),
        )
        bundle = assembled(fitted, workspace.run, cache=ready.cache, threads=ready.threads, progress=progress)
        return judged(
            bundle.remembering(ready.cache),
            dataset,
            golden=golden_listings(train),
            workspace=workspace,
            tracker=tracker,
            progress=progress,
        )


def _work(workspace: Workspace, member: int) -> Path:
    """Where a member leaves its checkpoints."""
    return workspace.run / f"member-{member}"


def _trees(heads: Sequence[Heard], sizes: Sizes, config: ListingsConfig, progress: Progress) -> list[BoostedTrees]:
    """The trees, if any are asked for."""
    if not config.trees:
        return []
    progress("grow trees", 0, 1)
    trees = boosted(heads, sizes, BoostConfig(rounds=config.trees, seed=config.seed))
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


@contextmanager
def rehearsed(dataset: Dataset, config: ListingsConfig, *, workspace: Workspace, progress: Progress) -> Iterator[Trial]:
    """Look at the training and validation listings once; each trial then fits one network."""
    parts = dict(read_parts(dataset, only=(Split.TRAIN, Split.VALIDATION)))
    parts[Split.TRAIN] = forgetful(parts[Split.TRAIN], config.shop_dropout)
    with prepared(dataset, parts, config, workspace=workspace, tracker=NoTracker(), progress=progress) as ready:
        examples = ready.seen.examples
        if config.suspects == "drop":
            train = parts[Split.TRAIN]
            sellers = behind(train, dataset.shops())
            examples = taught(
                ready, train, sellers, config, run=workspace.run, tracker=NoTracker(), progress=progress
            ).examples

        def trial(config: ListingsConfig, *, work: Path, report: Callable[[int, int, float], None]) -> None:
            fit(
                examples[Split.TRAIN],
                examples[Split.VALIDATION],
                sizes=replace(ready.sizes, hidden=config.hidden),
                config=config.fit(0),
                work=work,
                report=lambda epoch: report(epoch.number, config.epochs, epoch.validation_pr_auc),
            )

        yield trial


RECIPE = Recipe(
    "photos, text, wording and signals over frozen encoders, by gated networks and boosted trees; the default",
    ListingsConfig,
    run,
    shared=True,
    rehearsal=Rehearsal(
        rehearsed,
        {
            "hidden": "48|96|192",
            "dropout": "0.2..0.7",
            "modality_dropout": "0..0.3",
            "learning_rate": "0.0002..0.005:log",
            "weight_decay": "0.01..1:log",
            "batch": "16|32|64|128",
        },
    ),
)
