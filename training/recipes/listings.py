"""Everything that a listing has: over frozen encoders, networks that fuse it by gates, and boosted trees.

python -m training train --dataset datasets/market --recipe listings
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from training.boosting import BoostConfig, boosted
from training.data.parts import read_parts
from training.data.prevalence import prevalence_of
from training.evaluation.plots import training_curves
from training.examples import Examples
from training.familiarity import familiarity
from training.finishing import SAMPLE, Fitted, Promise, assembled, golden_listings
from training.fit import Epoch, fit, paced
from training.forgetting import forgetful
from training.hearing import Heard
from training.judging import judged
from training.progress import Progress
from training.recipes.listings_config import ListingsConfig
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
        members = [
            Member(paced(config.fit(member), len(examples[Split.TRAIN])), _work(workspace, member))
            for member in range(config.members)
        ]
        train_side_by_side(
            members,
            examples[Split.TRAIN],
            examples[Split.VALIDATION],
            sizes=ready.sizes,
            processes=ready.threads,
            progress=progress,
        )
        networks = [
            _trained(number, members, examples, sizes=ready.sizes, tracker=tracker, progress=progress)
            for number in range(len(members))
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


def _trained(
    number: int,
    members: Sequence[Member],
    examples: Mapping[Split, Examples],
    *,
    sizes: Sizes,
    tracker: Tracker,
    progress: Progress,
) -> FusionNetwork:
    """One of the members, with the curves of its training."""
    config, work = members[number].config, members[number].work
    history: dict[str, list[float]] = {}

    def report(epoch: Epoch) -> None:
        for name, value in epoch.measures.items():
            history.setdefault(name, []).append(value)
            tracker.metric(f"member_{number}.{name}", value, step=epoch.number)
        progress(f"train member {number + 1} of {len(members)}", epoch.number + 1, config.epochs)

    network = fit(
        examples[Split.TRAIN], examples[Split.VALIDATION], sizes=sizes, config=config, work=work, report=report
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
            settings = paced(config.fit(0), len(examples[Split.TRAIN]))
            fit(
                examples[Split.TRAIN],
                examples[Split.VALIDATION],
                sizes=replace(ready.sizes, hidden=config.hidden),
                config=settings,
                work=work,
                report=lambda epoch: report(epoch.number, settings.epochs, epoch.validation_pr_auc),
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
