"""What a recipe needs to fine-tune an image encoder: its last stages free, all before them frozen.

The frozen part gives the same features for a photo in every epoch, so they are computed once and kept; only the upper
part is run again and again. Its weights are those of the whole module, which is exported as ever when training is done.

Two threads of PyTorch become many times slower than one as soon as another process holds a core: set
`torch.set_num_threads(1)` unless the machine is otherwise idle.
"""

from typing import NamedTuple

import torch
from torch import nn

from trueshelf.models.encoders.efficientnet_lite import EfficientNetLiteModel
from trueshelf.models.encoders.sources import ImageModule


class Split(NamedTuple):
    """One encoder in two parts that share its weights: `upper(lower(pixels))` is its embedding [B,D].

    Attributes:
        lower: pixels [B,3,S,S] to features [B,C,H,W]; frozen.
        upper: features to embeddings; its weights take gradients.
    """

    lower: nn.Sequential
    upper: nn.Sequential


def split(module: ImageModule, top: int) -> Split:
    """Free the last `top` stages of an encoder, the head being one of them, and freeze those before.

    Both parts stay in evaluation mode and are best left there: batch norm then keeps ImageNet's statistics, of which
    the tiles of a few photos would be a poor sample. Pixels and features are quickest in the memory format
    `torch.channels_last`, in which the weights are laid out.

    Raises:
        ValueError: the encoder is no EfficientNet-Lite, or has not so many stages.
    """
    backbone = module.backbone
    if not isinstance(backbone, EfficientNetLiteModel):
        raise ValueError(f"only EfficientNet-Lite can be split into stages, not {type(backbone).__name__}")
    stages = backbone.stages()
    if not 0 < top < len(stages):
        raise ValueError(f"top must be between 1 and {len(stages) - 1} stages, not {top}")
    module.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not among its declared forms
    parts = Split(nn.Sequential(*stages[:-top]), nn.Sequential(*stages[-top:]))
    parts.lower.eval().requires_grad_(False)
    parts.upper.eval().requires_grad_(True)
    return parts
