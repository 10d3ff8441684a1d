"""Networks made, put together with true marks, and read by what serves."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.marks.folder import WEIGHTS, marks_folder, put_together
from training.marks.icons import brand_icons, drawn, learnt_icons, mirrored_brands, unseen_icons
from training.marks.learning import LearningConfig
from training.marks.making import make_networks
from training.progress import silent
from trueshelf.models.marks import MarkReader
from trueshelf.models.marks.geometry import CANVAS

BRIEF = LearningConfig(finder_steps=2, namer_steps=2, comparer_steps=2, batch=8)
ICONS = ("nike", "sony", "bmw", "apple")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return marks_folder(tmp_path_factory.mktemp("shared"))


def worn(icon: str, ink: tuple[int, int, int], ground: tuple[int, int, int], *, mirrored: bool = False) -> Image.Image:
    """A picture with the icon a little off its middle."""
    [ink_MM] = drawn([icon])
    mask = Image.fromarray(ink_MM[:, ::-1].copy() if mirrored else ink_MM).resize((2 * CANVAS, 2 * CANVAS))
    picture = Image.new("RGB", (400, 300), ground)
    picture.paste(ink, (120, 40), mask)
    return picture


@pytest.mark.parametrize("icon", ["nike", "apple", "bmw", "newbalance", "huawei"])
@pytest.mark.parametrize("colours", [((250, 250, 250), (40, 60, 120)), ((20, 20, 20), (200, 170, 140))])
def test_a_clean_mark_is_found_and_named_in_any_colours(
    folder: Path, icon: str, colours: tuple[tuple[int, int, int], tuple[int, int, int]]
) -> None:
    reader = MarkReader.open(folder)
    found = reader.seen(reader(worn(icon, *colours))).found
    assert [brand for brand, name in brand_icons().items() if name == icon] == [found[0].brand]
    assert abs(found[0].box.x + found[0].box.width / 2 - (120 + CANVAS) / 400) < 0.06
    assert abs(found[0].box.y + found[0].box.height / 2 - (40 + CANVAS) / 300) < 0.08


def test_a_mark_worn_both_ways_round_is_known_both_ways(folder: Path) -> None:
    reader = MarkReader.open(folder)
    assert "Nike" in mirrored_brands()
    found = reader.seen(reader(worn("nike", (250, 250, 250), (40, 60, 120), mirrored=True))).found
    assert found[0].brand == "Nike"


def test_a_photo_is_read_the_same_whenever_and_whatever_its_shape(folder: Path) -> None:
    reader = MarkReader.open(folder)
    assert set(reader.brands) == set(brand_icons())
    rng = np.random.default_rng(0)
    for size in ((1, 1), (40, 900), (640, 480)):
        image = Image.fromarray(rng.integers(0, 255, (*size, 3), dtype=np.uint8))
        found_FX = reader(image)
        np.testing.assert_array_equal(found_FX, MarkReader.open(folder)(image))
        seen = reader.seen(found_FX)
        assert len({mark.brand for mark in seen.found}) == len(seen.found)


def test_what_was_put_together_is_not_put_together_again(folder: Path) -> None:
    before = folder.stat().st_mtime_ns
    assert marks_folder(folder.parent.parent) == folder
    assert folder.stat().st_mtime_ns == before


def test_icons_kept_aside_are_never_learnt() -> None:
    assert not set(unseen_icons()) & set(learnt_icons())
    assert learnt_icons()[: len(brand_icons())] == tuple(brand_icons().values())


def test_the_networks_say_by_which_settings_they_were_made() -> None:
    made = json.loads((WEIGHTS / "made.json").read_text(encoding="utf-8"))
    assert made == {
        "settings": LearningConfig().to_dict(),
        "icons": len(learnt_icons()),
        "made_by": "python -m training marks",
    }


@pytest.mark.slow
def test_networks_made_anew_go_on_from_what_was_kept_and_can_be_read(tmp_path: Path) -> None:
    make_networks(tmp_path / "out", tmp_path / "work", silent, config=BRIEF, icons=ICONS)
    first = (tmp_path / "out" / "comparer.onnx").read_bytes()
    make_networks(tmp_path / "out", tmp_path / "work", silent, config=BRIEF, icons=ICONS)
    assert (tmp_path / "out" / "comparer.onnx").read_bytes() == first
    put_together(tmp_path / "marks", {icon: icon for icon in ICONS}, frozenset(), weights=tmp_path / "out")
    assert MarkReader.open(tmp_path / "marks")(Image.new("RGB", (64, 64))).shape[1] > 0
