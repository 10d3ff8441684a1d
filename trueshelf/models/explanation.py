"""Why a verdict came out as it did: what each modality contributed, and what was found that a person can check.

Contributions are exact: the network answers again without the modality, or with the finding's signals silenced, and
the difference in calibrated log-odds is the contribution. They need not add up, since modalities say some things twice.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from trueshelf.listings import Head
from trueshelf.models.calibration import Calibrator
from trueshelf.models.modality import MODALITIES, Modality
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.signals import Finding
from trueshelf.models.verdict import Reason

Floats = npt.NDArray[np.float32]

NOTABLE = 0.5
"""The change in log-odds from which a modality's contribution is a reason; 0.5 moves a probability of 0.5 to 0.62."""

_CODES: Mapping[Modality, ReasonCode] = {
    Modality.PHOTOS: ReasonCode.PHOTOS,
    Modality.TEXT: ReasonCode.TEXT,
    Modality.WORDING: ReasonCode.WORDING,
    Modality.SIGNALS: ReasonCode.SIGNALS,
}


def log_odds(calibrator: Calibrator, logits: Floats) -> npt.NDArray[np.float64]:
    """Calibrated log-odds, finite even where the probability rounds to 0 or 1."""
    probability = np.clip(calibrator(logits).astype(np.float64), 1e-7, 1 - 1e-7)
    return np.log(probability / (1 - probability))


def modality_reasons(head: Head, log_odds_C: npt.NDArray[np.float64], present_M: Floats) -> list[Reason]:
    """A reason for every modality that is there and moved the head by `NOTABLE`; at least the one that moved it most.

    Args:
        log_odds_C: with everything, then without each modality in the order of `MODALITIES`.
        present_M: 1 where the listing has the modality.
    """
    moved = [
        Reason(_CODES[modality], head, contribution, NOTABLE, contribution)
        for modality, present, contribution in zip(
            MODALITIES, present_M, (log_odds_C[0] - log_odds_C[1:]).tolist(), strict=True
        )
        if present
    ]
    moved.sort(key=_weight, reverse=True)
    return [reason for place, reason in enumerate(moved) if place == 0 or _weight(reason) >= NOTABLE]


def finding_reasons(findings: Iterable[tuple[Finding, float]]) -> list[Reason]:
    """A reason for every finding, with its own contribution, the heaviest first."""
    reasons = [
        Reason(finding.code, finding.head, finding.value, finding.threshold, contribution, dict(finding.evidence))
        for finding, contribution in findings
    ]
    return sorted(reasons, key=_weight, reverse=True)


def _weight(reason: Reason) -> float:
    return abs(reason.contribution or 0.0)
