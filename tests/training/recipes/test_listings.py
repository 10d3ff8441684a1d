"""The recipe `listings` with an encoder that is fine-tuned first, on the session's small market."""

from pathlib import Path

import pytest
import torch

from training.progress import silent
from training.recipes import Workspace
from training.recipes.listings import run
from training.recipes.listings_config import ListingsConfig
from training.tracking import NoTracker
from trueshelf.listings import Dataset, Head
from trueshelf.models.bundle import Bundle
from trueshelf.models.encoders.efficientnet_lite import EfficientNetLiteConfig, EfficientNetLiteModel

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bundle")]


def test_the_encoder_learns_from_the_photos_first(market: Dataset, workspace_folder: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = EfficientNetLiteConfig(width=0.2, depth=0.5, image_size=32, hidden_size=24)
    EfficientNetLiteModel(config).save_pretrained(tmp_path / "lite")

    def trained(fine_tune: int) -> Bundle:
        config = ListingsConfig(
            image_encoder=str(tmp_path / "lite"), fine_tune=fine_tune, grid=2, members=1, epochs=1, auxiliary=0.5
        )
        workspace = Workspace(run=tmp_path / f"run-{fine_tune}", shared=workspace_folder)
        return Bundle.load(run(market, config, workspace=workspace, tracker=NoTracker(), progress=silent).bundle)

    frozen, tuned = trained(0), trained(1)
    assert tuned.manifest.image.name == f"{frozen.manifest.image.name}, fine-tuned"
    assert frozen.prevalences.keys() == set(Head)
    assert not any(found and found.stated for found in frozen.prevalences.values())
    assert tuned.perceiver.image_encoder.digest != frozen.perceiver.image_encoder.digest
