"""What pictures of marks are made of: the marks themselves, ink that is none, and grounds to lay them on.

Shapes: N marks, B marks drawn, Z scribbles, M side of a mark's canvas, J marks like one, T side of a ground.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, normalize

from training.marks.grounds import grounds
from training.marks.icons import drawn
from training.marks.scribbles import scribbles
from trueshelf.models.marks.geometry import CANVAS

_OFTEN = 0.35
"""Share of pictures that show one of the studio's foremost marks."""


@dataclass(frozen=True, slots=True)
class Studio:
    """What pictures are made of.

    Attributes:
        ink_N1MM: true marks.
        foremost: how many of them, from the first, are drawn more often than others.
        alike_NJ: for each mark those that look most like it, by number.
        scribbles_Z1MM: ink that is no mark.
        grounds_NCTT: larger than pictures.
    """

    ink_N1MM: Tensor
    foremost: int
    alike_NJ: Tensor
    scribbles_Z1MM: Tensor
    grounds_NCTT: Tensor

    @classmethod
    def of(cls, icons: tuple[str, ...], *, foremost: int, scribbled: int = 600, grounded: int = 400) -> "Studio":
        ink_N1MM = torch.from_numpy(drawn(icons)).float()[:, None] / 255
        bank = [grounds(min(50, grounded), CANVAS * 3 // 2, torch.Generator().manual_seed(seed)) for seed in range(8)]
        return cls(ink_N1MM, foremost, _alike(ink_N1MM), scribbles(scribbled), torch.cat(bank)[:grounded])

    def picked(self, count: int, random: torch.Generator) -> Tensor:
        """Numbers of marks, [B]."""
        any_B = torch.randint(len(self.ink_N1MM), (count,), generator=random)
        foremost_B = torch.randint(self.foremost, (count,), generator=random)
        return torch.where(torch.rand(count, generator=random) < _OFTEN, foremost_B, any_B)

    def others(self, marks_B: Tensor, random: torch.Generator) -> Tensor:
        """Numbers of other marks, half of them alike, [B]."""
        any_B = torch.randint(len(self.ink_N1MM) - 1, (len(marks_B),), generator=random)
        any_B = any_B + (any_B >= marks_B)
        near_B = torch.randint(self.alike_NJ.shape[1], (len(marks_B),), generator=random)
        alike_B = self.alike_NJ[marks_B, near_B]
        return torch.where(torch.rand(len(marks_B), generator=random) < 0.5, alike_B, any_B)


def _alike(ink_N1MM: Tensor, most: int = 12) -> Tensor:
    """By the correlation of soft pictures; one that is nearly the same mark does not count."""
    soft_NK = avg_pool2d(ink_N1MM, 6).flatten(1)
    soft_NK = normalize(soft_NK - soft_NK.mean(dim=1, keepdim=True))
    likeness_NN = soft_NK @ soft_NK.T
    likeness_NN[likeness_NN > 0.9] = -1
    return likeness_NN.topk(min(most, len(ink_N1MM) - 1), dim=1).indices
