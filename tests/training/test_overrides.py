from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Literal

import pytest

from training.overrides import overridden


class Mode(StrEnum):
    FAST = "fast"
    SLOW = "slow"


@dataclass(frozen=True)
class Config:
    epochs: int = 10
    rate: float = 0.1
    name: str = "a"
    tune: bool = False
    limit: int | None = None
    sizes: tuple[int, ...] = (1,)
    mode: Mode = Mode.FAST
    kind: Literal["x", "y"] = "x"
    folder: Path = Path()


def test_values_are_read_by_their_fields_types() -> None:
    found = overridden(
        Config(),
        ["epochs=3", "rate=1e-3", "name=b=c", "tune=yes", "limit=7", "sizes=2, 3", "mode=slow", "kind=y", "folder=/x"],
    )
    assert found == Config(3, 0.001, "b=c", True, 7, (2, 3), Mode.SLOW, "y", Path("/x"))
    assert overridden(found, ["limit=none", "tune=0"]) == replace(found, limit=None, tune=False)
    assert overridden(Config(), []) == Config()


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("epochs", "--set 'epochs' is not of the form field=value"),
        ("epoch=3", "--set epoch names no field (did you mean epochs?); fields are epochs, rate"),
        ("epochs=3.5", "--set epochs: '3.5' is not a whole number"),
        ("rate=quick", "--set rate: 'quick' is not a number"),
        ("tune=maybe", "--set tune: 'maybe' is neither true nor false"),
        ("limit=some", "--set limit: 'some' is not"),
        ("mode=odd", "--set mode: 'odd' is not a valid Mode"),
        ("kind=z", "--set kind: 'z' is not one of x, y"),
    ],
)
def test_mistakes_name_the_field_and_the_value(assignment: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is asserted below
        overridden(Config(), [assignment])
    assert str(caught.value).startswith(message)
