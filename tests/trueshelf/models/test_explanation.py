"""Contributions as reasons: their codes, their thresholds and their order."""

import numpy as np
import pytest

from trueshelf.listings import Head
from trueshelf.models.explanation import NOTABLE, modality_reasons, ranked
from trueshelf.models.reasons import AGAINST, IN_FAVOUR, ReasonCode
from trueshelf.models.verdict import Action, Direction, HeadVerdict, Reason

FAKE, POOR = Head.COUNTERFEIT, Head.LOW_QUALITY
ALL = np.ones(4, dtype=np.float32)


def reasons(action: Action, *contributions: float) -> list[Reason]:
    """Of photos, text, wording and signals in turn."""
    return modality_reasons(FAKE, action, np.array([0.0, *(-each for each in contributions)]), ALL)


def found(head: Head, contribution: float | None) -> Reason:
    return Reason(ReasonCode.REPLICA_TERM, head, 1.0, 1.0, contribution)


@pytest.mark.parametrize(("action", "first"), [(Action.ACT, 0.9), (Action.REVIEW, 0.9), (Action.PASS, -1.0)])
def test_what_argues_for_the_action_comes_first(action: Action, first: float) -> None:
    assert reasons(action, -1.0, 0.6, 0.9, 0.1)[0].contribution == first


def test_codes_thresholds_and_directions_follow_the_sign() -> None:
    for reason in reasons(Action.REVIEW, -0.998, 0.6, 0.9, -0.7):
        against_it = reason.value < 0
        assert reason.code in (IN_FAVOUR if against_it else AGAINST)
        assert reason.direction is (Direction.SPEAKS_AGAINST if against_it else Direction.SUPPORTS)
        assert reason.threshold == (-NOTABLE if against_it else NOTABLE)
        assert abs(reason.value) >= abs(reason.threshold)


def test_at_least_what_says_most_for_the_action_is_a_reason() -> None:
    assert [reason.code for reason in reasons(Action.REVIEW, -0.998, 0.1, 0.2, 0.0)] == [
        ReasonCode.WORDING,
        ReasonCode.PHOTOS_IN_FAVOUR,
    ]
    assert [reason.code for reason in reasons(Action.PASS, -0.1, 0.2, 0.3, -0.2)] == [ReasonCode.SIGNALS_IN_FAVOUR]
    assert [reason.code for reason in reasons(Action.ACT, -0.1, -0.2, -0.3, -0.2)] == [ReasonCode.WORDING_IN_FAVOUR]


def test_modalities_that_are_not_there_are_no_reasons() -> None:
    present = np.array([0, 1, 0, 0], dtype=np.float32)
    [reason] = modality_reasons(FAKE, Action.PASS, np.array([0.0, 9.0, 0.1, 9.0, 9.0]), present)
    assert reason.code is ReasonCode.TEXT_IN_FAVOUR


def test_the_head_that_called_for_the_action_is_explained_first() -> None:
    heads = {FAKE: HeadVerdict(0.2, Action.PASS), POOR: HeadVerdict(0.8, Action.REVIEW)}
    some = [found(FAKE, -3.0), found(FAKE, 2.0), found(POOR, -4.0), found(POOR, None), found(POOR, 0.5)]
    assert [(reason.head, reason.contribution) for reason in ranked(some, heads)] == [
        (POOR, 0.5),
        (POOR, None),
        (POOR, -4.0),
        (FAKE, -3.0),
        (FAKE, 2.0),
    ]
