"""What can be wrong with a mark, as changes of its picture: a wide family, in no way modelled on one maker's copies.

Shapes: B marks, M side of a mark's canvas; a flow holds for each pixel where its ink comes from, from -1 to 1.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample, interpolate, max_pool2d

_LARGE = 0.55
"""Share of the family's full strength below which no alteration is drawn; smaller ones no eye could tell."""


def altered(ink_B1MM: Tensor, others_B1MM: Tensor, random: torch.Generator) -> Tensor:
    """Every mark wrong in one to three ways; `others` lend parts that do not belong."""
    changed_B1MM = ink_B1MM
    for turn in range(3):
        kinds_B = torch.randint(len(_KINDS), (len(ink_B1MM),), generator=random)
        takes_B = torch.rand(len(ink_B1MM), generator=random) < (1.0, 0.5, 0.25)[turn]
        for number, kind in enumerate(_KINDS):
            rows = torch.nonzero(takes_B & (kinds_B == number))[:, 0]
            if len(rows):
                changed_B1MM = changed_B1MM.index_put((rows,), kind(changed_B1MM[rows], others_B1MM[rows], random))
    return changed_B1MM.clamp(0, 1)


def plain_flow(count: int, side: int) -> Tensor:
    """The flow that leaves everything where it is, [B,M,M,2]."""
    line = (torch.arange(side) + 0.5) * 2 / side - 1
    ys, xs = torch.meshgrid(line, line, indexing="ij")
    return torch.stack([xs, ys], dim=-1).expand(count, side, side, 2)


def waves(count: int, side: int, knots: int, random: torch.Generator) -> Tensor:
    """Smooth random fields of about unit size, [B,M,M,2]."""
    coarse = torch.randn(count, 2, knots, knots, generator=random)
    return interpolate(coarse, (side, side), mode="bicubic", align_corners=False).permute(0, 2, 3, 1)


def _moved(ink_B1MM: Tensor, flow_BMM2: Tensor) -> Tensor:
    return grid_sample(ink_B1MM, flow_BMM2, align_corners=False)


def _strength(count: int, random: torch.Generator) -> Tensor:
    """Between `_LARGE` and 1, of either sign, [B]."""
    size_B = _LARGE + (1 - _LARGE) * torch.rand(count, generator=random)
    return size_B * (1 - 2.0 * (torch.rand(count, generator=random) < 0.5))


def _proportion(ink: Tensor, _: Tensor, random: torch.Generator) -> Tensor:
    flow, way = plain_flow(len(ink), ink.shape[-1]).clone(), torch.rand(len(ink), generator=random) < 0.5
    stretch = torch.exp(0.45 * _strength(len(ink), random))
    flow[..., 0] *= torch.where(way, stretch, torch.ones_like(stretch))[:, None, None]
    flow[..., 1] *= torch.where(way, torch.ones_like(stretch), stretch)[:, None, None]
    return _moved(ink, flow)


def _keystone(ink: Tensor, _: Tensor, random: torch.Generator) -> Tensor:
    flow, slopes = plain_flow(len(ink), ink.shape[-1]), 0.6 * torch.randn(len(ink), 1, 1, 2, generator=random)
    depth = 1 + (flow * slopes).sum(dim=-1, keepdim=True).clamp(-0.6, 0.6)
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
    flow = plain_flow(len(ink), ink.shape[-1])
    knots = int(torch.randint(4, 11, (1,), generator=random))
    reach = 0.07 * _strength(len(ink), random).abs()[:, None, None, None] * (6 / knots) ** 0.5
    return _moved(ink, flow + reach * waves(len(ink), ink.shape[-1], knots, random))


def _weight(ink: Tensor, _: Tensor, random: torch.Generator) -> Tensor:
    reach = 1 + int(torch.randint(1, 4, (1,), generator=random))
    bold = max_pool2d(ink, 2 * reach + 1, 1, reach)
    if torch.rand(1, generator=random) < 0.6:
        return bold
    thin = 1 - max_pool2d(1 - ink, 3, 1, 1)
    kept = thin.sum(dim=(1, 2, 3)) > 0.45 * ink.sum(dim=(1, 2, 3))
    return torch.where(kept[:, None, None, None], thin, bold)


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
    """Turned over in a part or as a whole; a mark that is its own mirror image gets a foreign lean besides."""
    whole = torch.rand(len(ink), 1, 1, 1, generator=random) < 0.5
    window = torch.where(whole, torch.ones_like(ink), _windows(ink, random))
    turned = ink * (1 - window) + ink.flip(-1) * window
    same = (turned - ink).abs().sum(dim=(1, 2, 3)) < 0.08 * ink.sum(dim=(1, 2, 3))
    return torch.where(same[:, None, None, None], _lean(ink, ink, random), turned)


def _twice(ink: Tensor, _: Tensor, random: torch.Generator) -> Tensor:
    """Set twice, a little apart."""
    shift = 0.12 * torch.stack([_strength(len(ink), random), _strength(len(ink), random)], dim=-1)
    return torch.maximum(ink, 0.6 * _moved(ink, plain_flow(len(ink), ink.shape[-1]) - shift[:, None, None]))


def _worn(ink: Tensor, _: Tensor, random: torch.Generator) -> Tensor:
    """Ink that did not take everywhere."""
    field = waves(len(ink), ink.shape[-1], int(torch.randint(14, 40, (1,), generator=random)), random)[..., :1]
    return ink * (1 - ((field.permute(0, 3, 1, 2) - 0.35) * 4).clamp(0, 1))


_Kind = Callable[[Tensor, Tensor, torch.Generator], Tensor]
_KINDS: tuple[_Kind, ...] = (
    _proportion,
    _keystone,
    _lean,
    _curve,
    _swirl,
    _weight,
    _blunt,
    _missing,
    _shifted,
    _foreign,
    _mirrored,
    _twice,
    _worn,
)
