"""What can be wrong with a mark, as changes of its picture: a wide family, in no way modelled on one maker's copies.

Shapes: B marks, M side of a mark's canvas, K differences; a flow holds for each pixel where its ink comes from, from
-1 to 1.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample, interpolate, max_pool2d

from trueshelf.models.marks.differences import DIFFERENCES, Difference

_LEAST = 0.35
"""Share of the family's full strength below which no alteration is drawn; smaller ones no eye could tell."""


def altered(ink_B1MM: Tensor, others_B1MM: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Every mark wrong in one to three ways, and which these are [B,K]; `others` lend parts that do not belong."""
    changed_B1MM, ways_BK = ink_B1MM, torch.zeros(len(ink_B1MM), len(DIFFERENCES))
    for turn in range(3):
        kinds_B = torch.randint(len(_KINDS), (len(ink_B1MM),), generator=random)
        takes_B = torch.rand(len(ink_B1MM), generator=random) < (1.0, 0.5, 0.25)[turn]
        for number, (difference, change) in enumerate(_KINDS):
            rows = torch.nonzero(takes_B & (kinds_B == number))[:, 0]
            if len(rows):
                changed_B1MM = changed_B1MM.index_put((rows,), change(changed_B1MM[rows], others_B1MM[rows], random))
                ways_BK[rows, DIFFERENCES.index(difference)] = 1
    return changed_B1MM.clamp(0, 1), ways_BK


def plain_flow(count: int, side: int) -> Tensor:
    """The flow that leaves everything where it is, [B,M,M,2]."""
    line = (torch.arange(side) + 0.5) * 2 / side - 1
    ys, xs = torch.meshgrid(line, line, indexing="ij")
    return torch.stack([xs, ys], dim=-1).expand(count, side, side, 2)


def waves(count: int, side: int, knots: int, random: torch.Generator) -> Tensor:
    """Smooth random fields of about unit size, [B,M,M,2]."""
    coarse = torch.randn(count, 2, knots, knots, generator=random)
    finer = interpolate(coarse, (2 * knots, 2 * knots), mode="bicubic", align_corners=False)
    return interpolate(finer, (side, side), mode="bilinear", align_corners=False).permute(0, 2, 3, 1)


def _moved(ink_B1MM: Tensor, flow_BMM2: Tensor) -> Tensor:
    return grid_sample(ink_B1MM, flow_BMM2, align_corners=False)


def _size(count: int, random: torch.Generator) -> Tensor:
    """Between `_LEAST` and 1, [B]."""
    return _LEAST + (1 - _LEAST) * torch.rand(count, generator=random)


def _strength(count: int, random: torch.Generator) -> Tensor:
    """The same, of either sign."""
    return _size(count, random) * (1 - 2.0 * (torch.rand(count, generator=random) < 0.5))


def _wider(ink: Tensor, _: Tensor, random: torch.Generator) -> Tensor:
    """Longer along or shorter across."""
    return _stretched(ink, 0.45 * _size(len(ink), random), random)


def _narrower(ink: Tensor, _: Tensor, random: torch.Generator) -> Tensor:
    return _stretched(ink, -0.45 * _size(len(ink), random), random)


def _stretched(ink: Tensor, by_B: Tensor, random: torch.Generator) -> Tensor:
    """By that much of ln(width / height), which changes the width, the height or both."""
    share_B = torch.rand(len(ink), generator=random)
    flow = plain_flow(len(ink), ink.shape[-1])
    factors = torch.stack([(-share_B * by_B).exp(), ((1 - share_B) * by_B).exp()], dim=-1)
    return _moved(ink, flow * factors[:, None, None])


def _keystone(ink: Tensor, _: Tensor, random: torch.Generator) -> Tensor:
    slopes = torch.stack([_strength(len(ink), random), _strength(len(ink), random)], dim=-1)[:, None, None]
    flow = plain_flow(len(ink), ink.shape[-1])
    depth = 1 + 0.55 * (flow * slopes).sum(dim=-1, keepdim=True).clamp(-1, 1)
    return _moved(ink, flow * depth)


def _lean(ink: Tensor, _: Tensor, random: torch.Generator) -> Tensor:
    flow = plain_flow(len(ink), ink.shape[-1]).clone()
    flow[..., 0] += 0.4 * _strength(len(ink), random)[:, None, None] * flow[..., 1]
    return _moved(ink, flow)


def _curve(ink: Tensor, _: Tensor, random: torch.Generator) -> Tensor:
    flow = plain_flow(len(ink), ink.shape[-1]).clone()
    flow[..., 1] += 0.6 * _strength(len(ink), random)[:, None, None] * (flow[..., 0] ** 2 - 0.15)
    return _moved(ink, flow)


def _swirl(ink: Tensor, _: Tensor, random: torch.Generator) -> Tensor:
    knots = int(torch.randint(4, 11, (1,), generator=random))
    reach = 0.07 * _size(len(ink), random)[:, None, None, None] * (6 / knots) ** 0.5
    flow = plain_flow(len(ink), ink.shape[-1])
    return _moved(ink, flow + reach * waves(len(ink), ink.shape[-1], knots, random))


def _heavier(ink: Tensor, _: Tensor, random: torch.Generator) -> Tensor:
    reach = 1 + int(torch.randint(1, 4, (1,), generator=random))
    return max_pool2d(ink, 2 * reach + 1, 1, reach)


def _thinner(ink: Tensor, _: Tensor, random: torch.Generator) -> Tensor:
    """Strokes so thin that they would vanish stay as they are, and lose a part instead."""
    thin = 1 - max_pool2d(1 - ink, 3, 1, 1)
    kept = thin.sum(dim=(1, 2, 3)) > 0.45 * ink.sum(dim=(1, 2, 3))
    return torch.where(kept[:, None, None, None], thin, ink * (1 - _windows(ink, random)))


def _blunt(ink: Tensor, _: Tensor, random: torch.Generator) -> Tensor:
    reach = int(torch.randint(2, 5, (1,), generator=random))
    soft = avg_pool2d(ink, 2 * reach + 1, 1, reach, count_include_pad=False)
    return ((soft - 0.5) * 6 + 0.5).clamp(0, 1)


def _windows(ink: Tensor, random: torch.Generator) -> Tensor:
    """A soft-edged window somewhere on each mark, [B,1,M,M]."""
    inked = max_pool2d(ink, 5, 1, 2).flatten(1) + 1e-6
    place = torch.multinomial(inked, 1, generator=random)[:, 0]
    side = ink.shape[-1]
    centre = torch.stack([place % side, place // side], dim=-1)[:, None, None] * 2 / side - 1
    reach = torch.empty(len(ink), 1, 1, 2).uniform_(0.12, 0.32, generator=random)
    away = ((plain_flow(len(ink), side) - centre) / reach).abs().amax(dim=-1)
    return ((1.1 - away) / 0.2).clamp(0, 1)[:, None]


def _missing(ink: Tensor, _: Tensor, random: torch.Generator) -> Tensor:
    return ink * (1 - _windows(ink, random))


def _shifted(ink: Tensor, _: Tensor, random: torch.Generator) -> Tensor:
    window = _windows(ink, random)
    shift = 0.16 * torch.stack([_strength(len(ink), random), _strength(len(ink), random)], dim=-1)
    part = _moved(ink * window, plain_flow(len(ink), ink.shape[-1]) - shift[:, None, None])
    return torch.maximum(ink * (1 - window), part)


def _foreign(ink: Tensor, others: Tensor, random: torch.Generator) -> Tensor:
    """A part taken from another mark, as a wrong letter is."""
    window = _windows(ink, random)
    return ink * (1 - window) + others * window


def _mirrored(ink: Tensor, _: Tensor, random: torch.Generator) -> Tensor:
    """Turned over in a part or as a whole; a mark that is its own mirror image loses a part instead."""
    whole = torch.rand(len(ink), 1, 1, 1, generator=random) < 0.5
    window = torch.where(whole, torch.ones_like(ink), _windows(ink, random))
    turned = ink * (1 - window) + ink.flip(-1) * window
    same = (turned - ink).abs().sum(dim=(1, 2, 3)) < 0.08 * ink.sum(dim=(1, 2, 3))
    return torch.where(same[:, None, None, None], ink * (1 - _windows(ink, random)), turned)


def _twice(ink: Tensor, _: Tensor, random: torch.Generator) -> Tensor:
    """Set twice, a little apart."""
    shift = 0.12 * torch.stack([_strength(len(ink), random), _strength(len(ink), random)], dim=-1)
    return torch.maximum(ink, 0.6 * _moved(ink, plain_flow(len(ink), ink.shape[-1]) - shift[:, None, None]))


_Change = Callable[[Tensor, Tensor, torch.Generator], Tensor]
_KINDS: tuple[tuple[Difference, _Change], ...] = (
    (Difference.WIDER, _wider),
    (Difference.NARROWER, _narrower),
    (Difference.SLANTED, _keystone),
    (Difference.SLANTED, _lean),
    (Difference.WARPED, _curve),
    (Difference.WARPED, _swirl),
    (Difference.HEAVIER, _heavier),
    (Difference.THINNER, _thinner),
    (Difference.ROUNDED, _blunt),
    (Difference.MISSING, _missing),
    (Difference.FOREIGN, _shifted),
    (Difference.FOREIGN, _foreign),
    (Difference.MIRRORED, _mirrored),
    (Difference.DOUBLED, _twice),
)
