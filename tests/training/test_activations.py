from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torch import nn

from training.activations import Activations, activations
from training.branched import Cut
from training.progress import Progress, silent
from trueshelf.listings import Photo
from trueshelf.listings.images import ImageError
from trueshelf.models.encoders import ImageSpec, ViewSpec
from trueshelf.testing import make_photo

SPEC = ImageSpec("tiny", 16, (0.5,) * 3, (0.5,) * 3, dim=4)
VIEW = ViewSpec(grid=3, zoom=2)


def computed(
    photos: list[Photo], folder: Path, *, view: ViewSpec = VIEW, textured: bool = True, progress: Progress = silent
) -> Activations:
    torch.manual_seed(0)
    encoder = Cut(nn.Conv2d(3, 4, 2, stride=2), nn.Conv2d(4, 5, 2, stride=2), nn.Identity(), SPEC)
    return activations(encoder, view, photos, textured=textured, folder=folder, progress=progress)


def mirrored(photo: Photo) -> Photo:
    out = BytesIO()
    ImageOps.mirror(Image.open(BytesIO(photo.read()))).save(out, "PNG")
    return Photo.of(out.getvalue())


def test_every_close_view_is_seen_as_it_is_and_mirrored(tmp_path: Path) -> None:
    photo = make_photo(64, 64, format="PNG")
    seen_all = computed([photo, mirrored(photo)], tmp_path)
    maps, textures = seen_all
    assert maps.shape == (2, 2, 10, 5, 4, 4)
    assert seen_all.close_NOWCHX.shape == (2, 2, 9, 5, 4, 4)
    assert seen_all.whole_NO1CHX.shape == (2, 2, 1, 5, 4, 4)
    assert textures.shape == (2, 2, 10)
    for seen in (maps, textures):
        np.testing.assert_array_equal(seen[0, 0], seen[1, 1])
        np.testing.assert_array_equal(seen[0, 1], seen[1, 0])
        assert not np.array_equal(seen[0, 0], seen[0, 1])


def test_what_was_computed_is_found_again(tmp_path: Path) -> None:
    photos = [make_photo(seed=seed) for seed in range(3)]
    first = computed(photos, tmp_path)
    written = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.npy")}
    again = computed(photos, tmp_path)
    np.testing.assert_array_equal(again.maps_NOVCHX, first.maps_NOVCHX)
    np.testing.assert_array_equal(again.textures_NOT, first.textures_NOT)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.npy")} == written
    computed(photos[:2], tmp_path)
    assert len(list(tmp_path.glob("*.npy"))) == 2 * len(written)


def test_a_killed_look_goes_on_where_it_stopped(tmp_path: Path) -> None:
    photos = [make_photo(seed=seed) for seed in range(40)]
    seen: list[int] = []

    def die(stage: str, done: int, total: int) -> None:
        del stage, total
        seen.append(done)
        if len(seen) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        computed(photos, tmp_path / "killed", progress=die)
    resumed = computed(photos, tmp_path / "killed", progress=die)
    assert seen == [32, 40]
    whole = computed(photos, tmp_path / "whole")
    np.testing.assert_array_equal(resumed.maps_NOVCHX, whole.maps_NOVCHX)
    np.testing.assert_array_equal(resumed.textures_NOT, whole.textures_NOT)


def test_without_texture_the_maps_are_the_same_and_without_close_views_the_whole_is_seen(tmp_path: Path) -> None:
    photos = [make_photo(64, 64)]
    maps, textures = computed(photos, tmp_path, textured=False)
    assert textures.shape == (1, 2, 0)
    np.testing.assert_allclose(maps, computed(photos, tmp_path).maps_NOVCHX, atol=1e-3)
    assert computed(photos, tmp_path, view=ViewSpec(0)).close_NOWCHX.shape == (1, 2, 1, 5, 4, 4)


def test_a_broken_photo_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError):
        computed([Photo.of(b"no photo")], tmp_path)


def test_no_photos_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no photos"):
        computed([], tmp_path)
