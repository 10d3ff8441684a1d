from pathlib import Path

import numpy as np
import pytest
import torch

from training.examples import Examples, Held
from training.fit import Epoch, FitConfig, fit, logits, paced
from trueshelf.models.fusion import Features, FeatureSizes
from trueshelf.models.network import FusionNetwork, Sizes
from trueshelf.models.ngrams import Ngrams

SIZES = Sizes(image=8, text=4, buckets=64, signals=6, hidden=16, ngram=8)
WIDTHS = FeatureSizes(views=2, image=8, text=4)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def examples(count: int, seed: int) -> Examples:
    """Listings whose photos tell the first head's answer and whose wording tells the second's."""
    rng = np.random.default_rng(seed)
    answers_NH = rng.integers(0, 2, size=(count, 2))
    features = [
        Features(
            views_PVD=rng.standard_normal((rng.integers(1, 3), WIDTHS.views, 8), dtype=np.float32)
            + 2 * first * np.eye(8, dtype=np.float32)[0],
            text_T=rng.standard_normal(4, dtype=np.float32),
            ngrams=Ngrams(np.array([1, 2 + second]), np.array([0.6, 0.8], dtype=np.float32)),
            signals_K=rng.standard_normal(6, dtype=np.float32),
        )
        for first, second in answers_NH
    ]
    return Examples(Held(features, WIDTHS), answers_NH.astype(np.int64))


class KilledError(Exception):
    pass


def train(work: Path, *, epochs: int, die_after: int | None = None) -> tuple[FusionNetwork, list[Epoch]]:
    seen: list[Epoch] = []

    def report(epoch: Epoch) -> None:
        seen.append(epoch)
        if epoch.number == die_after:
            raise KilledError

    config = FitConfig(hidden=16, batch=32, epochs=epochs)
    network = fit(examples(256, 0), examples(64, 1), sizes=SIZES, config=config, work=work, report=report)
    return network, seen


def test_it_learns_from_photos_and_wording(tmp_path: Path) -> None:
    network, seen = train(tmp_path, epochs=40)
    test = examples(200, 2)
    logits_NH = logits(network, test)
    right = ((logits_NH > 0) == test.answers_NH).mean(axis=0)
    assert right.min() > 0.8
    assert seen[-1].training_loss < seen[0].training_loss


def test_a_killed_run_goes_on_and_ends_with_the_same_weights(tmp_path: Path) -> None:
    whole, _ = train(tmp_path / "whole", epochs=5)
    with pytest.raises(KilledError):
        train(tmp_path / "killed", epochs=5, die_after=1)
    resumed, seen = train(tmp_path / "killed", epochs=5)
    assert [epoch.number for epoch in seen] == [0, 1, 2, 3, 4]
    for name, tensor in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], tensor, rtol=0, atol=0)


def test_unknown_answers_teach_nothing(tmp_path: Path) -> None:
    train_set, validation = examples(64, 0), examples(32, 1)
    blind = Examples(train_set.features, np.column_stack([train_set.answers_NH[:, 0], np.full(64, -1)]))
    config = FitConfig(hidden=16, batch=32, epochs=2)
    network = fit(blind, validation, sizes=SIZES, config=config, work=tmp_path, report=lambda _: None)
    assert np.isfinite(logits(network, validation)).all()


def test_products_in_bfloat16_leave_weights_and_losses_in_float32(tmp_path: Path) -> None:
    curves = {}
    for kinds in ((), ("cpu",)):
        seen: list[Epoch] = []
        config = FitConfig(hidden=16, batch=32, epochs=4, bfloat16=kinds)
        work = tmp_path / f"in {len(kinds)}"
        network = fit(examples(128, 0), examples(64, 1), sizes=SIZES, config=config, work=work, report=seen.append)
        assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
        assert logits(network, examples(8, 2)).dtype == np.float32
        curves[kinds] = [epoch.training_loss for epoch in seen]
    assert curves[()] != curves["cpu",]
    np.testing.assert_allclose(curves["cpu",], curves[()], rtol=0.02)


def test_answers_that_are_not_trusted_teach_nothing(tmp_path: Path) -> None:
    whole, validation = examples(128, 0), examples(64, 1)
    lies_NH, trust_NH = whole.answers_NH.copy(), np.ones((128, 2), dtype=np.float32)
    lies_NH[::2] = 1 - lies_NH[::2]
    trust_NH[::2] = 0
    scores = {}
    for name, trust in {"all": None, "some": trust_NH}.items():
        seen: list[Epoch] = []
        config = FitConfig(hidden=16, batch=32, epochs=8)
        lesson = Examples(whole.features, lies_NH, trust)
        fit(lesson, validation, sizes=SIZES, config=config, work=tmp_path / name, report=seen.append)
        scores[name] = max(epoch.validation_pr_auc for epoch in seen)
    assert scores["some"] > scores["all"] + 0.1


@pytest.mark.parametrize(
    ("listings", "batch", "epochs"),
    [(1, 32, 40), (4_095, 32, 40), (4_096, 64, 28), (12_000, 128, 20), (1_000_000, 512, 10)],
)
def test_more_listings_are_read_in_larger_batches_less_often(listings: int, batch: int, epochs: int) -> None:
    config = paced(FitConfig(learning_rate=1e-3, epochs=40, patience=8), listings)
    assert (config.batch, config.epochs) == (batch, epochs)
    assert config.patience == round(8 * epochs / 40)
    assert config.learning_rate == pytest.approx(1e-3 * (batch / 32) ** 0.5)


def test_a_batch_that_was_asked_for_stays() -> None:
    config = FitConfig(batch=48)
    assert paced(config, 1_000_000) == config
