import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.recipes import RECIPES
from training.recipes.listings_config import ListingsConfig
from training.space import dimensions_of, space_of


class Uniform:
    """Draws without a memory."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:  # noqa: ARG002
        return self._random.uniform(low, high)

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:  # noqa: ARG002
        return self._random.randint(low, high)

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:  # noqa: ARG002
        return self._random.choice(choices)


@given(st.integers(0, 10_000))
def test_what_is_drawn_lies_within_and_is_valid(seed: int) -> None:
    space = space_of(
        ListingsConfig, {"hidden": "16..64", "learning_rate": "0.001..0.01:log", "batch": "16|32", "dropout": "0..0.5"}
    )
    drawn = {name: dimension.draw(name, Uniform(seed)) for name, dimension in space.items()}
    config = ListingsConfig(**drawn)
    assert 16 <= config.hidden <= 64
    assert 0.001 <= config.learning_rate <= 0.01
    assert config.batch in (16, 32)
    assert float(f"{config.dropout:.3g}") == config.dropout


def test_every_default_space_is_one_of_its_recipe() -> None:
    for recipe in RECIPES.values():
        if recipe.rehearsal is not None:
            assert set(space_of(recipe.config, recipe.rehearsal.space)) == set(recipe.rehearsal.space)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.1..0.01", "not below"),
        ("0..1:log", "above 0"),
        ("0.1..1:cubic", "no scale"),
        ("a..1", "not a number"),
        ("x|y", "not a number"),
    ],
)
def test_what_is_no_range_is_said(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        space_of(ListingsConfig, {"learning_rate": text})


def test_only_what_can_be_searched_is() -> None:
    assert dimensions_of((), {"a": "0..1"}) == {"a": "0..1"}
    assert dimensions_of(["a=0..2"], {"a": "0..1", "b": "1..2"}) == {"a": "0..2"}
    for wrong in ("c=0..1", "a"):
        with pytest.raises(ValueError, match="--space"):
            dimensions_of([wrong], {"a": "0..1"})
