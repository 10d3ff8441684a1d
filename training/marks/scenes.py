"""Batches of pictures of marks, with what the networks are to say of each.

Shapes: B pictures, S their side, M side of a mark's canvas, G places along a picture's side, F side of a map of
differences, K differences.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from training.marks.alterations import altered
from training.marks.camera import photographed, seen
from training.marks.studio import Studio
from trueshelf.models.marks.found import Box
from trueshelf.models.marks.geometry import CANVAS, CELL, DIFFERENCE, MARK, NAMED, TYPICAL

_SMALLEST, _LARGEST = 17.0, 60.0  # pixels of a mark's longer side in a patch
_MARKED = 0.7
_ALTERED = 0.35
_LOOSE = (0.13, 0.13, 0.18, 0.3)
"""How far off frames are, as standard deviations of x, y, ln of the size and angle."""


@dataclass(frozen=True, slots=True)
class Patches:
    """What the finder learns from.

    Attributes:
        marks_B: the number of the mark shown; -1 for none.
        places_BGG: 1 where a mark's centre is near, 0 where not, -1 where it does not matter.
        boxes_B4GG: centre's x and y from the place in cells, ln of the longer side by the typical one, angle.
    """

    pixels_B3SS: Tensor
    marks_B: Tensor
    places_BGG: Tensor
    boxes_B4GG: Tensor


@dataclass(frozen=True, slots=True)
class Crops:
    """What the namer learns from: crops of marks, true or altered, and their numbers."""

    pixels_B3SS: Tensor
    marks_B: Tensor


@dataclass(frozen=True, slots=True)
class Pairs:
    """What the comparer learns from: a crop beside a true mark.

    Attributes:
        present_B: whether the crop shows the mark at all, well made or badly.
        true_B: whether it is well made.
        shifts_B4: x, y, ln of the size and angle of the mark within the crop's frame.
        ways_BK: in what it differs from the true mark.
        differences_BFF: how much of each part of the frame differs from the true mark.
    """

    pixels_B3SS: Tensor
    references_B1MM: Tensor
    present_B: Tensor
    true_B: Tensor
    shifts_B4: Tensor
    ways_BK: Tensor
    differences_BFF: Tensor


def patches(studio: Studio, count: int, random: torch.Generator) -> Patches:
    """Patches with a mark in most, true or altered, anywhere and of any size."""
    marks_B = studio.picked(count, random)
    ink_B1MM = avg_pool2d(_some_altered(studio, marks_B, random), 2)  # nearer to the size that they are seen in
    shown_B = torch.rand(count, generator=random) < _MARKED
    long_B = torch.empty(count).uniform_(math.log(_SMALLEST), math.log(_LARGEST), generator=random).exp()
    angle_B = 0.3 * torch.randn(count, generator=random)
    centre_B2 = torch.empty(count, 2).uniform_(0.15, 0.85, generator=random) * CANVAS
    shifts_B4 = torch.stack([*(centre_B2 * 2 / CANVAS - 1).unbind(1), (long_B / MARK).log(), angle_B], dim=1)
    seen_B1SS = seen(ink_B1MM, shifts_B4, CANVAS, random) * shown_B[:, None, None, None]
    places = (torch.arange(CANVAS // CELL) + 0.5) * CELL
    dx_BGG = (centre_B2[:, 0, None, None] - places[None, None, :]).expand(-1, len(places), -1) / CELL
    dy_BGG = (centre_B2[:, 1, None, None] - places[None, :, None]).expand(-1, -1, len(places)) / CELL
    away_BGG = torch.maximum(dx_BGG.abs(), dy_BGG.abs())
    reach_B = (long_B / CELL * 0.2).clamp(0.5, 1.5)[:, None, None]
    near_BGG = (away_BGG <= reach_B) & shown_B[:, None, None]
    unclear_BGG = (away_BGG <= reach_B + 1) & shown_B[:, None, None] & ~near_BGG
    flat = torch.ones_like(dx_BGG)
    boxes_B4GG = torch.stack(
        [dx_BGG, dy_BGG, (long_B / TYPICAL).log()[:, None, None] * flat, angle_B[:, None, None] * flat], dim=1
    )
    return Patches(
        photographed(seen_B1SS, studio.grounds_NCTT, random),
        torch.where(shown_B, marks_B, -1),
        near_BGG.float() - unclear_BGG.float(),
        boxes_B4GG,
    )


def crops(studio: Studio, count: int, random: torch.Generator) -> Crops:
    """Crops in the middle of which a mark is, about as large and as upright as it should be."""
    marks_B = studio.picked(count, random)
    seen_B1SS = seen(_some_altered(studio, marks_B, random), _loosely(count, random), NAMED, random)
    return Crops(photographed(seen_B1SS, studio.grounds_NCTT, random), marks_B)


def pairs(studio: Studio, count: int, random: torch.Generator) -> Pairs:
    """Crops beside references: the true mark, an altered one, or something else altogether."""
    marks_B = studio.picked(count, random)
    draw_B = torch.rand(count, generator=random)
    true_B, wrong_B = draw_B < 0.35, (draw_B >= 0.35) & (draw_B < 0.7)
    own_B1MM, other_B1MM = studio.ink_N1MM[marks_B], studio.ink_N1MM[studio.others(marks_B, random)]
    altered_B1MM, ways_BK = altered(own_B1MM, other_B1MM, random)
    shown_B1MM = _where(true_B, own_B1MM, _where(wrong_B, altered_B1MM, other_B1MM))
    scribbled_B = torch.randint(len(studio.scribbles_Z1MM), (count,), generator=random)
    shown_B1MM = _where(draw_B > 0.84, studio.scribbles_Z1MM[scribbled_B], shown_B1MM)
    shown_B1MM = _where(draw_B > 0.95, torch.zeros_like(shown_B1MM), shown_B1MM)
    shifts_B4 = _loosely(count, random) * torch.rand(count, 1, generator=random)
    differ_B1MM = (shown_B1MM - own_B1MM).abs()
    sampled = seen(torch.cat([shown_B1MM, differ_B1MM], dim=1), shifts_B4, CANVAS, random)
    return Pairs(
        photographed(sampled[:, :1], studio.grounds_NCTT, random),
        own_B1MM,
        (true_B | wrong_B).float(),
        true_B.float(),
        shifts_B4,
        ways_BK * wrong_B[:, None],
        avg_pool2d(sampled[:, 1:], CANVAS // DIFFERENCE)[:, 0],
    )


def posed(
    studio: Studio, number: int, count: int, random: torch.Generator, *, wrong: bool
) -> tuple[npt.NDArray[np.uint8], list[Box]]:
    """Pictures [B,S,S,3] of one mark somewhere in each, true or altered, and where it is; thrice a patch's side."""
    marks_B = torch.full((count,), number)
    ink_B1MM = studio.ink_N1MM[marks_B]
    if wrong:
        ink_B1MM, _ = altered(ink_B1MM, studio.ink_N1MM[studio.others(marks_B, random)], random)
    middle_B2 = torch.empty(count, 2).uniform_(-0.4, 0.4, generator=random)
    growth_B = torch.empty(count).uniform_(-1.2, -0.3, generator=random)
    shifts_B4 = torch.stack([*middle_B2.unbind(1), growth_B, 0.2 * torch.randn(count, generator=random)], dim=1)
    large = interpolate(studio.grounds_NCTT, scale_factor=2.0, mode="bilinear", align_corners=False)
    seen_B1SS = seen(ink_B1MM, shifts_B4, 2 * CANVAS, random)
    pictures = interpolate(photographed(seen_B1SS, large, random), scale_factor=1.5, mode="bilinear")
    return (pictures * 255).byte().permute(0, 2, 3, 1).numpy(), [_box(ink_SS) for ink_SS in seen_B1SS[:, 0] > 0.3]


def _box(inked_SS: Tensor) -> Box:
    across, down = torch.nonzero(inked_SS.any(dim=0))[:, 0], torch.nonzero(inked_SS.any(dim=1))[:, 0]
    edges = (across[0], down[0], across[-1] + 1, down[-1] + 1)
    left, top, right, bottom = (float(edge) / len(inked_SS) for edge in edges)
    return Box(left, top, right - left, bottom - top)


def _some_altered(studio: Studio, marks_B: Tensor, random: torch.Generator) -> Tensor:
    own_B1MM = studio.ink_N1MM[marks_B]
    rows = torch.nonzero(torch.rand(len(marks_B), generator=random) < _ALTERED)[:, 0]
    others_B1MM = studio.ink_N1MM[studio.others(marks_B[rows], random)]
    return own_B1MM.index_put((rows,), altered(own_B1MM[rows], others_B1MM, random)[0])


def _loosely(count: int, random: torch.Generator) -> Tensor:
    return torch.randn(count, 4, generator=random).clamp(-2.5, 2.5) * torch.tensor(_LOOSE)


def _where(rows_B: Tensor, one: Tensor, other: Tensor) -> Tensor:
    return torch.where(rows_B[:, None, None, None], one, other)
