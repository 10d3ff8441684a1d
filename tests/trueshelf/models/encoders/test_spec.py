import json

import pytest

from trueshelf.models.encoders import ImageSpec, TextSpec, ViewSpec


@pytest.mark.parametrize(
    "spec",
    [
        ImageSpec("lite", 224, (0.1, 0.2, 0.3), (0.4, 0.5, 0.6), 1280),
        ViewSpec(3, 2),
        ViewSpec(0),
        TextSpec("minilm", 64, 384),
    ],
)
def test_specs_survive_json(spec: ImageSpec | ViewSpec | TextSpec) -> None:
    assert type(spec).from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


@pytest.mark.parametrize(("grid", "zoom"), [(-1, 2), (1, 2), (2, 3), (2, 0)])
def test_tiles_that_leave_gaps_are_refused(grid: int, zoom: int) -> None:
    with pytest.raises(ValueError, match=f"grid of {grid} tiles"):
        ViewSpec(grid, zoom)


def test_a_photo_must_be_as_large_as_its_tiles_together() -> None:
    assert ViewSpec(0).side(224) == 224
    assert ViewSpec(2).side(224) == 448
    assert ViewSpec(3, 2).side(224) == 448
