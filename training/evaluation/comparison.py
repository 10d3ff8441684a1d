"""Two models on the same listings: how far apart they are, and how far other shops would have moved the difference."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from training.evaluation.bootstrap import REPLICATES, Interval, clusters, intervals
from training.evaluation.predictions import Predictions, common
from training.evaluation.report import MEASURES, head_measure, stated_share
from trueshelf.listings import Head
from trueshelf.models.prevalence import Prevalence

Floats = npt.NDArray[np.float64]
Prevalences = Mapping[Head, Prevalence | None]


def differences(
    candidate: Predictions,
    champion: Predictions,
    *,
    prevalences: tuple[Prevalences, Prevalences] = ({}, {}),
    replicates: int = REPLICATES,
    seed: int = 0,
) -> dict[Head, dict[str, Interval]]:
    """Candidate minus champion in each of `MEASURES`, over the labelled listings that both have answers about.

    The bootstrap is paired: both are measured on the same redrawn shops, so that what is hard for both cancels out.

    Args:
        prevalences: what the probabilities of either are for; calibration is measured there.

    Raises:
        ValueError: they have no listing in common, or disagree on a label.
    """
    ours, theirs = common(candidate, champion)
    if not len(ours):
        raise ValueError(f"{len(candidate)} and {len(champion)} predictions have no listing in common")
    return {
        head: _difference(ours, theirs, head, [stated_share(each.get(head)) for each in prevalences], replicates, seed)
        for head in ours.heads
        if head in theirs.heads
    }


def _difference(
    ours: Predictions,
    theirs: Predictions,
    head: Head,
    shares: Sequence[float | None],
    replicates: int,
    seed: int,
) -> dict[str, Interval]:
    label_N = ours.heads[head].label_N
    if (label_N != theirs.heads[head].label_N).any():
        raise ValueError(f"the two tables of predictions disagree on labels of {head.value}")
    ours, theirs = ours.labelled(head), theirs.labelled(head)
    first, second = (head_measure(each.heads[head], share) for each, share in zip((ours, theirs), shares, strict=True))

    def measure(weight_RN: Floats) -> dict[str, Floats]:
        left, right = first(weight_RN), second(weight_RN)
        return {name: left[name] - right[name] for name in MEASURES}

    return intervals(measure, clusters(ours.shop_N), replicates=replicates, seed=seed)
