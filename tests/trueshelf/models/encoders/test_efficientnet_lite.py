import csv
from collections.abc import Sequence
from importlib import resources
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from transformers import AutoModel

from trueshelf.models.encoders import ViewSpec, efficientnet_lite, views
from trueshelf.models.encoders.efficientnet_lite import (
    VARIANTS,
    EfficientNetLiteModel,
    SameConv2d,
    load_packaged,
    scaled_stages,
)
from trueshelf.models.encoders.sources import ImageSource, load_image_encoder

CLOTHES = Path(__file__).parents[5] / "shared" / "data" / "clothing_photos"
JERSEY, JEAN, SANDAL, SWIMMING_TRUNKS = 610, 608, 774, 842
RECOGNISED = {"T-Shirt": (JERSEY,), "Pants": (JEAN,), "Shoes": (SANDAL,), "Shorts": (SWIMMING_TRUNKS, JEAN)}


@pytest.mark.parametrize(
    ("name", "channels", "repeats"),
    [
        ("efficientnet-lite0", [16, 24, 40, 80, 112, 192, 320], [1, 2, 2, 3, 3, 4, 1]),
        ("efficientnet-lite2", [16, 24, 48, 88, 120, 208, 352], [1, 3, 3, 4, 4, 5, 1]),
    ],
)
def test_stages_are_scaled_as_published(name: str, channels: list[int], repeats: list[int]) -> None:
    stages = scaled_stages(VARIANTS[name].width, VARIANTS[name].depth)
    assert [stage.channels for stage in stages] == channels
    assert [stage.repeats for stage in stages] == repeats


def same_convolution(signal: Sequence[float], kernel: Sequence[float], stride: int) -> list[float]:
    """TensorFlow's definition in one dimension: output i is centred so that the padding's odd element is at the end."""
    outputs = -(-len(signal) // stride)
    padding = max((outputs - 1) * stride + len(kernel) - len(signal), 0)
    padded = [0.0] * (padding // 2) + list(signal) + [0.0] * (padding - padding // 2)
    return [sum(a * b for a, b in zip(padded[i * stride :], kernel, strict=False)) for i in range(outputs)]


@given(st.integers(1, 20), st.sampled_from([1, 3, 5]), st.sampled_from([1, 2]))
def test_padding_is_that_of_tensorflow(length: int, kernel: int, stride: int) -> None:
    convolution = SameConv2d(1, 1, kernel, stride, bias=False)
    weights = np.random.default_rng(0).standard_normal(kernel)
    middle = torch.zeros(kernel, kernel, dtype=torch.float64)
    middle[:, kernel // 2] = torch.from_numpy(weights)
    convolution.weight = torch.nn.Parameter(middle[None, None])
    signal = np.random.default_rng(1).standard_normal(length)
    column = convolution(torch.from_numpy(signal).reshape(1, 1, length, 1))[0, 0, :, 0]
    assert np.allclose(column.detach().numpy(), same_convolution(list(signal), list(weights), stride))


def test_a_saved_model_loads_as_any_other_and_is_the_same(image_source: ImageSource, tmp_path: Path) -> None:
    efficientnet_lite.register()
    image_source.module.backbone.save_pretrained(tmp_path)
    loaded = AutoModel.from_pretrained(tmp_path)
    assert isinstance(loaded, EfficientNetLiteModel)
    saved = image_source.module.backbone.state_dict()
    assert all(torch.equal(value, saved[name]) for name, value in loaded.state_dict().items())


def test_registering_twice_is_no_error() -> None:
    efficientnet_lite.register()
    efficientnet_lite.register()


def test_stages_one_after_another_are_the_model(image_source: ImageSource) -> None:
    pixels = torch.randn(3, 3, 32, 32)
    backbone = image_source.module.backbone
    assert isinstance(backbone, EfficientNetLiteModel)
    with torch.inference_mode():
        assert torch.equal(torch.nn.Sequential(*backbone.stages())(pixels), backbone(pixels).pooler_output)


@pytest.mark.parametrize("name", VARIANTS)
def test_packaged_weights_fill_the_whole_model(name: str) -> None:
    model = load_packaged(name)
    assert not model.training
    size = VARIANTS[name].image_size
    with torch.inference_mode():
        embedding = model(torch.randn(1, 3, size, size)).pooler_output
    assert embedding.shape == (1, 1280)
    assert 0.1 < embedding.std() < 1.0


@pytest.mark.slow
@pytest.mark.skipif(not CLOTHES.exists(), reason="the real clothing photos are not on this machine")
def test_the_classifier_beside_the_weights_recognises_clothes() -> None:
    """The published classifier was left out; on top of the embedding it must still know what it sees."""
    module, spec = load_image_encoder("efficientnet-lite0")
    variant = VARIANTS["efficientnet-lite0"]
    with resources.as_file(resources.files(variant.package) / "models" / variant.file) as path:
        published = torch.load(path, weights_only=True)
    with (CLOTHES / "labels.csv").open(newline="") as file:
        rows = list(islice((row for row in csv.DictReader(file) if row["category"] in RECOGNISED), 40))
    right = 0
    for row in rows:
        with Image.open(CLOTHES / "images" / row["image"]) as photo:
            pixels = torch.from_numpy(views(photo.convert("RGB"), spec, ViewSpec(0)))
        with torch.inference_mode():
            classes = (module(pixels) @ published["_fc.weight"].T + published["_fc.bias"])[0].topk(5).indices
        right += bool(set(classes.tolist()) & set(RECOGNISED[row["category"]]))
    assert right / len(rows) > 0.6
