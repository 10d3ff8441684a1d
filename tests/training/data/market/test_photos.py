import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageFilter

from training.data.market.camera import studio_camera
from training.data.market.catalogue import branded, categories, unbranded
from training.data.market.draws import draws
from training.data.market.faults import Resave
from training.data.market.marks import mould
from training.data.market.photos import Shot, take
from training.data.market.shapes import Piece

CAMERA = studio_camera(draws(0, "test camera"))
SHOE = Piece(branded(0, "nike", "sneakers", 0), key="shoe")


@pytest.mark.parametrize("category", categories())
def test_every_category_can_be_photographed(category: str) -> None:
    for view in ("whole", "turned", "detail", "hidden"):
        picture = opened(take(Shot("scene", Piece(unbranded(0, "maker", category, 1)), CAMERA, view)))
        assert np.asarray(picture).std() > 5


def test_a_shot_always_gives_the_same_bytes() -> None:
    shot = Shot("scene", SHOE, CAMERA)
    assert take(shot) == take(shot)
    assert take(shot) != take(replace(shot, scene="another"))


def test_a_copy_differs_near_the_mark_and_hardly_elsewhere() -> None:
    copy = replace(SHOE, mould=replace(mould(0, 0, "nike", 0, grade=0.3), sloppiness=0.0, flaws=("proportion",)))
    own, other = (np.asarray(opened(take(Shot("s", piece, CAMERA))), dtype=float) for piece in (SHOE, copy))
    changed = np.abs(own - other).max(axis=2) > 60
    assert 20 < changed.sum() < 0.05 * changed.size


def test_faults_can_be_seen() -> None:
    sharp = Shot("scene", SHOE, CAMERA)
    key = "fault"
    tiny = opened(take(replace(sharp, resave=Resave(key, side=120))))
    assert max(tiny.size) == 120
    blurred = opened(take(replace(sharp, resave=Resave(key, blur=1.5))))
    shaken = opened(take(replace(sharp, resave=Resave(key, shake=6.0))))
    assert detail(blurred) < 0.6 * detail(opened(take(sharp)))
    assert detail(shaken) < detail(opened(take(sharp)))
    for number in range(5):
        marked = opened(take(replace(sharp, resave=Resave(f"mark {number}", watermark="My Shop"))))
        changed = np.abs(np.asarray(marked, dtype=float) - np.asarray(opened(take(sharp)), dtype=float)).max(axis=2)
        assert (changed > 20).mean() > 0.003


def test_resaving_cuts_mirrors_and_frames() -> None:
    shot = Shot("scene", SHOE, CAMERA)
    whole = opened(take(shot))
    treated = Resave("key", crop=0.2, mirror=True, rounds=2, screenshot=True, badge=True, quality=50)
    picture = opened(take(replace(shot, resave=treated)))
    assert picture.width < whole.width
    assert picture.height < whole.height


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def detail(picture: Image.Image) -> float:
    return float(np.asarray(picture.convert("L").filter(ImageFilter.FIND_EDGES), dtype=float).std())
