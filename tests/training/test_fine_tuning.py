from pathlib import Path

import numpy as np
import pytest
import torch

from training.data.parts import Part
from training.encoders import image_graph
from training.fine_tuning import fine_tuned
from training.progress import silent
from training.tails import TuneConfig
from training.testing import stored
from trueshelf.listings import Split
from trueshelf.listings.images import decode
from trueshelf.models.encoders import ImageEncoder, ViewSpec, views
from trueshelf.models.encoders.efficientnet_lite import EfficientNetLiteConfig, EfficientNetLiteModel
from trueshelf.testing import make_listing, make_photo

VIEW = ViewSpec(2)


def part(folder: Path, count: int, start: int) -> Part:
    """Listings whose photos are red where the answer to the first question is yes."""
    answers = np.arange(count) % 2
    listings = [
        make_listing(
            id=f"l{start + row}",
            photos=(make_photo(64, 64, (190, 60, 50) if yes else (60, 110, 190), seed=start + row),),
        )
        for row, yes in enumerate(answers)
    ]
    return Part(stored(folder, listings), np.stack([answers, np.full(count, -1)], axis=1).astype(np.int64))


@pytest.fixture
def encoder(tmp_path: Path) -> str:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    config = EfficientNetLiteConfig(width=0.2, depth=0.5, image_size=32, hidden_size=24)
    EfficientNetLiteModel(config).save_pretrained(tmp_path / "lite")
    return str(tmp_path / "lite")


def embeddings(path: Path, spec: object, listings: Part) -> np.ndarray:
    opened = ImageEncoder.open(path, spec)  # type: ignore[arg-type]
    seen = [views(decode(each.photos[0].read()).image, opened.spec, VIEW) for each in listings.listings]
    return np.stack([opened.encode(pixels).mean(axis=0) for pixels in seen])


def test_the_last_stages_learn_and_the_encoder_keeps_its_input(encoder: str, tmp_path: Path) -> None:
    parts = {
        Split.TRAIN: part(tmp_path / "train", 24, 0),
        Split.VALIDATION: part(tmp_path / "validation", 6, 100),
    }
    losses: list[float] = []

    def tuned(work: str) -> Path:
        graph = fine_tuned(
            encoder,
            parts,
            stages=1,
            view=VIEW,
            config=TuneConfig(epochs=3, batch=8),
            work=tmp_path / work,
            shared=tmp_path / "shared",
            report=lambda _, loss: losses.append(loss),
            progress=silent,
        )
        assert (graph.spec.size, graph.spec.dim) == (32, 24)
        assert graph.spec.name.endswith(", fine-tuned")
        found = embeddings(graph.path, graph.spec, parts[Split.VALIDATION])
        frozen = image_graph(encoder, tmp_path / "shared")
        before = embeddings(frozen.path, frozen.spec, parts[Split.VALIDATION])
        assert not np.allclose(found, before, atol=1e-3)
        return graph.path

    first, again = tuned("first"), tuned("again")
    assert losses[:3] == losses[3:]
    assert first.read_bytes() == again.read_bytes()
