"""The model that the service answers with: loading, then ready, or failed for a reason that it can tell."""

import gc
import logging
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from serving.classify.registry import Registered
from trueshelf.listings import Head, Listing
from trueshelf.models import ItemError, Prevalence, Thresholds, Verdict

if TYPE_CHECKING:
    from serving.classify.remembering import Memory

log = logging.getLogger(__name__)

_DIGITS = 16  # of a digest in a version

Predict = Callable[[Sequence[Listing]], Sequence[Verdict | ItemError]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedModel:
    """A model ready to answer.

    Attributes:
        digest: of its bundle, hex; the same digest gives the same answers.
        prevalences: the share of "yes" that each head's probabilities are for; None where that is not known.
        predict: one answer a listing, in order; called from several threads.
        registered: where the registry has it; None where it came from a folder.
    """

    name: str
    digest: str
    precision: str
    card: str
    thresholds: Mapping[Head, Thresholds]
    prevalences: Mapping[Head, Prevalence | None]
    predict: Predict
    registered: Registered | None = None

    @property
    def version(self) -> str:
        """As answers name it: the start of its digest."""
        return self.digest[:_DIGITS]


class Source(StrEnum):
    """Where the model that is served came from."""

    FOLDER = "folder"
    REGISTRY = "registry"
    LAST_GOOD = "last good"


@dataclass(frozen=True, slots=True)
class Serving:
    """What answers now."""

    model: ServedModel
    source: Source
    since: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """A version that was not let in."""

    found: Registered
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Followed:
    """The address whose model is served.

    Attributes:
        seconds: between looks at it; 0 where there was only one.
    """

    address: str
    seconds: int


def load_model(
    folder: Path, *, precision: str = "fp32", threads: int = 1, memory: "Memory | None" = None
) -> ServedModel:
    """Load a bundle folder; it tests itself on the way, without what is remembered.

    Args:
        memory: what this process remembers, for all its models; None remembers nothing.

    Raises:
        ValueError: it is no bundle, was altered, answers otherwise than when it was made, or has no calibration of its
        own for the precision.
    """
    from trueshelf.models.bundle import Bundle
    from trueshelf.models.precision import Precision

    bundle = Bundle.load(folder, precision=Precision(precision), threads=threads, cache=memory.seen if memory else None)
    predict: Predict = bundle.predict
    if memory is not None:
        predict = memory.verdicts(predict, digest=bundle.manifest.digest, precision=precision)
    return ServedModel(
        name=bundle.manifest.name,
        digest=bundle.manifest.digest,
        precision=precision,
        card=bundle.card,
        thresholds=bundle.thresholds,
        prevalences=bundle.prevalences,
        predict=predict,
    )


def load_unless_same(folder: Path, current: ServedModel | None, load: Callable[[Path], ServedModel]) -> ServedModel:
    """What a bundle folder holds: `current` itself where it is that, and its files are as they were sealed.

    Raises:
        ValueError: it is no sound bundle.
    """
    from trueshelf.models.manifest import MANIFEST, Manifest

    manifest = Manifest.from_json((folder / MANIFEST).read_text(encoding="utf-8"))
    if current is None or manifest.digest != current.digest:
        return load(folder)
    manifest.verify(folder)
    return current


def version_of(folder: Path) -> str:
    """The version that a bundle folder is served as.

    Raises:
        ValueError: it is no bundle.
    """
    from trueshelf.models.manifest import MANIFEST, Manifest

    return Manifest.from_json((folder / MANIFEST).read_text(encoding="utf-8")).digest[:_DIGITS]


class ModelSlot:
    """Holds the model that answers, and tells what is known of it. One thread writes, any may read.

    Attributes:
        followed: None where the model is a folder.
        away: why the registry cannot be asked; None where it could be when it was last asked.
        refused: what was refused last.
    """

    def __init__(self, model: ServedModel | None = None, *, followed: Followed | None = None) -> None:
        self.serving: Serving | None = None
        self.why_not = "the model is being loaded"
        self.failed = False
        self.followed = followed
        self.away: str | None = None
        self.refused: Refusal | None = None
        if model is not None:
            self.put(model, Source.FOLDER)

    @property
    def model(self) -> ServedModel | None:
        """The model that new requests are answered with."""
        serving = self.serving
        return None if serving is None else serving.model

    def put(self, model: ServedModel, source: Source) -> None:
        """Let a model answer from now on; requests that have begun keep theirs, and the last of them releases it."""
        before = self.serving
        same = before is not None and before.model.digest == model.digest
        self.serving = Serving(model, source, before.since if before and same else datetime.now(UTC))
        self.failed = False
        fields = _told(model) | {"source": source.value}
        log.info("model confirmed" if same else "model served", extra={"fields": fields})
        if not same:
            weakref.finalize(model.predict, _say_released, fields).atexit = False

    def fail(self, error: Exception | str) -> None:
        """Say why there is no model; the service stays up to tell it."""
        self.failed = True
        self.why_not = f"there is no model: {error}"
        log.error("no model", extra={"fields": {"why": str(error), "error": type(error).__name__}})

    def fill(self, load: Callable[[], ServedModel], source: Source = Source.FOLDER) -> None:
        """Load the model now; a failure is kept and told, never raised."""
        try:
            self.put(load(), source)
        except Exception as error:  # whatever it is, /readyz has to say so
            self.fail(error)


def keep_from_collector() -> None:
    """Take what is loaded out of the garbage collector's hands, which halves the longest pauses."""
    gc.collect()
    gc.freeze()


def _told(model: ServedModel) -> dict[str, object]:
    """A model as the log names it."""
    found = model.registered
    registered = {} if found is None else {"registered": found.version, "run": found.run_id}
    return {"version": model.version, "precision": model.precision, **registered}


def _say_released(fields: dict[str, object]) -> None:
    log.info("model released", extra={"fields": fields})
