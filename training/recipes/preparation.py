"""What precedes the training of networks in the recipe `listings`: encoders, and every listing looked at."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from training.auxiliary import targets
from training.data.parts import Part
from training.data.trust import trust_of, trusted
from training.encoders import ImageGraph, TextGraph, image_graph, text_graph
from training.fine_tuning import fine_tuned
from training.gallery import known_photos
from training.looking import LookedAt, look_at
from training.marks.folder import marks_folder
from training.progress import Progress
from training.readers import ReaderGraphs, reader_graphs
from training.recipes.listings_config import ListingsConfig
from training.recipes.recipe import Workspace
from training.tails import TuneConfig
from training.tracking import Tracker
from trueshelf.listings import Dataset, Split
from trueshelf.models.disk_cache import DiskCache
from trueshelf.models.encoders import ImageEncoder, TextEncoder, ViewSpec
from trueshelf.models.marks import MarkReader
from trueshelf.models.network import Sizes
from trueshelf.models.perception import Perceiver
from trueshelf.models.signals import SIGNALS, Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Everything that networks are trained on and served with."""

    image: ImageGraph
    text: TextGraph
    reader: ReaderGraphs | None
    marks: Path | None
    view: ViewSpec
    cache: DiskCache
    seen: LookedAt
    sizes: Sizes
    threads: int


@contextmanager
def prepared(
    dataset: Dataset,
    parts: Mapping[Split, Part],
    config: ListingsConfig,
    *,
    workspace: Workspace,
    tracker: Tracker,
    progress: Progress,
) -> Iterator[Prepared]:
    """Look at the listings of some splits, the training split among them; the cache of embeddings stays open.

    Raises:
        ValueError: a split is empty, or a photo cannot be decoded.
    """
    for split, part in parts.items():
        if not part.listings:
            raise ValueError(f"the {split.value} split of {dataset.folder} is empty; nothing can be fitted without it")
    threads, view, train = os.cpu_count() or 1, ViewSpec(config.grid), parts[Split.TRAIN]
    image = _image_graph(parts, config, view, workspace=workspace, tracker=tracker, progress=progress)
    text = text_graph(config.text_encoder, workspace.shared)
    reader = reader_graphs() if config.ocr else None
    marks = marks_folder(workspace.shared) if config.marks else None
    with DiskCache(workspace.shared / "embeddings") as cache:
        perceiver = Perceiver(
            ImageEncoder.open(image.path, image.spec),
            TextEncoder.open(text.path, text.tokenizer, text.spec),
            view,
            cache=cache,
            reader=reader.open() if reader else None,
            marks=MarkReader.open(marks) if marks else None,
        )
        gallery = known_photos(train, dataset.references(), perceiver, dataset.shops(), progress)
        tables = replace(Tables.fit(train.listings, rates=dataset.rates), gallery=gallery.remembering(cache))
        seen = look_at(parts, perceiver, tables, work=workspace.run / "features", progress=progress)
        if train.provenance_NH is not None:
            trust_NH = trusted(train.provenance_NH, trust_of(config.trust))
            taught = replace(seen.examples[Split.TRAIN], trust_NH=trust_NH)
            seen = replace(seen, examples={**seen.examples, Split.TRAIN: taught})
        if config.auxiliary:
            asked = replace(seen.examples[Split.TRAIN], targets_NA=targets(train.listings, tables.brands))
            seen = replace(seen, examples={**seen.examples, Split.TRAIN: asked})
        sizes = Sizes(
            image=image.spec.dim,
            text=text.spec.dim,
            buckets=seen.preprocessing.ngrams.spec.buckets,
            signals=2 * len(SIGNALS),
            hidden=config.hidden,
        )
        yield Prepared(
            image=image,
            text=text,
            reader=reader,
            marks=marks,
            view=view,
            cache=cache,
            seen=seen,
            sizes=sizes,
            threads=threads,
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
