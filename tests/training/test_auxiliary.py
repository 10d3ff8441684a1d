from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from training.auxiliary import AuxiliaryHeads, targets
from training.data.parts import UNKNOWN
from training.examples import Examples, Held
from training.fit import Epoch, FitConfig, fit
from trueshelf.listings import BrandTable
from trueshelf.models.fusion import Features, FeatureSizes
from trueshelf.models.network import FusionNetwork, Sizes
from trueshelf.models.ngrams import Ngrams
from trueshelf.testing import make_listing

SIZES = Sizes(image=8, text=4, buckets=64, signals=6, hidden=16, ngram=8)
WIDTHS = FeatureSizes(views=2, image=8, text=4)
CONFIG = FitConfig(hidden=16, batch=32, epochs=6, dropout=0.0, modality_dropout=0.0, auxiliary=0.5, learning_rate=1e-2)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def examples(count: int, seed: int, *, answered: bool = True) -> Examples:
    """Listings whose photos and texts tell a category and a brand; some have no photos, no text or no brand."""
    rng = np.random.default_rng(seed)
    target_NA = rng.integers(0, 3, size=(count, 2))
    answers_NH = rng.integers(0, 2, size=(count, 2)) if answered else np.full((count, 2), UNKNOWN)
    features = [
        Features(
            views_PVD=rng.standard_normal((rng.integers(0, 3), 2, 8), dtype=np.float32)
            + 3 * np.eye(8, dtype=np.float32)[category]
            + 3 * np.eye(8, dtype=np.float32)[4 + brand],
            text_T=np.eye(4, dtype=np.float32)[brand] if rng.random() < 0.8 else None,
            ngrams=Ngrams(np.array([1]), np.ones(1, dtype=np.float32)),
            signals_K=rng.standard_normal(6, dtype=np.float32),
        )
        for category, brand in target_NA
    ]
    target_NA[rng.random(count) < 0.2, 1] = UNKNOWN
    return Examples(Held(features, WIDTHS), answers_NH.astype(np.int64), targets_NA=target_NA.astype(np.int64))


def fitted(train: Examples, config: FitConfig, work: Path) -> tuple[FusionNetwork, list[Epoch]]:
    seen: list[Epoch] = []
    network = fit(train, examples(64, 1), sizes=SIZES, config=config, work=work, report=seen.append)
    return network, seen


def same(first: FusionNetwork, second: FusionNetwork) -> bool:
    others = second.state_dict()
    return all(torch.equal(tensor, others[name]) for name, tensor in first.state_dict().items())


def test_category_and_brand_are_learned_where_no_answer_is_known(tmp_path: Path) -> None:
    _, seen = fitted(examples(256, 0, answered=False), CONFIG, tmp_path)
    losses = [epoch.training_loss for epoch in seen]
    assert losses[-1] < 0.6 * losses[0]


def test_what_asks_is_neither_in_the_network_nor_in_the_file_of_its_weights(tmp_path: Path) -> None:
    network, _ = fitted(examples(64, 0), replace(CONFIG, epochs=1), tmp_path)
    names = set(FusionNetwork(SIZES).state_dict())
    assert set(network.state_dict()) == names
    with safe_open(tmp_path / "best.safetensors", "pt") as file:
        assert set(file.keys()) == names


def test_without_a_weight_training_is_as_if_nothing_were_asked(tmp_path: Path) -> None:
    train = examples(96, 0)
    weightless = replace(CONFIG, auxiliary=0.0, dropout=0.3, epochs=3)
    first, seen = fitted(train, weightless, tmp_path / "asked")
    second, again = fitted(replace(train, targets_NA=None), weightless, tmp_path / "not asked")
    assert seen == again
    assert same(first, second)
    third, _ = fitted(train, replace(weightless, auxiliary=0.5), tmp_path / "weighed")
    assert not same(first, third)


@pytest.mark.parametrize("accumulate", [2, 3])
def test_the_parts_of_a_batch_come_to_the_whole(accumulate: int, tmp_path: Path) -> None:
    train = examples(100, 0)
    _, whole = fitted(train, CONFIG, tmp_path / "whole")
    _, parts = fitted(train, replace(CONFIG, accumulate=accumulate), tmp_path / "parts")
    curves = [[epoch.training_loss for epoch in seen] for seen in (whole, parts)]
    np.testing.assert_allclose(curves[1], curves[0], rtol=1e-4)


def test_a_killed_run_goes_on_with_what_asks(tmp_path: Path) -> None:
    class KilledError(Exception):
        pass

    def die(epoch: Epoch) -> None:
        if epoch.number == 1:
            raise KilledError

    train, work = examples(96, 0), tmp_path / "killed"
    whole, seen = fitted(train, CONFIG, tmp_path / "whole")
    with pytest.raises(KilledError):
        fit(train, examples(64, 1), sizes=SIZES, config=CONFIG, work=work, report=die)
    resumed, again = fitted(train, CONFIG, work)
    assert seen == again
    assert same(whole, resumed)


def test_what_is_unknown_or_not_there_costs_nothing() -> None:
    heads = AuxiliaryHeads(4, [3, 2])
    vectors_BMF = torch.randn(2, 4, 4)
    everything, nothing = torch.ones(2, 4), torch.zeros(2, 4)
    known, unknown = torch.tensor([[0, 1], [2, 0]]), torch.full((2, 2), UNKNOWN)
    assert heads(vectors_BMF, everything, unknown).item() == 0
    assert heads(vectors_BMF, nothing, known).item() == 0
    one, other, both = (
        heads(vectors_BMF, everything, each)
        for each in (torch.stack([known[0], unknown[0]]), torch.stack([unknown[0], known[1]]), known)
    )
    assert both.item() == pytest.approx(one.item() + other.item(), rel=1e-5)


def test_targets_are_numbered_by_how_often_they_occur_and_rare_ones_are_one() -> None:
    often = [make_listing(category="Bags", brand="Gucci")] * 3
    rarer = [make_listing(category="bags", brand=None, title="A bag", attributes={})]
    rare = [make_listing(category=f"kind {number:03}", brand="Nike") for number in range(60)]
    none = [make_listing(category=None, brand="Nike")]
    found_NA = targets([*often, *rarer, *rare, *none], BrandTable.default())
    assert found_NA[:4].tolist() == [[0, 1], [0, 1], [0, 1], [0, UNKNOWN]]
    assert found_NA[4:64, 0].tolist() == [*range(1, 50), *[50] * 11]
    assert set(found_NA[4:, 1].tolist()) == {0}
    assert found_NA[-1, 0] == UNKNOWN
