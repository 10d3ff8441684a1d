"""A marketplace without photos, drawn once: large enough to count in."""

import pytest

from training.data.market import simulate
from training.data.market.build import Tables


@pytest.fixture(scope="session")
def market() -> Tables:
    return simulate(shops=400, seed=11, photos=None)
