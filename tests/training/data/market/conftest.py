"""A marketplace without photos, drawn once: large enough to count in."""

import pytest

from training.data.market import simulate
from training.data.market.build import Tables
from training.data.market.world import draw_world


@pytest.fixture(scope="session")
def market() -> Tables:
    return simulate(draw_world(11, 400), photos=None)
