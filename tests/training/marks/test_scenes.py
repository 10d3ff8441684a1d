"""Drawn pictures of marks, and what is to be learnt of them."""

import torch
from torch import Tensor

from training.marks.alterations import altered
from training.marks.icons import brand_icons, drawn
from training.marks.scenes import crops, pairs, patches
from training.marks.studio import Studio
from trueshelf.listings import BrandTable
from trueshelf.models.marks.geometry import CANVAS, CELL, DIFFERENCE, MARK, NAMED

ICONS = ("nike", "sony", "bmw", "apple")


def ink() -> Tensor:
    return torch.from_numpy(drawn(ICONS)).float()[:, None] / 255


def studio() -> Studio:
    return Studio.of(ICONS, foremost=2, scribbled=9, grounded=8)


def drawing(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_every_mark_belongs_to_a_brand_of_the_table_and_fills_its_frame() -> None:
    brands = brand_icons()
    assert set(brands) <= {brand.name for brand in BrandTable.default().brands}
    for ink_MM in drawn(list(brands.values())):
        inked = ink_MM > 0
        assert max(inked.any(axis=0).sum(), inked.any(axis=1).sum()) in range(MARK - 8, MARK + 1)


def test_an_altered_mark_is_ink_and_not_the_true_one() -> None:
    true_B1MM = ink().repeat(16, 1, 1, 1)
    wrong_B1MM, ways_BK = altered(true_B1MM, true_B1MM.roll(1, 0), drawing(0))
    assert bool((ways_BK.sum(dim=1) >= 1).all())
    assert wrong_B1MM.min() >= 0
    assert wrong_B1MM.max() <= 1
    assert ((wrong_B1MM - true_B1MM).abs().mean(dim=(1, 2, 3)) > 0.003).float().mean() > 0.95


def test_the_same_random_numbers_draw_the_same_pictures() -> None:
    assert torch.equal(patches(studio(), 8, drawing(3)).pixels_B3SS, patches(studio(), 8, drawing(3)).pixels_B3SS)
    assert not torch.equal(patches(studio(), 8, drawing(3)).pixels_B3SS, patches(studio(), 8, drawing(4)).pixels_B3SS)


def test_a_place_near_a_mark_points_at_its_centre() -> None:
    batch = patches(studio(), 32, drawing(1))
    for number in range(32):
        near = torch.nonzero(batch.places_BGG[number] > 0)
        assert bool(len(near)) == bool(batch.marks_B[number] >= 0)
        centres = {
            tuple(
                round(float((place + 0.5 + batch.boxes_B4GG[number, axis, row, column]) * CELL), 2)
                for axis, place in ((0, column), (1, row))
            )
            for row, column in near.tolist()
        }
        assert len(centres) <= 1


def test_only_a_wrong_mark_differs() -> None:
    batch = pairs(studio(), 64, drawing(2))
    assert batch.pixels_B3SS.shape == (64, 3, CANVAS, CANVAS)
    assert batch.differences_BFF.shape == (64, DIFFERENCE, DIFFERENCE)
    true_B = batch.true_B > 0
    assert float(batch.differences_BFF[true_B].abs().max()) == 0
    assert float(batch.differences_BFF[~true_B].amax(dim=(1, 2)).median()) > 0.2
    assert bool((batch.present_B[true_B] > 0).all())
    assert float(batch.ways_BK[true_B].sum()) == 0


def test_crops_show_marks_that_they_are_numbered_by() -> None:
    batch = crops(studio(), 16, drawing(4))
    assert batch.pixels_B3SS.shape == (16, 3, NAMED, NAMED)
    assert set(batch.marks_B.tolist()) <= set(range(len(ICONS)))


def test_another_mark_is_another() -> None:
    marks_B = torch.arange(4).repeat(50)
    assert not bool((studio().others(marks_B, drawing(5)) == marks_B).any())
