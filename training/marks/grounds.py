"""Grounds on which marks lie, made by code: cloth, grain, panels, folds, lines and shapes that are no marks.

Shapes: B grounds, S their side.
"""

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from training.marks.alterations import plain_flow


def grounds(count: int, side: int, random: torch.Generator) -> Tensor:
    """Grounds as RGB from 0 to 1, [B,3,S,S]."""
    ground = _colour(count, random).expand(count, 3, side, side)
    for _ in range(3):
        ground = _patched(ground, random)
    ground = ground + _noise(count, side, random) + _weave(count, side, random)
    for _ in range(2):
        ground = _lined(ground, random)
    return ground.clamp(0, 1)


def windows(bank_NCTT: Tensor, count: int, side: int, random: torch.Generator) -> Tensor:
    """Windows out of a bank of larger grounds, turned over, tinted anew and more or less plain, [B,3,S,S]."""
    cut = []
    for number in torch.randint(len(bank_NCTT), (count,), generator=random).tolist():
        left, top, over, channel = torch.randint(bank_NCTT.shape[-1] - side, (4,), generator=random).tolist()
        window = bank_NCTT[number, :, top : top + side, left : left + side].roll(channel % 3, 0)
        cut.append(window.flip(1 + over // 2 % 2) if over % 2 else window)
    ground = torch.stack(cut)
    plain = ground.mean(dim=(2, 3), keepdim=True)
    ground = torch.lerp(plain, ground, torch.rand(count, 1, 1, 1, generator=random).sqrt())
    gain = torch.empty(count, 1, 1, 1).uniform_(0.75, 1.2, generator=random)
    return (ground * gain).clamp(0, 1)


def _colour(count: int, random: torch.Generator) -> Tensor:
    grey = torch.rand(count, 1, 1, 1, generator=random)
    tint = torch.randn(count, 3, 1, 1, generator=random) * 0.22 * torch.rand(count, 1, 1, 1, generator=random)
    return (grey + tint).clamp(0, 1)


def colours(count: int, random: torch.Generator) -> Tensor:
    """Random colours, [B,3,1,1]."""
    return _colour(count, random)


def _noise(count: int, side: int, random: torch.Generator) -> Tensor:
    total = torch.zeros(count, 1, side, side)
    for knots in (3, 9, 24, side):
        amount = 0.09 * torch.rand(count, 1, 1, 1, generator=random) ** 2
        coarse = torch.randn(count, 1, knots, knots, generator=random)
        total = total + amount * interpolate(coarse, (side, side), mode="bilinear", align_corners=False)
    return total


def _weave(count: int, side: int, random: torch.Generator) -> Tensor:
    """Stripes and checks of a random width and direction on a third of the grounds."""
    flow = plain_flow(count, side)
    ways = torch.randn(count, 1, 1, 2, generator=random)
    ways = ways / ways.norm(dim=-1, keepdim=True) * torch.empty(count, 1, 1, 1).uniform_(8, 130, generator=random)
    wave = torch.sin((flow * ways).sum(dim=-1)) * torch.sin((flow * ways.flip(-1) * 0.7).sum(dim=-1) + 1)
    amount = 0.12 * torch.rand(count, 1, 1, generator=random) * (torch.rand(count, 1, 1, generator=random) < 0.35)
    return (amount * wave)[:, None]


def _patched(ground: Tensor, random: torch.Generator) -> Tensor:
    """A panel of another colour: a half-plane, a disc, a box or a cornered shape, on half of the grounds."""
    count, side = len(ground), ground.shape[-1]
    flow = plain_flow(count, side) - torch.empty(count, 1, 1, 2).uniform_(-1, 1, generator=random)
    angle = torch.empty(count, 1, 1).uniform_(0, 6.3, generator=random)
    x = torch.cos(angle) * flow[..., 0] + torch.sin(angle) * flow[..., 1]
    y = torch.cos(angle) * flow[..., 1] - torch.sin(angle) * flow[..., 0]
    size = torch.empty(2, count, 1, 1).uniform_(0.08, 0.9, generator=random)
    kinds = torch.stack(
        [
            x,
            ((x / size[0]) ** 2 + (y / size[1]) ** 2).sqrt() - 1,
            torch.maximum((x / size[0]).abs(), (y / size[1]).abs()) - 1,
            torch.maximum(x / size[0] + y / size[1], (x / size[0] - 2 * y / size[1]).abs()) - 1,
            ((((x / size[0]) ** 2 + (y / size[1]) ** 2).sqrt() - 1).abs() - 0.15),
        ]
    )
    chosen = torch.randint(len(kinds), (count,), generator=random)
    sharp = torch.empty(count, 1, 1).uniform_(4, 40, generator=random)
    inside = (-kinds[chosen, torch.arange(count)] * sharp).sigmoid()[:, None]
    inside = inside * (torch.rand(count, 1, 1, 1, generator=random) < 0.5)
    return ground * (1 - inside) + _colour(count, random) * inside


def _lined(ground: Tensor, random: torch.Generator) -> Tensor:
    """A seam, a lace, a crease: a curved line, at times dashed."""
    count, side = len(ground), ground.shape[-1]
    flow = plain_flow(count, side) - torch.empty(count, 1, 1, 2).uniform_(-0.8, 0.8, generator=random)
    angle = torch.empty(count, 1, 1).uniform_(0, 6.3, generator=random)
    x = torch.cos(angle) * flow[..., 0] + torch.sin(angle) * flow[..., 1]
    y = torch.cos(angle) * flow[..., 1] - torch.sin(angle) * flow[..., 0]
    away = (y - torch.empty(count, 1, 1).uniform_(-1, 1, generator=random) * x**2).abs()
    width = torch.empty(count, 1, 1).uniform_(0.01, 0.09, generator=random)
    line = ((width - away) * 60).sigmoid()
    dashed = torch.rand(count, 1, 1, generator=random) < 0.3
    line = torch.where(dashed, line * (torch.sin(x * 45) > 0), line)
    line = (line * (torch.rand(count, 1, 1, generator=random) < 0.4) * torch.rand(count, 1, 1, generator=random))[
        :, None
    ]
    return ground * (1 - line) + _colour(count, random) * line
