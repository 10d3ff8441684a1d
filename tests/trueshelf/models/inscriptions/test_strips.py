import numpy as np
import pytest
from PIL import Image, ImageDraw

from trueshelf.models.inscriptions.strips import strips


def marked(angle: float, *, sure: float = 0.9, size: tuple[int, int] = (300, 240)) -> np.ndarray:
    """A map with one line of 120 × 12 pixels, turned by so many degrees around its middle."""
    upright = Image.new("L", size, 0)
    x, y = size[0] / 2, size[1] / 2
    ImageDraw.Draw(upright).rectangle((x - 60, y - 6, x + 60, y + 6), fill=255)
    return np.asarray(upright.rotate(-angle), dtype=np.float32) / 255 * sure


@pytest.mark.parametrize("angle", [0, 12, -33, 44])
def test_a_turned_line_is_found_with_its_angle_and_grown_to_its_height(angle: int) -> None:
    (strip,) = strips(marked(angle))
    assert np.rad2deg(strip.angle) == pytest.approx(angle, abs=2)
    assert [strip.x, strip.y] == pytest.approx([150, 120], abs=2)
    assert 120 < strip.length < 150
    assert 20 < strip.height < 38


def test_a_line_that_runs_upwards_is_long_and_not_high() -> None:
    (strip,) = strips(marked(90))
    assert strip.length > 3 * strip.height
    left, top, right, bottom = strip.bounds
    assert bottom - top > 3 * (right - left)


def test_what_the_detector_is_unsure_of_is_no_line() -> None:
    assert strips(marked(0, sure=0.4)) == []
    assert strips(np.zeros((64, 64), dtype=np.float32)) == []


def test_lines_that_do_not_touch_are_kept_apart_the_largest_first() -> None:
    map_HW = np.zeros((200, 300), dtype=np.float32)
    map_HW[20:28, 10:80] = map_HW[60:72, 20:280] = map_HW[100:108, 10:60] = 1
    assert [round(strip.y) for strip in strips(map_HW)] == [66, 24, 104]


def test_a_region_of_any_shape_is_one(subtests: pytest.Subtests) -> None:
    """Two arms that meet in the last row only."""
    map_HW = np.zeros((60, 120), dtype=np.float32)
    map_HW[10:40, 10:20] = map_HW[10:40, 90:100] = map_HW[38:40, 10:100] = 1
    for name, turned in {"meets below": map_HW, "meets above": map_HW[::-1], "meets aside": map_HW.T}.items():
        with subtests.test(name):
            assert len(strips(turned)) == 1


def test_a_map_of_nothing_but_specks_is_cut_short() -> None:
    map_HW = np.zeros((320, 320), dtype=np.float32)
    for corner in range(4):
        map_HW[corner::8, :] = 1
    map_HW[:, ::8] = map_HW[:, 1::8] = 0
    assert 0 < len(strips(map_HW)) <= 200
    assert strips(np.indices((320, 320)).sum(axis=0).astype(np.float32) % 2) == []
