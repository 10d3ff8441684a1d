"""An image encoder cut in three: frozen lower stages whose maps show texture, frozen upper ones, and last ones to tune.

Shapes: B photos, S side of the input, D dimensions of one branch's embedding, E dimensions of all side by side.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor, nn

from trueshelf.models.encoders import ImageSpec
from trueshelf.models.encoders.sources import load_image_encoder

TEXTURE_STAGE = 5
"""Counted from 1. Logistic regression on the texture of stage 5 of EfficientNet-Lite0 alone ranks the sneakers as well
as that of stage 6 and better than those below, at a fifth of stage 6's cost."""


class Cut(NamedTuple):
    """An encoder's parts, which called one after another make the whole, and its input.

    Attributes:
        lower: normalised pixels [B,3,S,S] to the maps whose texture is read.
        upper: those to the maps that the last stages take.
        stages: those to embeddings [B,D].
    """

    lower: nn.Module
    upper: nn.Module
    stages: nn.Module
    spec: ImageSpec


class Joined(nn.Module):
    """Normalised pixels [B,3,S,S] to embeddings [B,D]: the parts put together again, changed or not."""

    def __init__(self, encoder: Cut) -> None:
        super().__init__()
        self.parts = nn.Sequential(encoder.lower, encoder.upper, encoder.stages)

    def forward(self, pixels: Tensor) -> Tensor:
        embeddings_BD: Tensor = self.parts(pixels)
        return embeddings_BD


class Branched(nn.Module):
    """Normalised pixels [B,3,S,S] to the texture's reading and the tuned branches' embeddings, side by side: [B,E]."""

    def __init__(self, encoder: Cut, texture: nn.Module, branches: Sequence[nn.Module]) -> None:
        super().__init__()
        self.lower = encoder.lower
        self.upper = encoder.upper
        self.texture = texture
        self.branches = nn.ModuleList(branches)

    def forward(self, pixels: Tensor) -> Tensor:
        low_BCHX = self.lower(pixels)
        high_BCHX = self.upper(low_BCHX)
        return torch.cat([self.texture(low_BCHX), *(branch(high_BCHX) for branch in self.branches)], dim=1)


def cut(name: str, *, stages: int, size: int | None = None) -> Cut:
    """The image encoder `name` with its last `stages` stages apart; its head and pooling go with them.

    Args:
        size: of its square input in pixels; its own where none is given.

    Raises:
        ValueError: there is no such encoder, its stages cannot be told apart, or texture could not be read below them.
    """
    source = load_image_encoder(name)
    listed = getattr(source.module.backbone, "stages", None)
    if not callable(listed):
        raise ValueError(f"the last stages of {name!r} cannot be fine-tuned: only an EfficientNet-Lite is in stages")
    stem, *body, head = listed()
    most = len(body) - TEXTURE_STAGE
    if not 1 <= stages <= most:
        raise ValueError(f"stages to fine-tune must be 1 to {most}, not {stages}")
    first = len(body) - stages
    return Cut(
        nn.Sequential(stem, *body[:TEXTURE_STAGE]).eval(),
        nn.Sequential(*body[TEXTURE_STAGE:first]).eval(),
        nn.Sequential(*body[first:], head).eval(),
        source.spec if size is None else replace(source.spec, size=size),
    )
