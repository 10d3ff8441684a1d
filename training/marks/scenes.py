"""Pictures of marks as a camera might see them, with what the networks are to say of each.

Shapes: B pictures, S their side, M side of a mark's canvas, G places along a picture's side, F side of a map of
differences.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, grid_sample, interpolate

from training.marks.alterations import altered, plain_flow, waves
from training.marks.grounds import colours, grounds, windows
from trueshelf.models.marks.found import Box
from trueshelf.models.marks.geometry import CANVAS, CELL, DIFFERENCE, MARK, TYPICAL

_SMALLEST, _LARGEST = 17.0, 60.0  # pixels of a mark's longer side in a patch
_MARKED = 0.7
_ALTERED = 0.35


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
class Pairs:
    """What the comparer learns from: a crop beside a true mark.

    Attributes:
        present_B: whether the crop shows the mark at all, well made or badly.
        true_B: whether it is well made.
        shifts_B4: x, y, ln of the size and angle of the mark within the crop's frame.
        differences_BFF: how much of each part of the frame differs from the true mark.
    """

    pixels_B3SS: Tensor
    references_B1MM: Tensor
    present_B: Tensor
    true_B: Tensor
    shifts_B4: Tensor
    differences_BFF: Tensor


@dataclass(frozen=True, slots=True)
class Studio:
    """What pictures are made of.

    Attributes:
        ink_N1MM: true marks.
        grounds_NCTT: larger than pictures.
    """

    ink_N1MM: Tensor
    grounds_NCTT: Tensor

    @classmethod
    def of(cls, ink_N1MM: Tensor, *, grounds_count: int = 160) -> "Studio":
        return cls(ink_N1MM, grounds(grounds_count, CANVAS * 3 // 2, torch.Generator().manual_seed(0)))


def _some_altered(ink_N1MM: Tensor, marks_B: Tensor, random: torch.Generator) -> Tensor:
    count = len(marks_B)
    wrong_B = torch.rand(count, 1, 1, 1, generator=random) < _ALTERED
    others_B1MM = ink_N1MM[_picked(ink_N1MM, count, random)]
    return torch.where(wrong_B, altered(ink_N1MM[marks_B], others_B1MM, random), ink_N1MM[marks_B])


def patches(studio: Studio, count: int, random: torch.Generator) -> Patches:
    """Patches with a mark in most, true or altered, anywhere and of any size."""
    ink_N1MM = avg_pool2d(studio.ink_N1MM, 2)  # nearer to the size that they are seen in
    marks_B = _picked(ink_N1MM, count, random)
    ink_B1MM = _some_altered(ink_N1MM, marks_B, random)
    shown_B = torch.rand(count, generator=random) < _MARKED
    long_B = torch.empty(count).uniform_(math.log(_SMALLEST), math.log(_LARGEST), generator=random).exp()
    angle_B = 0.22 * torch.randn(count, generator=random)
    centre_B2 = torch.empty(count, 2).uniform_(0.15, 0.85, generator=random) * CANVAS
    scale_B = long_B / MARK
    shifts_B4 = torch.stack([*(centre_B2 * 2 / CANVAS - 1).unbind(1), scale_B.log(), angle_B], dim=1)
    seen_B1SS = _seen(ink_B1MM, shifts_B4, random) * shown_B[:, None, None, None]
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
        photographed(seen_B1SS, studio, random),
        torch.where(shown_B, marks_B, -1),
        near_BGG.float() - unclear_BGG.float(),
        boxes_B4GG,
    )


def pairs(studio: Studio, count: int, random: torch.Generator) -> Pairs:
    """Crops beside references: the true mark, an altered one, or something else altogether."""
    ink_N1MM = studio.ink_N1MM
    marks_B, others_B = _picked(ink_N1MM, count, random), _picked(ink_N1MM, count, random)
    draw_B = torch.rand(count, generator=random)
    true_B, wrong_B = draw_B < 0.42, (draw_B >= 0.42) & (draw_B < 0.84)
    own_B1MM, other_B1MM = ink_N1MM[marks_B], ink_N1MM[others_B]
    shown_B1MM = torch.where(true_B[:, None, None, None], own_B1MM, other_B1MM)
    shown_B1MM = torch.where(wrong_B[:, None, None, None], altered(own_B1MM, other_B1MM, random), shown_B1MM)
    nothing_B = (draw_B > 0.94)[:, None, None, None]
    shown_B1MM = torch.where(nothing_B, torch.zeros_like(shown_B1MM), shown_B1MM)
    loose_B1 = torch.rand(count, 1, generator=random)
    shifts_B4 = torch.randn(count, 4, generator=random) * torch.tensor([0.12, 0.12, 0.13, 0.14]) * loose_B1
    differ_B1MM = (shown_B1MM - own_B1MM).abs()
    sampled = _seen(torch.cat([shown_B1MM, differ_B1MM], dim=1), shifts_B4, random)
    differences_BFF = adaptive_avg_pool2d(sampled[:, 1:], DIFFERENCE)[:, 0]
    return Pairs(
        photographed(sampled[:, :1], studio, random),
        own_B1MM,
        (true_B | wrong_B).float(),
        true_B.float(),
        shifts_B4,
        differences_BFF,
    )


def posed(
    studio: Studio, number: int, count: int, random: torch.Generator, *, wrong: bool
) -> tuple[npt.NDArray[np.uint8], list[Box]]:
    """Pictures [B,S,S,3] of one mark somewhere in each, true or altered, and where it is; twice a patch's side."""
    ink_B1MM = studio.ink_N1MM[[number]].expand(count, -1, -1, -1)
    if wrong:
        ink_B1MM = altered(ink_B1MM, studio.ink_N1MM[_picked(studio.ink_N1MM, count, random)], random)
    middle_B2 = torch.empty(count, 2).uniform_(-0.3, 0.3, generator=random)
    growth_B = torch.empty(count).uniform_(-0.7, 0.0, generator=random)
    shifts_B4 = torch.stack([*middle_B2.unbind(1), growth_B, 0.15 * torch.randn(count, generator=random)], dim=1)
    seen_B1SS = _seen(ink_B1MM, shifts_B4, random)
    pictures = interpolate(photographed(seen_B1SS, studio, random), scale_factor=2, mode="bilinear")
    boxes = []
    for ink_SS in seen_B1SS[:, 0] > 0.3:
        across, down = torch.nonzero(ink_SS.any(dim=0))[:, 0], torch.nonzero(ink_SS.any(dim=1))[:, 0]
        left, top, right, bottom = (float(edge) / CANVAS for edge in (across[0], down[0], across[-1] + 1, down[-1] + 1))
        boxes.append(Box(left, top, right - left, bottom - top))
    return (pictures * 255).byte().permute(0, 2, 3, 1).numpy(), boxes


def photographed(ink_B1SS: Tensor, studio: Studio, random: torch.Generator) -> Tensor:
    """Ink laid on grounds: printed, woven, shining or only pressed in; lit, half covered, blurred and noisy."""
    count, side = len(ink_B1SS), ink_B1SS.shape[-1]
    ground = windows(studio.grounds_NCTT, count, side, random)
    ink = _contrasting(colours(count, random), ground, ink_B1SS, random)
    gloss = torch.empty(count, 2, 1, 1, 1).uniform_(-0.3, 0.3, generator=random)
    flow = plain_flow(count, side)[:, None]
    shine = (gloss[:, 0] * flow[..., 0] + gloss[:, 1] * flow[..., 1]) * _some(count, 0.4, random)
    inked = ink + shine + 0.05 * torch.randn(count, 1, side, side, generator=random) * _some(count, 0.4, random)
    cover = ink_B1SS * torch.empty(count, 1, 1, 1).uniform_(0.75, 1, generator=random)
    relief = (ink_B1SS - ink_B1SS.roll((2, 1), (2, 3))) * torch.randn(count, 1, 1, 1, generator=random) * 0.35
    pressed = _some(count, 0.12, random)
    picture = ground * (1 - cover * (1 - pressed)) + inked * cover * (1 - pressed)
    picture = picture + relief * torch.maximum(pressed, _some(count, 0.3, random))
    light = 1 + 0.22 * waves(count, side, 4, random)[..., :1].permute(0, 3, 1, 2) * _some(count, 0.7, random)
    return _taken(_covered(picture * light, random), random)


def _contrasting(ink: Tensor, ground: Tensor, ink_B1SS: Tensor, random: torch.Generator) -> Tensor:
    """The ink, most of it made lighter or darker where it would hardly show."""
    under = (ground.mean(dim=1, keepdim=True) * ink_B1SS).sum(dim=(1, 2, 3), keepdim=True)
    under = under / (ink_B1SS.sum(dim=(1, 2, 3), keepdim=True) + 1e-3)
    faint = ((ink.mean(dim=1, keepdim=True) - under).abs() < 0.25).float() * _some(len(ink), 0.85, random)
    way = torch.where(under > 0.5, -1.0, 1.0)
    step = torch.empty(len(ink), 1, 1, 1).uniform_(0.25, 0.6, generator=random)
    return torch.lerp(ink, (under + way * step + 0.3 * (ink - ink.mean(dim=1, keepdim=True))).clamp(0, 1), faint)


def _picked(ink_N1MM: Tensor, count: int, random: torch.Generator) -> Tensor:
    return torch.randint(len(ink_N1MM), (count,), generator=random)


def _some(count: int, share: float, random: torch.Generator) -> Tensor:
    return (torch.rand(count, 1, 1, 1, generator=random) < share).float()


def _seen(ink_BCMM: Tensor, shifts_B4: Tensor, random: torch.Generator) -> Tensor:
    """The ink where the shifts put it, squeezed, leant and bent a little as cameras and cloth do."""
    count, side = len(ink_BCMM), CANVAS
    flow = plain_flow(count, side) - shifts_B4[:, None, None, :2]
    cos, sin = shifts_B4[:, 3].cos(), shifts_B4[:, 3].sin()
    turn_B22 = (
        torch.stack([torch.stack([cos, sin], 1), torch.stack([-sin, cos], 1)], 1) / shifts_B4[:, 2].exp()[:, None, None]
    )
    skew_B22 = torch.eye(2) + torch.randn(count, 2, 2, generator=random) * 0.05
    flow = torch.einsum("bij,bhwj->bhwi", skew_B22 @ turn_B22, flow)
    slopes = 0.05 * torch.randn(count, 1, 1, 2, generator=random)
    flow = flow * (1 + (flow.clamp(-1, 1) * slopes).sum(dim=-1, keepdim=True))
    flow = flow + 0.008 * torch.rand(count, 1, 1, 1, generator=random) * waves(count, side, 5, random)
    return grid_sample(ink_BCMM, flow, align_corners=False)


def _covered(picture: Tensor, random: torch.Generator) -> Tensor:
    """Something in front of a corner of every eighth picture."""
    count, side = len(picture), picture.shape[-1]
    way = torch.randn(count, 1, 1, 2, generator=random)
    away = (plain_flow(count, side) * way / way.norm(dim=-1, keepdim=True)).sum(dim=-1)
    edge = torch.empty(count, 1, 1).uniform_(0.4, 0.9, generator=random)
    cover = ((away - edge) * 30).sigmoid()[:, None] * _some(count, 0.12, random)
    covered: Tensor = picture * (1 - cover) + colours(count, random) * cover
    return covered


def _taken(picture: Tensor, random: torch.Generator) -> Tensor:
    """As sharp and as clean as the camera: the same for a quarter of the batch, drawn anew for each."""
    parts = []
    for part in picture.chunk(4):
        side = part.shape[-1]
        coarse = round(side * float(torch.empty(1).uniform_(0.3, 1, generator=random)))
        small = interpolate(part, (coarse, coarse), mode="area")
        parts.append(interpolate(small, (side, side), mode="bilinear", align_corners=False))
    blurred = torch.cat(parts)
    grain = 0.05 * torch.rand(len(picture), 1, 1, 1, generator=random) ** 2
    return (blurred + grain * torch.randn(blurred.shape, generator=random)).clamp(0, 1)
