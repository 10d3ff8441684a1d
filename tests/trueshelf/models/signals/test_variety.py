import math

import numpy as np
import pytest

from trueshelf.models.sight import Sight
from trueshelf.models.signals import PHOTO_FACTS
from trueshelf.models.signals.variety import measure_variety


def sight(*direction: float, background: float = 0.5) -> Sight:
    facts_Q = np.zeros(len(PHOTO_FACTS), dtype=np.float32)
    facts_Q[PHOTO_FACTS.index("background")] = background
    return Sight(np.array([direction, (9, 9)], dtype=np.float32), facts_Q)


def test_photos_that_are_nearly_one_picture_have_no_variety() -> None:
    values = measure_variety([sight(1, 0), sight(2, 0.01), sight(3, 0)]).values
    assert values["photo_variety"] == pytest.approx(0, abs=1e-4)


def test_variety_is_how_far_photos_are_apart_and_likeness_the_closest_two() -> None:
    values = measure_variety([sight(1, 0), sight(1, 0), sight(0, 1)]).values
    assert values["photo_variety"] == pytest.approx(2 / 3)
    assert values["photo_likeness"] == pytest.approx(0)


def test_the_grounds_are_plain_where_all_of_them_are() -> None:
    grounds = [measure_variety([sight(1, 0, background=0.9), sight(0, 1, background=ground)]).values["photo_grounds"]
               for ground in (0.2, 0.95)]  # fmt: skip
    assert grounds == pytest.approx([0.2, 0.9])


def test_one_photo_says_nothing_about_variety() -> None:
    assert all(math.isnan(value) for value in measure_variety([sight(1, 0)]).values.values())
