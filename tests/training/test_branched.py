from pathlib import Path

import pytest
import torch

from training.branched import Branched, cut
from training.texture import Texture
from trueshelf.models.encoders.efficientnet_lite import EfficientNetLiteConfig, EfficientNetLiteModel
from trueshelf.models.encoders.sources import load_image_encoder

SIZE = 48


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny EfficientNet-Lite whose batch norms have seen something."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = EfficientNetLiteModel(EfficientNetLiteConfig(width=0.2, depth=0.5, image_size=32, hidden_size=24))
    model.train()
    with torch.no_grad():
        for _ in range(5):
            model(torch.randn(8, 3, 32, 32))
    path: Path = tmp_path_factory.mktemp("lite")
    model.save_pretrained(path)
    return str(path)


@pytest.mark.parametrize("stages", [1, 2])
def test_the_parts_of_a_cut_encoder_make_the_whole_one(folder: str, stages: int) -> None:
    encoder, pixels = cut(folder, size=SIZE, stages=stages), torch.rand(2, 3, SIZE, SIZE) * 2 - 1
    whole, _ = load_image_encoder(folder)
    with torch.inference_mode():
        low_BCHX = encoder.lower(pixels)
        texture = Texture(low_BCHX.shape[1])
        found = Branched(encoder, texture, [encoder.stages, encoder.stages])(pixels)
        expected = torch.cat([texture(low_BCHX), whole(pixels), whole(pixels)], dim=1)
    torch.testing.assert_close(found, expected)
    assert (encoder.spec.size, encoder.spec.dim) == (SIZE, 24)


@pytest.mark.parametrize("stages", [0, 3])
def test_an_encoder_cannot_be_cut_below_its_texture(folder: str, stages: int) -> None:
    with pytest.raises(ValueError, match=f"must be 1 to 2, not {stages}"):
        cut(folder, size=SIZE, stages=stages)
