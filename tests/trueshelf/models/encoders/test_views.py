import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from trueshelf.models.encoders import ImageSpec, ViewSpec, views
from trueshelf.models.encoders.views import normalised, squared, view_pixels

SPEC = ImageSpec("any", 32, (0.48, 0.45, 0.4), (0.23, 0.22, 0.25), 8)
RED, GREY = (255, 0, 0), (128, 128, 128)


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    pixels_hwc = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels_hwc)


def is_red(pixels_hwc: NDArray[np.uint8]) -> NDArray[np.bool_]:
    values = pixels_hwc.astype(int)
    red: NDArray[np.bool_] = (values[..., 0] > 150) & (values[..., 1] < 100)
    return red


@given(st.integers(1, 400), st.integers(1, 400), st.sampled_from([ViewSpec(0), ViewSpec(2), ViewSpec(3)]))
def test_every_photo_has_the_same_views(width: int, height: int, view: ViewSpec) -> None:
    seen = views(noise(width, height), SPEC, view)
    assert seen.shape == (view.count, 3, 32, 32)
    assert seen.dtype == np.float32
    assert np.isfinite(seen).all()


def test_views_do_not_change_from_call_to_call() -> None:
    photo = noise(333, 217)
    assert np.array_equal(views(photo, SPEC, ViewSpec(3)), views(photo, SPEC, ViewSpec(3)))


def test_the_whole_view_does_not_depend_on_the_tiles() -> None:
    photo = noise(640, 480)
    assert np.array_equal(views(photo, SPEC, ViewSpec(0))[0], views(photo, SPEC, ViewSpec(3))[0])


def test_tiles_side_by_side_are_the_enlarged_photo() -> None:
    photo = noise(300, 200)
    tiles = view_pixels(photo, SPEC, ViewSpec(2))[1:]
    joined = np.concatenate([np.concatenate(row, axis=1) for row in (tiles[:2], tiles[2:])])
    assert np.array_equal(joined, np.asarray(squared(photo, 64, padding=(122, 115, 102))))


def test_tiles_overlap_by_half_where_three_share_the_room_of_two() -> None:
    tiles = view_pixels(noise(300, 200), SPEC, ViewSpec(grid=3, zoom=2))[1:]
    assert np.array_equal(tiles[0][:, 16:], tiles[1][:, :16])
    assert np.array_equal(tiles[0][16:], tiles[3][:16])


@pytest.mark.parametrize("size", [(400, 400), (400, 300), (900, 300), (300, 900), (200, 1000)])
@pytest.mark.parametrize("corner", [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_nothing_is_cut_off(size: tuple[int, int], corner: tuple[int, int]) -> None:
    photo = Image.new("RGB", size, GREY)
    mark = max(size) // 8
    left, top = (end * (length - mark) for end, length in zip(corner, size, strict=True))
    photo.paste(RED, (left, top, left + mark, top + mark))
    whole, *tiles = view_pixels(photo, SPEC, ViewSpec(2))
    assert is_red(whole).any()
    assert sum(int(is_red(tile).sum()) for tile in tiles) > 3 * is_red(whole).sum()


@pytest.mark.parametrize(("size", "rows"), [((400, 400), 32), ((400, 300), 32), ((600, 300), 21), ((1200, 300), 11)])
def test_a_long_photo_is_stretched_by_a_third_and_then_padded(size: tuple[int, int], rows: int) -> None:
    whole = view_pixels(Image.new("RGB", size, RED), SPEC, ViewSpec(0))[0]
    assert is_red(whole).all(axis=1).sum() == rows


def test_padding_is_nothing_to_the_encoder() -> None:
    seen = views(Image.new("RGB", (400, 100), RED), SPEC, ViewSpec(0))[0]
    assert np.abs(seen[:, 0]).max() < 0.5 / 255 / min(SPEC.std) + 1e-6


def test_pixels_are_normalised_by_mean_and_deviation() -> None:
    pixels_vssc = np.random.default_rng(1).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    expected = (pixels_vssc / 255 - np.array(SPEC.mean)) / np.array(SPEC.std)
    assert np.abs(normalised(pixels_vssc, SPEC) - expected.transpose(0, 3, 1, 2)).max() < 1e-6
