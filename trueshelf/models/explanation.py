"""Why a verdict came out as it did: what each modality contributed, and what was found that a person can check.

Contributions are exact: the network answers again without the modality, or with the finding's signals silenced, and
the difference in calibrated log-odds is the contribution. They need not add up, since modalities say some things twice.
"""

import math
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from trueshelf.listings import Head
from trueshelf.models.calibration import Calibrator
from trueshelf.models.modality import MODALITIES, Modality
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.signals import Finding
from trueshelf.models.verdict import Action, HeadVerdict, Reason

Floats = npt.NDArray[np.float32]

NOTABLE = 0.5
"""The change in log-odds from which a modality's contribution is a reason; 0.5 moves a probability of 0.5 to 0.62."""

_CODES: Mapping[Modality, ReasonCode] = {
    Modality.PHOTOS: ReasonCode.PHOTOS,
    Modality.TEXT: ReasonCode.TEXT,
    Modality.WORDING: ReasonCode.WORDING,
    Modality.SIGNALS: ReasonCode.SIGNALS,
}

_CODES_IN_FAVOUR: Mapping[Modality, ReasonCode] = {
    Modality.PHOTOS: ReasonCode.PHOTOS_IN_FAVOUR,
    Modality.TEXT: ReasonCode.TEXT_IN_FAVOUR,
    Modality.WORDING: ReasonCode.WORDING_IN_FAVOUR,
    Modality.SIGNALS: ReasonCode.SIGNALS_IN_FAVOUR,
}


def log_odds(calibrator: Calibrator, logits: Floats) -> npt.NDArray[np.float64]:
    """Calibrated log-odds, finite even where the probability rounds to 0 or 1."""
    probability = np.clip(calibrator(logits).astype(np.float64), 1e-7, 1 - 1e-7)
    return np.log(probability / (1 - probability))


def modality_reasons(
    head: Head, action: Action, log_odds_C: npt.NDArray[np.float64], present_M: Floats
) -> list[Reason]:
    """A reason for every modality that is there and moved the head by `NOTABLE`; at least the one that says most for
    the action.

    Args:
        action: what the head's verdict entitles to.
        log_odds_C: with everything, then without each modality in the order of `MODALITIES`.
        present_M: 1 where the listing has the modality.
    """
    contributions = (log_odds_C[0] - log_odds_C[1:]).tolist()
    moved = [
        _modality_reason(modality, head, contribution)
        for modality, present, contribution in zip(MODALITIES, present_M, contributions, strict=True)
        if present
    ]
    moved.sort(key=lambda reason: (not reason.argues_for(action), -reason.weight))
    return [reason for place, reason in enumerate(moved) if place == 0 or reason.weight >= NOTABLE]


def finding_reasons(findings: Iterable[tuple[Finding, float]]) -> list[Reason]:
    """A reason for every finding, with its own contribution."""
    return [
        Reason(finding.code, finding.head, finding.value, finding.threshold, contribution, dict(finding.evidence))
        for finding, contribution in findings
    ]


def ranked(reasons: Iterable[Reason], heads: Mapping[Head, HeadVerdict]) -> tuple[Reason, ...]:
    """Reasons in the order of a verdict's: see `Verdict.reasons`."""

    def place(reason: Reason) -> tuple[int, bool, float]:
        action = heads[reason.head].action
        return -action.strength, not reason.argues_for(action), -reason.weight

    return tuple(sorted(reasons, key=place))


def _modality_reason(modality: Modality, head: Head, contribution: float) -> Reason:
    codes = _CODES if contribution >= 0 else _CODES_IN_FAVOUR
    return Reason(codes[modality], head, contribution, math.copysign(NOTABLE, contribution), contribution)
