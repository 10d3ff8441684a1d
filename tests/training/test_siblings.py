"""Members trained side by side are those that are trained one after the other."""

from pathlib import Path

import numpy as np
import pytest
import torch

from training import siblings
from training.examples import Examples, Held
from training.fit import FitConfig, fit
from training.siblings import Member, train_side_by_side
from trueshelf.models.fusion import Features, FeatureSizes
from trueshelf.models.network import Sizes
from trueshelf.models.ngrams import Ngrams

SIZES = Sizes(image=8, text=4, buckets=64, signals=6, hidden=16, ngram=8)


def examples(count: int, seed: int) -> Examples:
    rng = np.random.default_rng(seed)
    features = [
        Features(
            views_PVD=rng.standard_normal((rng.integers(0, 3), 2, 8), dtype=np.float32),
            text_T=rng.standard_normal(4, dtype=np.float32),
            ngrams=Ngrams(np.array([1, 2]), np.array([0.6, 0.8], dtype=np.float32)),
            signals_K=rng.standard_normal(6, dtype=np.float32),
        )
        for _ in range(count)
    ]
    return Examples(Held(features, FeatureSizes(views=2, image=8, text=4)), rng.integers(0, 2, size=(count, 2)))


@pytest.mark.slow
def test_what_is_trained_side_by_side_is_found_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    monkeypatch.setattr(siblings, "FEWEST_LISTINGS", 1)
    train, validation = examples(64, 0), examples(32, 1)
    members = [Member(FitConfig(hidden=16, epochs=3, seed=seed), tmp_path / str(seed)) for seed in range(2)]
    told: list[tuple[str, int, int]] = []
    train_side_by_side(members, train, validation, sizes=SIZES, processes=2, progress=lambda *step: told.append(step))
    assert told[-1] == ("train members", 6, 6)
    for member in members:
        written = (member.work / "best.safetensors").stat().st_mtime_ns
        beside = fit(train, validation, sizes=SIZES, config=member.config, work=member.work, report=lambda _: None)
        assert (member.work / "best.safetensors").stat().st_mtime_ns == written
        alone = fit(
            train,
            validation,
            sizes=SIZES,
            config=member.config,
            work=tmp_path / f"alone-{member.config.seed}",
            report=lambda _: None,
        )
        for name, tensor in alone.state_dict().items():
            torch.testing.assert_close(beside.state_dict()[name], tensor, rtol=0, atol=0)
