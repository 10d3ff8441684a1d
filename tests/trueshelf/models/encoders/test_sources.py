import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    ViTConfig,
    ViTImageProcessorPil,
    ViTModel,
)

from trueshelf.models.encoders import ImageEncoder
from trueshelf.models.encoders.export import export_image_encoder
from trueshelf.models.encoders.sources import (
    ImageSource,
    TextSource,
    load_image_encoder,
    load_text_encoder,
    processor_spec,
)

PIXELS = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
SIZES: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
PROCESSOR: dict[str, Any] = {
    "do_resize": True,
    "size": {"height": 32, "width": 32},
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [0.1, 0.2, 0.3],
    "image_std": [0.4, 0.5, 0.6],
}


def save_vit(folder: Path, *, pooling: bool) -> ViTModel:
    model = ViTModel(ViTConfig(image_size=32, patch_size=8, **SIZES), add_pooling_layer=pooling)
    model.eval()
    model.save_pretrained(folder)
    ViTImageProcessorPil(**PROCESSOR).save_pretrained(folder)
    return model


def embedded(source: ImageSource) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = source.module(PIXELS)
    return found


def test_a_folder_with_a_transformer_is_an_image_encoder(tmp_path: Path) -> None:
    model = save_vit(tmp_path, pooling=True)
    source = load_image_encoder(str(tmp_path))
    assert source.spec.to_dict() == {
        "name": str(tmp_path),
        "size": 32,
        "mean": (0.1, 0.2, 0.3),
        "std": (0.4, 0.5, 0.6),
        "dim": 32,
    }
    with torch.inference_mode():
        assert torch.allclose(embedded(source), model(PIXELS).pooler_output)


def test_pooling_that_was_never_trained_is_not_used(tmp_path: Path) -> None:
    model = save_vit(tmp_path, pooling=False)
    with torch.inference_mode():
        expected = model(PIXELS).last_hidden_state.mean(1)
    assert torch.allclose(embedded(load_image_encoder(str(tmp_path))), expected, atol=1e-6)


def test_of_a_model_of_images_and_texts_the_image_part_is_taken(tmp_path: Path) -> None:
    vision = {**SIZES, "image_size": 32, "patch_size": 8}
    config = CLIPConfig(text_config={**SIZES, "vocab_size": 20, "eos_token_id": 1}, vision_config=vision)
    model = CLIPModel(config).eval()
    model.save_pretrained(tmp_path)
    CLIPImageProcessorPil(crop_size={"height": 32, "width": 32}, size={"shortest_edge": 36}).save_pretrained(tmp_path)
    source = load_image_encoder(str(tmp_path))
    assert (source.spec.size, source.spec.dim) == (32, 32)
    with torch.inference_mode():
        assert torch.allclose(embedded(source), model.vision_model(PIXELS).pooler_output, atol=1e-6)


@pytest.mark.slow
def test_a_transformer_is_exported_like_any_encoder(tmp_path: Path) -> None:
    save_vit(tmp_path / "vit", pooling=True)
    source = load_image_encoder(str(tmp_path / "vit"))
    export_image_encoder(source.module, source.spec, tmp_path / "encoder.onnx")
    encoder = ImageEncoder.open(tmp_path / "encoder.onnx", source.spec)
    assert np.abs(encoder.encode(PIXELS.numpy()) - embedded(source).numpy()).max() < 1e-4


def test_a_fine_tuned_efficientnet_lite_is_found_in_its_folder(image_source: ImageSource, tmp_path: Path) -> None:
    image_source.module.backbone.save_pretrained(tmp_path)
    found = load_image_encoder(str(tmp_path))
    assert torch.allclose(embedded(found), embedded(image_source), atol=1e-6)
    assert found.spec.size == image_source.spec.size


def test_a_folder_with_weights_missing_is_refused(tmp_path: Path) -> None:
    save_vit(tmp_path, pooling=True)
    weights = load_file(tmp_path / "model.safetensors")
    lost = next(name for name in weights if "layer" in name)
    save_file(
        {name: value for name, value in weights.items() if name != lost},
        tmp_path / "model.safetensors",
        {"format": "pt"},
    )
    with pytest.raises(ValueError, match="1 weights are missing"):
        load_image_encoder(str(tmp_path))


def test_an_encoder_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    with pytest.raises(ValueError, match=f"cannot load image encoder '{missing}'"):
        load_image_encoder(missing)
    with pytest.raises(ValueError, match=f"cannot load text encoder '{missing}'"):
        load_text_encoder(missing)


def test_an_encoder_of_the_other_kind_is_refused(bert_folder: Path, tmp_path: Path) -> None:
    save_vit(tmp_path, pooling=True)
    with pytest.raises(ValueError, match="cannot load text encoder"):
        load_text_encoder(str(tmp_path))
    with pytest.raises(ValueError, match="cannot load image encoder"):
        load_image_encoder(str(bert_folder))


def test_a_folder_without_a_processor_is_refused(tmp_path: Path) -> None:
    save_vit(tmp_path, pooling=True)
    (tmp_path / "preprocessor_config.json").unlink()
    with pytest.raises(ValueError, match="cannot load image encoder"):
        load_image_encoder(str(tmp_path))


def test_the_scale_of_pixels_goes_into_mean_and_deviation() -> None:
    spec = processor_spec("any", PROCESSOR | {"rescale_factor": 1 / 127.5})
    value = 200
    expected = (value / 127.5 - 0.1) / 0.4
    assert (value / 255 - spec.mean[0]) / spec.std[0] == pytest.approx(expected)


def test_pixels_that_are_not_normalised_keep_their_scale() -> None:
    spec = processor_spec("any", PROCESSOR | {"do_normalize": False})
    assert (spec.mean, spec.std) == ((0, 0, 0), (1, 1, 1))


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [({"size": {"height": 32, "width": 48}}, "not square"), ({"rescale_offset": True}, "rescale_offset")],
)
def test_input_that_cannot_be_made_is_refused(settings: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        processor_spec("any", PROCESSOR | settings)


def test_a_folder_with_a_transformer_is_a_text_encoder(text_source: TextSource, bert_folder: Path) -> None:
    assert text_source.spec.to_dict() == {"name": str(bert_folder), "max_tokens": 40, "dim": 32}
    assert json.loads(text_source.tokenizer)["padding"]["pad_id"] == 0


def test_texts_are_cut_to_the_setting(bert_folder: Path) -> None:
    assert load_text_encoder(str(bert_folder), max_tokens=16).spec.max_tokens == 16


def test_minilm_puts_like_things_together() -> None:
    module, _, spec = load_text_encoder("minilm-l6")
    assert (spec.max_tokens, spec.dim) == (128, 384)
    ids = torch.tensor([[101, 2417, 6007, 102], [101, 2630, 6007, 102], [101, 4950, 8009, 102]])
    with torch.inference_mode():
        red_shoes, blue_shoes, camera_stand = module(ids, torch.ones_like(ids))
    assert red_shoes @ blue_shoes > red_shoes @ camera_stand + 0.2
