"""An image encoder cut in two: a frozen trunk, and last stages of which there may be several, each tuned apart.

Shapes: B photos, S side of the input, D dimensions of one branch's embedding, E = D times the number of branches.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from trueshelf.models.encoders import ImageSpec
from trueshelf.models.encoders.efficientnet_lite import ConvUnit
from trueshelf.models.encoders.sources import load_image_encoder


class Cut(NamedTuple):
    """An encoder's lower and upper stages, and its input."""

    trunk: nn.Module
    stages: nn.Module
    spec: ImageSpec


class Trunk(nn.Module):
    """Normalised pixels [B,3,S,S] to feature maps."""

    def __init__(self, stages: Sequence[nn.Module]) -> None:
        super().__init__()
        self.stages = nn.Sequential(*stages)

    def forward(self, pixels: Tensor) -> Tensor:
        maps: Tensor = self.stages(pixels)
        return maps


class Branched(nn.Module):
    """Normalised pixels [B,3,S,S] to the branches' embeddings side by side: [B,E]."""

    def __init__(self, trunk: nn.Module, branches: Sequence[nn.Module]) -> None:
        super().__init__()
        self.trunk = trunk
        self.branches = nn.ModuleList(branches)

    def forward(self, pixels: Tensor) -> Tensor:
        maps = self.trunk(pixels)
        return torch.cat([branch(maps) for branch in self.branches], dim=1)


def cut(name: str, *, size: int, stages: int) -> Cut:
    """The image encoder `name` cut below its last `stages` stages (its head and pooling are beyond those).

    Args:
        size: of its square input in pixels.

    Raises:
        ValueError: there is no such encoder, or its stages cannot be told apart.
    """
    source = load_image_encoder(name)
    listed = getattr(source.module.backbone, "stages", None)
    if not callable(listed):
        raise ValueError(f"the last stages of {name!r} cannot be fine-tuned: only an EfficientNet-Lite is in stages")
    parts = listed()
    most = len(parts) - 2
    if not 1 <= stages <= most:
        raise ValueError(f"stages to fine-tune must be 1 to {most}, not {stages}")
    below = len(parts) - 1 - stages
    return Cut(
        Trunk(parts[:below]).eval(), folded(nn.Sequential(*parts[below:]).eval()), replace(source.spec, size=size)
    )


def folded(stages: nn.Module) -> nn.Module:
    """The same stages with each batch norm folded into its convolution.

    A batch of a few photos has no statistics worth learning, so they stay as they were; and a quarter of a step's time
    is saved.
    """
    for unit in stages.modules():
        if isinstance(unit, ConvUnit):
            unit.conv = fuse_conv_bn_eval(unit.conv, unit.norm)
            unit.norm = nn.Identity()  # type: ignore[assignment]
    return stages
