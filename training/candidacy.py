"""Puts a registered model through the gate, beside the champion, on the same listings."""

from datetime import datetime
from itertools import islice
from pathlib import Path

from training.evaluation.gate import Check, gate
from training.evaluation.run import latency_ms
from training.measuring import Measured, dataset_of, measure
from training.progress import Progress
from training.promotion import Outcome, Promotion
from training.registry import Model, champion_version, resolve
from training.settings import Settings
from training.store import connect
from trueshelf.listings import Dataset, Listing, Split
from trueshelf.models.manifest import BundleError

_TIMED = 21


def judge_candidate(
    candidate: Model, folder: Path | None, *, by: str, at: datetime, settings: Settings, progress: Progress
) -> Promotion | None:
    """What the gate says of a candidate, ready to be recorded; None where it is the champion already.

    Args:
        folder: the dataset to measure on; None for the one that the candidate was made from.

    Raises:
        ValueError: the candidate is not registered, or cannot be measured.
    """
    if candidate.version is None:
        raise ValueError(f"{candidate.label} is only a folder: a model must be registered to be promoted")
    current = champion_version(connect(settings))
    if current == candidate.version:
        return None
    dataset = dataset_of(candidate, folder)
    champion = None if current is None else resolve(current, settings)
    checks = _checks(candidate, champion, dataset, settings, progress)
    return Promotion(
        at=at,
        by=by,
        champion_before=current,
        candidate=candidate.version,
        outcome=Outcome.PROMOTED if all(check.passed for check in checks) else Outcome.REFUSED,
        dataset_digest=dataset.digest,
        checks=checks,
    )


def _checks(
    candidate: Model, champion: Model | None, dataset: Dataset, settings: Settings, progress: Progress
) -> list[Check]:
    try:
        measured = measure(candidate, dataset, split=Split.TEST, settings=settings, progress=progress)
    except BundleError as error:
        return [Check("golden", False, None, None, str(error))]
    before = (
        None if champion is None else measure(champion, dataset, split=Split.TEST, settings=settings, progress=progress)
    )
    return gate(
        measured.report,
        measured.predictions,
        champion=None if before is None else before.predictions,
        latency_ms=latency_ms(measured.bundle, _some(measured, dataset)),
        golden_ok=True,
    )


def _some(measured: Measured, dataset: Dataset) -> list[Listing]:
    """A few of the listings that the candidate gave a verdict about."""
    wanted = set(measured.predictions.listing_N[:_TIMED].tolist())
    return list(islice((listing for listing in dataset.listings() if listing.id in wanted), _TIMED))
