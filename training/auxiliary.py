"""What a network's photos and text are asked beside the heads, in training only: the category and the claimed brand.

The photos' vector alone and the text's vector alone must tell them (multi-task learning; Caruana, Machine Learning 28,
1997), so that either learns what is shown or sold. Nothing of it is in a bundle.

Shapes: B listings of a batch, N all listings, A questions, C classes of one, F hidden units, M modalities.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from training.data.parts import UNKNOWN
from trueshelf.listings import BrandTable, Listing
from trueshelf.models.grouping import name_of, path_of
from trueshelf.models.modality import MODALITIES, Modality
from trueshelf.models.signals.names import principal_brand
from trueshelf.models.signals.writing import Writing

Targets = npt.NDArray[np.int64]

_ASKED = (Modality.PHOTOS, Modality.TEXT)
_MOST = 50


class AuxiliaryHeads(nn.Module):
    """A linear layer for each question and each modality that is asked."""

    def __init__(self, hidden: int, classes: Sequence[int]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.ModuleList(nn.Linear(hidden, count) for count in classes) for _ in _ASKED)

    def forward(self, vectors_BMF: Tensor, present_BM: Tensor, targets_BA: Tensor) -> Tensor:
        """The cross-entropy, summed over all known targets, its mean over the modalities: one that is not there adds
        nothing."""
        losses = [vectors_BMF.new_zeros(())]
        for modality, layers in zip(_ASKED, self.layers, strict=True):
            place = MODALITIES.index(modality)
            assert isinstance(layers, nn.ModuleList)
            for layer, target_B in zip(layers, targets_BA.unbind(dim=1), strict=True):
                asked_B = target_B.where(present_BM[:, place] > 0, UNKNOWN)
                logits_BC = layer(vectors_BMF[:, place])
                losses.append(cross_entropy(logits_BC, asked_B, ignore_index=UNKNOWN, reduction="sum"))
        return torch.stack(losses).sum() / len(_ASKED)


def targets(listings: Iterable[Listing], brands: BrandTable) -> Targets:
    """The category and the claimed brand of training listings, [N, 2], numbered by how often they occur; the many rare
    ones are one class, and unknown ones are `UNKNOWN`."""
    found = [(path_of(listing.category), principal_brand(Writing.of(listing), brands)) for listing in listings]
    columns = [[name_of(path) or None for path, _ in found], [brand for _, brand in found]]
    return np.stack([_numbered(column) for column in columns], axis=1)


def _numbered(values: Sequence[str | None]) -> Targets:
    counts = Counter(value for value in values if value is not None)
    common = sorted(counts, key=lambda value: (-counts[value], value))[:_MOST]
    numbers = {value: number for number, value in enumerate(common)}
    return np.array([UNKNOWN if value is None else numbers.get(value, len(common)) for value in values], dtype=np.int64)
