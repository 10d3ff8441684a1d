"""Texture: how the channels of a mid-level feature map vary together, wherever in the view that may be.

Stitching, leather and print differ between genuine and fake goods in their fine structure, not in what stands where.
The square root of the covariance tames its few large eigenvalues (Li et al., "Towards Faster Training of Global
Covariance Pooling Networks by Iterative Matrix Square Root Normalization", 2018).

Shapes: B views, C channels, H height and X width of a map, T = C · (C + 1) / 2 entries of a symmetric matrix, K heads.
"""

import math

import torch
from torch import Tensor, nn

from training.probe import Probe

_ITERATIONS = 5


class Texture(nn.Module):
    """Maps [B,C,H,X] to the upper triangle of the square root of their covariance over all positions: [B,T]."""

    rows_T: Tensor
    columns_T: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        rows_T, columns_T = torch.triu_indices(channels, channels)
        self.register_buffer("rows_T", rows_T)
        self.register_buffer("columns_T", columns_T)

    def forward(self, maps_BCHX: Tensor) -> Tensor:
        values_BCP = maps_BCHX.flatten(2)
        centred_BCP = values_BCP - values_BCP.mean(dim=2, keepdim=True)
        covariance_BCC = centred_BCP @ centred_BCP.transpose(1, 2) / values_BCP.shape[2]
        return square_root(covariance_BCC)[:, self.rows_T, self.columns_T]


def square_root(matrix_BCC: Tensor) -> Tensor:
    """The square root of positive semi-definite matrices by five Newton–Schulz steps: products only, no eigenvectors.

    Small eigenvalues have not converged by then; leaving them small costs nothing in accuracy.
    """
    channels = matrix_BCC.shape[-1]
    unit_CC = torch.eye(channels)
    trace_B11 = matrix_BCC.diagonal(dim1=1, dim2=2).sum(1)[:, None, None] + 1e-6
    root_BCC = matrix_BCC / trace_B11
    inverse_BCC = unit_CC.expand_as(root_BCC)
    for _ in range(_ITERATIONS):
        step_BCC = 1.5 * unit_CC - 0.5 * inverse_BCC @ root_BCC
        root_BCC, inverse_BCC = root_BCC @ step_BCC, step_BCC @ inverse_BCC
    return root_BCC * trace_B11.sqrt()


class TextureProbe(nn.Module):
    """Maps [B,C,H,X] to what a linear probe says of their texture, [B,K]."""

    weight_KT: Tensor
    bias_K: Tensor

    def __init__(self, probe: Probe) -> None:
        super().__init__()
        self.texture = Texture(channels=(math.isqrt(8 * len(probe.mean_D) + 1) - 1) // 2)
        weight_KT = probe.weight_KD / probe.spread_D
        self.register_buffer("weight_KT", torch.from_numpy(weight_KT))
        self.register_buffer("bias_K", torch.from_numpy(probe.bias_K - weight_KT @ probe.mean_D))

    def forward(self, maps_BCHX: Tensor) -> Tensor:
        logits_BK: Tensor = nn.functional.linear(self.texture(maps_BCHX), self.weight_KT, self.bias_K)
        return logits_BK
