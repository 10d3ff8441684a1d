"""Boosted trees that read signals, and what linear models make of photos, text and wording.

Shapes: as in `trueshelf.models.network`; Q is the width of what a modality says, the larger of H and K; J columns of
the trees' table: K signals, then for photos, text and wording the log odds of every head.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from trueshelf.listings import Head
from trueshelf.models.forest import Forest
from trueshelf.models.network import Evidence, Fusing, Sizes, bag, mean_views

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Linear:
    """Log odds of every head as a weighted sum: weight_HD and bias_H."""

    weight_HD: Floats
    bias_H: Floats


class BoostedTrees(Fusing):
    """A forest for every head over one table of columns, where what is absent is missing."""

    def __init__(
        self, sizes: Sizes, *, photos: Linear, text: Linear, wording: Linear, forests: Sequence[Forest]
    ) -> None:
        super().__init__()
        self.sizes = sizes
        self.photos = _layer(photos)
        self.text = _layer(text)
        self.wording = nn.Embedding(sizes.buckets, len(Head))
        self.wording.weight.data = torch.from_numpy(wording.weight_HD.T.copy())
        self.register_buffer("wording_bias_H", torch.from_numpy(wording.bias_H))
        self.forests = nn.ModuleList(forests)

    wording_bias_H: Tensor

    def towers(self, evidence: Evidence) -> Tensor:
        """What each modality says, [B, M, Q], padded with zeros."""
        values_BK, unknown_BK = evidence.signals_BK.chunk(2, dim=1)
        said = [
            self.photos(mean_views(evidence.views_BPVD, evidence.photo_mask_BP)),
            self.text(evidence.text_BT),
            bag(self.wording, evidence) + self.wording_bias_H,
            torch.where(unknown_BK > 0.5, torch.nan, values_BK),
        ]
        width = max(len(Head), self.sizes.signals // 2)
        return torch.stack([pad(each, (0, width - each.shape[1])) for each in said], dim=1)

    def fuse(self, towers_BMF: Tensor, present_BM: Tensor) -> Tensor:
        """Logits [B, H]."""
        table_BMQ = torch.where(present_BM.unsqueeze(-1) > 0.5, towers_BMF, torch.nan)
        signals_BK = table_BMQ[:, -1, : self.sizes.signals // 2]
        table_BJ = torch.cat([signals_BK, table_BMQ[:, :-1, : len(Head)].flatten(1)], dim=1)
        return torch.stack([forest(table_BJ) for forest in self.forests], dim=1)


def _layer(linear: Linear) -> nn.Linear:
    layer = nn.Linear(linear.weight_HD.shape[1], len(linear.bias_H))
    layer.weight.data = torch.from_numpy(linear.weight_HD)
    layer.bias.data = torch.from_numpy(linear.bias_H)
    return layer
