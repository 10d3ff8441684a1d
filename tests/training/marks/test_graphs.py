"""Networks made once, and read by what serves."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.marks.graphs import marks_folder
from training.marks.icons import brand_icons
from training.marks.learning import LearningConfig
from trueshelf.models.marks import MarkReader

pytestmark = pytest.mark.slow

BRIEF = LearningConfig(finder_steps=2, comparer_steps=2, batch=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return marks_folder(tmp_path_factory.mktemp("shared"), _unheard, config=BRIEF)


def test_what_was_made_is_not_made_again(folder: Path) -> None:
    shared = folder.parent.parent
    assert marks_folder(shared, _refused, config=BRIEF) == folder


def test_a_photo_is_read_the_same_whenever_and_whatever_its_shape(folder: Path) -> None:
    reader = MarkReader.open(folder)
    assert reader.brands == tuple(brand_icons())
    rng = np.random.default_rng(0)
    for size in ((1, 1), (40, 900), (640, 480)):
        image = Image.fromarray(rng.integers(0, 255, (*size, 3), dtype=np.uint8))
        found_FX = reader(image)
        np.testing.assert_array_equal(found_FX, MarkReader.open(folder)(image))
        seen = reader.seen(found_FX)
        assert len({mark.brand for mark in seen.found}) == len(seen.found)


def _unheard(stage: str, done: int, total: int) -> None:
    pass


def _refused(stage: str, done: int, total: int) -> None:
    raise AssertionError(f"made again: {stage}, {done} of {total}")
