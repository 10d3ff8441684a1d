from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torch import nn

from training.activations import activations
from training.progress import silent
from trueshelf.listings import Photo
from trueshelf.listings.images import ImageError
from trueshelf.models.encoders import ImageSpec, ViewSpec
from trueshelf.testing import make_photo

SPEC = ImageSpec("tiny", 16, (0.5,) * 3, (0.5,) * 3, dim=4)
VIEW = ViewSpec(grid=3, zoom=2)


class Halved(nn.Module):
    """Four channels at half the resolution."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 4, 2, stride=2)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        maps: torch.Tensor = self.conv(pixels)
        return maps


def computed(photos: list[Photo], folder: Path) -> np.ndarray:
    return activations(Halved().eval(), SPEC, VIEW, photos, folder=folder, progress=silent)


def mirrored(photo: Photo) -> Photo:
    out = BytesIO()
    ImageOps.mirror(Image.open(BytesIO(photo.read()))).save(out, "PNG")
    return Photo.of(out.getvalue())


def test_every_close_view_is_mapped_as_it_is_and_mirrored(tmp_path: Path) -> None:
    photo = make_photo(64, 64, format="PNG")
    maps = computed([photo, mirrored(photo)], tmp_path)
    assert maps.shape == (2, 2, 9, 4, 8, 8)
    np.testing.assert_array_equal(maps[0, 0], maps[1, 1])
    np.testing.assert_array_equal(maps[0, 1], maps[1, 0])
    assert not np.array_equal(maps[0, 0], maps[0, 1])


def test_what_was_computed_is_found_again(tmp_path: Path) -> None:
    photos = [make_photo(seed=seed) for seed in range(3)]
    first = np.array(computed(photos, tmp_path))
    (path,) = tmp_path.glob("*.npy")
    written = path.stat().st_mtime_ns
    np.testing.assert_array_equal(computed(photos, tmp_path), first)
    assert path.stat().st_mtime_ns == written
    computed(photos[:2], tmp_path)
    assert len(list(tmp_path.glob("*.npy"))) == 2


def test_a_broken_photo_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError):
        computed([Photo.of(b"no photo")], tmp_path)


def test_no_photos_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no photos"):
        computed([], tmp_path)
