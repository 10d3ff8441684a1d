"""Models against each other on one strict split: the same training listings, calibration, thresholds and test shops.

Shapes: N listings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.peers import Floats, Peer
from benchmarks.seen import Seen
from training.data.parts import UNKNOWN
from training.evaluation.comparison import differences
from training.evaluation.predictions import SLICES, HeadPredictions, Predictions
from training.evaluation.report import report
from training.evaluation.slices import slice_values
from trueshelf.listings import Head, Split
from trueshelf.models.calibration import Calibrator
from trueshelf.models.thresholds import fit_thresholds
from trueshelf.models.verdict import Thresholds


@dataclass(frozen=True, slots=True)
class Entry:
    """What one model answered about the test split, and the thresholds that it acted by."""

    predictions: Predictions
    thresholds: Mapping[Head, Thresholds]

    def headline(self) -> dict[str, Any]:
        """Its figures by head, each with its interval."""
        heads: dict[str, Any] = report(self.predictions, thresholds=self.thresholds)["heads"]
        return heads


def entered(peer: Peer, seen: Mapping[Split, Seen]) -> Entry:
    """Fit every head on the training split, calibrate it on the calibration split, and let it answer the test split."""
    train, calibration, test = (seen[split] for split in (Split.TRAIN, Split.CALIBRATION, Split.TEST))
    heads, thresholds = {}, {}
    for place, head in enumerate(Head):
        calibration_N, test_N = peer(train, [calibration, test], place)
        calibrator, thresholds[head] = _calibrated(
            calibration_N, calibration.part.answers_NH[:, place], calibration.behind
        )
        heads[head] = _answers(test_N, test.part.answers_NH[:, place], calibrator, thresholds[head])
    return Entry(_predictions(test, heads), thresholds)


def lead(ours: Entry, theirs: Entry) -> dict[str, Any]:
    """Ours minus theirs in every measure, over the same redrawn shops, by head."""
    return {
        head.value: {name: interval.to_dict() for name, interval in found.items()}
        for head, found in differences(ours.predictions, theirs.predictions).items()
    }


def _calibrated(
    score_N: Floats, answers_N: npt.NDArray[np.int64], behind: Sequence[str | None]
) -> tuple[Calibrator, Thresholds]:
    known_N = answers_N != UNKNOWN
    calibrator = Calibrator.fit(score_N[known_N], answers_N[known_N] == 1)
    probability_N = calibrator(score_N)
    no_N = answers_N == 0
    return calibrator, fit_thresholds(
        probability_N[no_N], probability_N, groups=[each for each, no in zip(behind, no_N, strict=True) if no]
    )


def _answers(
    score_N: Floats, label_N: npt.NDArray[np.int64], calibrator: Calibrator, thresholds: Thresholds
) -> HeadPredictions:
    probability_N = calibrator(score_N)
    actions = np.array([thresholds.action(float(probability)).value for probability in probability_N])
    return HeadPredictions(score_N, probability_N, label_N, actions)


def _predictions(seen: Seen, heads: Mapping[Head, HeadPredictions]) -> Predictions:
    listings = seen.part.listings
    values = [slice_values(listing, seen.rates) for listing in listings]
    return Predictions(
        np.array([listing.id for listing in listings], dtype=object),
        np.array([listing.shop_id for listing in listings], dtype=object),
        heads,
        {name: np.array([value[name] for value in values], dtype=object) for name in SLICES},
    )
