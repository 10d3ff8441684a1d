"""Ink as a camera might see it on an article.

Shapes: B pictures, C channels of ink, S their side, M side of a mark's canvas.
"""

from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

from training.marks.alterations import plain_flow, waves
from training.marks.grounds import colours, windows


def seen(ink_BCMM: Tensor, shifts_B4: Tensor, side: int, random: torch.Generator) -> Tensor:
    """The ink where shifts (x, y, ln of the size, angle) put it, squeezed and bent a little as by cameras and cloth.

    Returns:
        [B,C,S,S], where a picture reaches from -1 to 1 as the mark's canvas does.
    """
    count = len(ink_BCMM)
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


def photographed(ink_B1SS: Tensor, grounds_NCTT: Tensor, random: torch.Generator) -> Tensor:
    """Ink on grounds: printed, woven, shining or only pressed in; lit, half covered, blurred and noisy [B,3,S,S]."""
    count, side = len(ink_B1SS), ink_B1SS.shape[-1]
    ground = windows(grounds_NCTT, count, side, random)
    ink = _contrasting(colours(count, random), ground, ink_B1SS, random)
    gloss = torch.empty(count, 2, 1, 1, 1).uniform_(-0.35, 0.35, generator=random)
    flow = plain_flow(count, side)[:, None]
    shine = (gloss[:, 0] * flow[..., 0] + gloss[:, 1] * flow[..., 1]) * _some(count, 0.4, random)
    inked = ink + shine + 0.05 * torch.randn(count, 1, side, side, generator=random) * _some(count, 0.4, random)
    cover = _worn(ink_B1SS, random) * torch.empty(count, 1, 1, 1).uniform_(0.75, 1, generator=random)
    relief = (ink_B1SS - ink_B1SS.roll((2, 1), (2, 3))) * torch.randn(count, 1, 1, 1, generator=random) * 0.35
    pressed = _some(count, 0.08, random)
    picture = ground * (1 - cover * (1 - pressed)) + inked * cover * (1 - pressed)
    picture = picture + relief * torch.maximum(pressed, _some(count, 0.3, random))
    light = 1 + 0.22 * waves(count, side, 4, random)[..., :1].permute(0, 3, 1, 2) * _some(count, 0.7, random)
    return _taken(_covered(picture * light, random), random)


def _worn(ink: Tensor, random: torch.Generator) -> Tensor:
    """Ink that has come off here and there, on every fifth picture: wear is nothing wrong with a mark."""
    field = waves(len(ink), ink.shape[-1], int(torch.randint(10, 30, (1,), generator=random)), random)[..., :1]
    gone = ((field.permute(0, 3, 1, 2) - 0.9) * 3).clamp(0, 0.8)
    return ink * (1 - gone * _some(len(ink), 0.2, random))


def _contrasting(ink: Tensor, ground: Tensor, ink_B1SS: Tensor, random: torch.Generator) -> Tensor:
    """The ink, most of it made lighter or darker where it would hardly show."""
    under = (ground.mean(dim=1, keepdim=True) * ink_B1SS).sum(dim=(1, 2, 3), keepdim=True)
    under = under / (ink_B1SS.sum(dim=(1, 2, 3), keepdim=True) + 1e-3)
    faint = ((ink.mean(dim=1, keepdim=True) - under).abs() < 0.25).float() * _some(len(ink), 0.9, random)
    way = torch.where(under > 0.5, -1.0, 1.0)
    step = torch.empty(len(ink), 1, 1, 1).uniform_(0.25, 0.6, generator=random)
    return torch.lerp(ink, (under + way * step + 0.3 * (ink - ink.mean(dim=1, keepdim=True))).clamp(0, 1), faint)


def _some(count: int, share: float, random: torch.Generator) -> Tensor:
    return (torch.rand(count, 1, 1, 1, generator=random) < share).float()


def _covered(picture: Tensor, random: torch.Generator) -> Tensor:
    """Something in front of a corner of every eighth picture."""
    count, side = len(picture), picture.shape[-1]
    way = torch.randn(count, 1, 1, 2, generator=random)
    away = (plain_flow(count, side) * way / way.norm(dim=-1, keepdim=True)).sum(dim=-1)
    edge = torch.empty(count, 1, 1).uniform_(0.4, 0.9, generator=random)
    cover = ((away - edge) * 30).sigmoid()[:, None] * _some(count, 0.12, random)
    return torch.lerp(picture, colours(count, random).expand_as(picture), cover)


def _taken(picture: Tensor, random: torch.Generator) -> Tensor:
    """As sharp, as clean and as squeezed as the camera: sharpness is that of a quarter of the batch."""
    parts = []
    for part in picture.chunk(4):
        side = part.shape[-1]
        coarse = round(side * float(torch.empty(1).uniform_(0.3, 1, generator=random)))
        small = interpolate(part, (coarse, coarse), mode="bilinear", antialias=True)
        parts.append(interpolate(small, (side, side), mode="bilinear", align_corners=False))
    blurred = torch.cat(parts)
    grain = 0.05 * torch.rand(len(picture), 1, 1, 1, generator=random) ** 2
    noisy = blurred + grain * torch.randn(blurred.shape, generator=random)
    return _squeezed(noisy.clamp(0, 1), random).clamp(0, 1)


def _squeezed(picture_B3SS: Tensor, random: torch.Generator) -> Tensor:
    """As JPEG leaves it: the cosine transform of 8 by 8 pixels in steps that grow with the frequency."""
    count, channels, side, _ = picture_B3SS.shape
    blocks = picture_B3SS.unfold(2, 8, 8).unfold(3, 8, 8)
    cosines_88 = _cosines()
    waves_88 = cosines_88 @ blocks @ cosines_88.T
    order = torch.arange(8)
    coarseness = 1 + 1.2 * (order[:, None] + order[None, :])
    steps = 0.035 * torch.rand(count, 1, 1, 1, 1, 1, generator=random) ** 2 * coarseness + 1e-4
    rounded = (waves_88 / steps).round() * steps
    squeezed = cosines_88.T @ rounded @ cosines_88
    return squeezed.permute(0, 1, 2, 4, 3, 5).reshape(count, channels, side, side)


@cache
def _cosines() -> Tensor:
    """The orthonormal cosine transform of eight pixels."""
    order = torch.arange(8)
    table = torch.cos(torch.pi * order[:, None] * (order[None, :] + 0.5) / 8) / 2
    table[0] /= 2**0.5
    return table
