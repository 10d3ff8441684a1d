"""Regression trees as tensors, with splits that are ramps: a forest that answers from an ONNX graph like any network.

At a hard split, the last bit of a photo's embedding, which depends on the machine and on how many listings were asked
about at once, could move a verdict by a leaf. So around its threshold a split sends a listing partly left and partly
right, in a band that is narrow beside the spread of what it reads; everywhere else it is the tree that was grown.

Shapes: B listings, J columns, T trees, I splits of a tree, L leaves of a tree.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

RAMP = 0.01
"""The width of the band, in units of the columns, which are standardised signals and log odds."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tree:
    """A grown tree.

    Attributes:
        column_I: which column each split reads.
        threshold_I: values up to it go left.
        missing_left_I: whether a missing value goes left.
        path_LI: 1 where a leaf lies left of a split, -1 right of it, 0 where the split is not above the leaf.
        value_L: what each leaf says.
    """

    column_I: npt.NDArray[np.int64]
    threshold_I: Floats
    missing_left_I: npt.NDArray[np.bool_]
    path_LI: Floats
    value_L: Floats


class Forest(nn.Module):
    """The sum of what trees say."""

    def __init__(self, trees: Sequence[Tree], base: float, *, ramp: float = RAMP) -> None:
        super().__init__()
        count = max(1, len(trees))
        splits = max([1, *(len(tree.column_I) for tree in trees)])
        leaves = max([1, *(len(tree.value_L) for tree in trees)])
        column_TI = np.zeros((count, splits), dtype=np.int64)
        threshold_TI = np.zeros((count, splits), dtype=np.float32)
        missing_left_TI = np.zeros((count, splits), dtype=np.float32)
        path_TLI = np.zeros((count, leaves, splits), dtype=np.float32)
        value_TL = np.zeros((count, leaves), dtype=np.float32)
        for place, tree in enumerate(trees):
            column_TI[place, : len(tree.column_I)] = tree.column_I
            threshold_TI[place, : len(tree.column_I)] = tree.threshold_I
            missing_left_TI[place, : len(tree.column_I)] = tree.missing_left_I
            path_TLI[place, : len(tree.value_L), : len(tree.column_I)] = tree.path_LI
            value_TL[place, : len(tree.value_L)] = tree.value_L
        self.ramp = ramp
        self.base = base
        self.register_buffer("column", torch.from_numpy(column_TI.ravel()))
        self.register_buffer("threshold_TI", torch.from_numpy(threshold_TI))
        self.register_buffer("missing_left_TI", torch.from_numpy(missing_left_TI))
        self.register_buffer("path_TLI", torch.from_numpy(path_TLI))
        self.register_buffer("beside_TLI", torch.from_numpy((path_TLI < 1).astype(np.float32)))
        self.register_buffer("value_TL", torch.from_numpy(value_TL))

    column: Tensor
    threshold_TI: Tensor
    missing_left_TI: Tensor
    path_TLI: Tensor
    beside_TLI: Tensor
    value_TL: Tensor

    def forward(self, table_BJ: Tensor) -> Tensor:
        """[B]; a missing value is NaN."""
        read_BTI = table_BJ.index_select(1, self.column).view(-1, *self.threshold_TI.shape)
        ramp_BTI = ((self.threshold_TI - read_BTI) / self.ramp + 0.5).clamp(0, 1)
        left_BTI = torch.where(torch.isnan(read_BTI), self.missing_left_TI, ramp_BTI)
        # Left of a split a leaf has the share that goes left, right of it the rest, elsewhere all.
        share_BTLI = self.beside_TLI + self.path_TLI * left_BTI.unsqueeze(2)
        said_B: Tensor = (share_BTLI.prod(dim=3) * self.value_TL).sum(dim=(1, 2)) + self.base
        return said_B
