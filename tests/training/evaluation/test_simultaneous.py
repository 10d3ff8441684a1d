import numpy as np
import pytest

from training.evaluation.simultaneous import Ends, simultaneous


def broken(slices: int, *, confidence: float) -> float:
    """How often an upper end of any of many true zeros lies below zero, over 400 samples of 80 clusters."""
    random = np.random.default_rng(0)
    missed = 0
    for _ in range(400):
        seen_CS = random.normal(size=(80, slices))
        weight_RC = random.multinomial(80, [1 / 80] * 80, size=300) / 80
        ends = simultaneous(seen_CS.mean(axis=0), weight_RC @ seen_CS, confidence=confidence)
        missed += any(each is not None and each.high < 0 for each in ends)
    return missed / 400


@pytest.mark.parametrize("slices", [1, 30])
def test_all_ends_hold_at_once_with_the_confidence_asked_for(slices: int) -> None:
    assert broken(slices, confidence=0.95) == pytest.approx(0.05, abs=0.03)


def test_more_values_ask_for_wider_ends_unless_they_move_together() -> None:
    random = np.random.default_rng(1)
    apart_RS = random.normal(size=(2_000, 20))
    together_RS = np.repeat(apart_RS[:, :1], 20, axis=1)
    (alone,) = simultaneous(np.zeros(1), apart_RS[:, :1], confidence=0.95)
    one, many = (simultaneous(np.zeros(20), drawn_RS, confidence=0.95)[0] for drawn_RS in (together_RS, apart_RS))
    assert alone is not None
    assert one is not None
    assert many is not None
    assert one.high == pytest.approx(alone.high)
    assert many.high > 1.5 * alone.high


def test_what_never_moves_is_its_own_end_and_what_is_not_defined_has_none() -> None:
    drawn_RS = np.array([[0.5, np.nan, 0.1], [0.5, np.nan, np.nan], [0.5, np.nan, 0.3]])
    still, missing, moving = simultaneous(np.array([0.5, np.nan, 0.2]), drawn_RS, confidence=0.95)
    assert (still, missing) == (Ends(0.5, 0.5, 0.5), None)
    assert moving is not None
    assert moving.low < 0.2 < moving.high
