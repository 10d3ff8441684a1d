"""The model that the service answers with: loading, then ready, or failed for a reason that it can tell."""

import gc
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from serving.classify.registry import resolve
from serving.settings import Settings
from trueshelf.listings import Head, Listing
from trueshelf.models import ItemError, Prevalence, Thresholds, Verdict

if TYPE_CHECKING:
    from serving.classify.remembering import Memory

log = logging.getLogger(__name__)

Predict = Callable[[Sequence[Listing]], Sequence[Verdict | ItemError]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedModel:
    """A model ready to answer.

    Attributes:
        version: the same version gives the same answers.
        prevalences: the share of "yes" that each head's probabilities are for; None where that is not known.
        predict: one answer a listing, in order; called from several threads.
    """

    name: str
    version: str
    precision: str
    card: str
    thresholds: Mapping[Head, Thresholds]
    prevalences: Mapping[Head, Prevalence | None]
    predict: Predict


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
        version=version_of(folder),
        precision=precision,
        card=bundle.card,
        thresholds=bundle.thresholds,
        prevalences=bundle.prevalences,
        predict=predict,
    )


def version_of(folder: Path) -> str:
    """The version that a bundle folder is served as: the start of its digest.

    Raises:
        ValueError: it is no bundle.
    """
    from trueshelf.models.manifest import MANIFEST, Manifest

    return Manifest.from_json((folder / MANIFEST).read_text(encoding="utf-8")).digest[:16]


def load_configured_model(settings: Settings, memory: "Memory | None" = None) -> ServedModel:
    """Find and load the model that the settings name.

    Raises:
        ValueError: there is no such model, or it is no sound bundle.
    """
    folder = resolve(settings.model, tracking_uri=settings.tracking_uri)
    return load_model(folder, precision=settings.precision, threads=settings.threads, memory=memory)


class ModelSlot:
    """Holds the model once it is loaded, and until then says why there is none."""

    def __init__(self, model: ServedModel | None = None) -> None:
        self.model = model
        self.why_not = "the model is being loaded"
        self.failed = False

    def fill(self, load: Callable[[], ServedModel]) -> None:
        """Load the model now; a failure is kept and told, never raised, so that the service stays up to tell it."""
        try:
            self.model = load()
        except Exception as error:  # whatever it is, /readyz has to say so
            self.failed = True
            self.why_not = f"there is no model: {error}"
            log.error("no model", extra={"fields": {"why": str(error), "error": type(error).__name__}})
        else:
            # What is loaded stays: keeping it from the collector halves the longest pauses.
            gc.collect()
            gc.freeze()

    def fill_in_background(self, load: Callable[[], ServedModel]) -> threading.Thread:
        """Load the model while the service already answers `/livez`."""
        thread = threading.Thread(target=self.fill, args=(load,), name="load-model", daemon=True)
        thread.start()
        return thread
