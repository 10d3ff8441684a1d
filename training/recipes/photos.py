"""Photos alone, looked at closely: their texture, and the encoder's last stages fine-tuned, for close views and whole.

python -m training train --dataset datasets/sneakers --recipe photos

What a trained model goes by is in the photo: text and signals are not read. Each member is fine-tuned from the same
linear probe with another seed, and the encoder in the bundle is one trunk with all members' last stages and a probe on
the texture, so that several members cost little more than one.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from training.activations import activations
from training.answered_photos import answered_photos
from training.bounds import require
from training.branched import Cut, cut
from training.close_reader import CloseReader, probed
from training.data.parts import Part, read_parts
from training.data.prevalence import prevalence_of
from training.encoders import ImageGraph, text_graph
from training.examples import Examples
from training.familiarity import familiarity
from training.finishing import SAMPLE, Fitted, Promise, assembled, golden_listings
from training.judging import judged
from training.looking import look_at
from training.photo_network import PhotoNetwork
from training.probe import Floats, Ints
from training.progress import Progress
from training.recipes.recipe import Outcome, Recipe, Workspace
from training.recipes.sellers import who
from training.tails import Lesson, Tail, TuneConfig, embedded, tune
from training.tracking import Tracker
from trueshelf.listings import Dataset, Split
from trueshelf.models.disk_cache import DiskCache
from trueshelf.models.encoders import ImageEncoder, TextEncoder, ViewSpec
from trueshelf.models.encoders.export import export_image_encoder
from trueshelf.models.familiarity import Familiarity
from trueshelf.models.network import Sizes
from trueshelf.models.perception import Perceiver
from trueshelf.models.signals import SIGNALS, Tables

_TEXT_ENCODER = "minilm-l6"
_NEEDED = (Split.TRAIN, Split.CALIBRATION)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotosConfig(TuneConfig):
    """Settings of the recipe: those of fine-tuning, and its own.

    Attributes:
        image_encoder: efficientnet-lite0, efficientnet-lite2, or a folder that holds an EfficientNet-Lite.
        size: side of a view in pixels; photos are seen at `zoom` times that. Why it is the side that the encoder was
            trained with is in `docs/decisions/0008-looking-closely.md`.
        grid: close views a row and rows of them; they overlap where there are more than `zoom`.
        zoom: sides of the photo in sides of a close view.
        stages: how many of the encoder's last stages are fine-tuned.
        members: fine-tuned from different seeds, for close views and for the whole, whose logits are averaged.
        alpha: the highest tolerated rate of automatic action on listings that do not deserve it.
        confidence: with which that must hold.
        review_capacity: the share of all listings that people can look at.
        by_category: whether the rate holds in each category with enough sellers, or over all listings together only.
        prevalence: the share of "yes" in the field, such as `counterfeit=0.02`, which probabilities and review capacity
            are then for; the dataset's own where none is stated. See `training.data.prevalence`.
        int8: whether the bundle offers int8 encoders too, for which the calibration listings are looked at once more.
    """

    image_encoder: str = "efficientnet-lite0"
    size: int = 224
    grid: int = 3
    zoom: int = 2
    stages: int = 1
    members: int = 2
    alpha: float = 0.01
    confidence: float = 0.95
    review_capacity: float = 0.05
    by_category: bool = True
    prevalence: tuple[str, ...] = ()
    int8: bool = True

    def __post_init__(self) -> None:
        counts = ("size", "grid", "zoom", "stages", "members", "epochs", "patience", "close_views", "batch")
        require(self, at_least=dict.fromkeys(counts, 1))
        require(self, at_least=dict.fromkeys(("weight_decay", "smoothing", "dropout", "seed"), 0))
        rates = ("learning_rate", "head_rate", "probe_strength", "alpha", "confidence", "review_capacity")
        require(self, above=dict.fromkeys(rates, 0))
        require(self, below=dict.fromkeys(("smoothing", "dropout", "alpha", "confidence", "review_capacity"), 1))
        prevalence_of(self.prevalence)

    @property
    def view(self) -> ViewSpec:
        return ViewSpec(self.grid, self.zoom)

    def tune(self, member: int) -> TuneConfig:
        """The settings of one member's fine-tuning."""
        return replace(self, seed=self.seed + member)


def run(
    dataset: Dataset, config: PhotosConfig, *, workspace: Workspace, tracker: Tracker, progress: Progress
) -> Outcome:
    """Train on a dataset; see `training.recipes.recipe.Run`."""
    parts = read_parts(dataset)
    for split in _NEEDED:
        if not parts[split].listings:
            raise ValueError(f"the {split.value} split of {dataset.folder} is empty; nothing can be fitted without it")
    encoder = cut(config.image_encoder, size=config.size, stages=config.stages)
    reader = read_closely(encoder, parts, config, workspace=workspace, tracker=tracker, progress=progress)
    image = _exported(encoder, reader, workspace.run)
    return _finished(dataset, parts, image, reader, config, workspace, tracker, progress)


def read_closely(
    encoder: Cut,
    parts: Mapping[Split, Part],
    config: PhotosConfig,
    *,
    workspace: Workspace,
    tracker: Tracker,
    progress: Progress,
) -> CloseReader:
    """Everything that is learned from the photos of the training split; the validation split's say when to stop.

    Raises:
        ValueError: the training split has no photos with answers.
    """
    photos, answers_NK = answered_photos(parts[Split.TRAIN])
    more, their_answers_NK = answered_photos(parts[Split.VALIDATION])
    seen = activations(
        encoder,
        config.view,
        [*photos, *more],
        textured=True,
        folder=workspace.shared / "activations",
        progress=progress,
    )
    answers = np.concatenate([answers_NK, their_answers_NK])
    rows, held_out = np.arange(len(photos)), np.arange(len(photos), len(seen.textures_NOT))
    close, whole = (
        _members(name, encoder, Lesson(maps, answers, rows, held_out), config, workspace.run, tracker, progress)
        for name, maps in (("close", seen.close_NOWCHX), ("whole", seen.whole_NO1CHX))
    )
    return CloseReader(
        probed(seen.textures_NOT[: len(photos)], answers_NK, strength=config.probe_strength), close, whole
    )


def _members(
    name: str, encoder: Cut, lesson: Lesson, config: PhotosConfig, run: Path, tracker: Tracker, progress: Progress
) -> tuple[Tail, ...]:
    """Tails fine-tuned from one probe with different seeds."""
    frozen_NOD = embedded(encoder.stages, lesson.maps[: len(lesson.rows)])
    probe = probed(frozen_NOD, lesson.answers_NK[lesson.rows], strength=config.probe_strength)

    def tuned(member: int) -> Tail:
        def report(epoch: int, loss: float) -> None:
            tracker.metric(f"{name}_{member}.training_loss", loss, step=epoch)
            progress(f"fine-tune {name} {member + 1} of {config.members}", epoch + 1, config.epochs)

        return tune(
            Tail(encoder.stages, probe), lesson, config.tune(member), work=run / f"{name}-{member}", report=report
        )

    return tuple(tuned(member) for member in range(config.members))


def _exported(encoder: Cut, reader: CloseReader, run: Path) -> ImageGraph:
    spec = replace(encoder.spec, name=f"{encoder.spec.name}, fine-tuned", dim=len(reader.close_head.mean_D))
    path = run / "image_encoder.onnx"
    export_image_encoder(reader.encoder(encoder), spec, path)
    return ImageGraph(path, spec)


def _finished(
    dataset: Dataset,
    parts: Mapping[Split, Part],
    image: ImageGraph,
    reader: CloseReader,
    config: PhotosConfig,
    workspace: Workspace,
    tracker: Tracker,
    progress: Progress,
) -> Outcome:
    """The common way from a trained encoder and network to a sealed bundle."""
    threads, shops = os.cpu_count() or 1, dataset.shops()
    text = text_graph(_TEXT_ENCODER, workspace.shared)
    train, calibration = parts[Split.TRAIN], parts[Split.CALIBRATION]
    with DiskCache(workspace.shared / "embeddings") as cache:
        perceiver = Perceiver(
            ImageEncoder.open(image.path, image.spec),
            TextEncoder.open(text.path, text.tokenizer, text.spec),
            config.view,
            cache=cache,
        )
        tables = Tables.fit(train.listings, rates=dataset.rates)
        looked_at = {split: parts[split] for split in (*_NEEDED, Split.VALIDATION) if parts[split].listings}
        seen = look_at(looked_at, perceiver, tables, work=workspace.run / "features", progress=progress)
        sizes = Sizes(
            image=image.spec.dim,
            text=text.spec.dim,
            buckets=seen.preprocessing.ngrams.spec.buckets,
            signals=2 * len(SIGNALS),
        )
        fitted = Fitted(
            networks=[PhotoNetwork(sizes, reader.whole_head, reader.close_head, prior(train.answers_NH))],
            preprocessing=seen.preprocessing,
            image=image,
            text=text,
            view=config.view,
            calibration=seen.examples[Split.CALIBRATION],
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
            familiarity=_guard(seen.examples),
            made={"recipe": "photos", "dataset": dataset.name, "dataset_digest": dataset.digest},
        )
        bundle = assembled(fitted, workspace.run, cache=cache, threads=threads, progress=progress)
        return judged(
            bundle.remembering(cache),
            dataset,
            golden=golden_listings(train),
            workspace=workspace,
            tracker=tracker,
            progress=progress,
        )


def _guard(examples: Mapping[Split, Examples]) -> Familiarity | None:
    """What photos are like those of training; None where there is no validation split to say how unlike is strange."""
    held_out = examples.get(Split.VALIDATION)
    return None if held_out is None else familiarity(examples[Split.TRAIN], held_out)


def prior(answers_NH: Ints) -> Floats:
    """Log-odds of "yes" to each head among known answers, drawn in as by one more answer of each kind."""
    yes_H, no_H = (answers_NH == 1).sum(axis=0), (answers_NH == 0).sum(axis=0)
    log_odds_H: Floats = np.log((yes_H + 1) / (no_H + 1)).astype(np.float32)
    return log_odds_H


RECIPE = Recipe(
    "photos alone, looked at closely: texture, and the encoder's last stages fine-tuned, for close views and whole",
    PhotosConfig,
    run,
)
