import math
from dataclasses import dataclass

import pytest

from training.bounds import require


@dataclass(frozen=True)
class Config:
    epochs: int = 3
    rate: float = 0.5


def test_what_lies_within_is_let_through() -> None:
    require(Config(), at_least={"epochs": 3}, above={"rate": 0}, below={"rate": 1})


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (Config(epochs=0), "epochs 0 must be at least 1"),
        (Config(rate=0.0), "rate 0.0 must be above 0"),
        (Config(rate=1.0), "rate 1.0 must be below 1"),
        (Config(rate=math.nan), "rate nan must be above 0"),
    ],
)
def test_what_lies_beyond_is_named_with_its_value(config: Config, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        require(config, at_least={"epochs": 1}, above={"rate": 0}, below={"rate": 1})
