from copy import deepcopy
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from training.bins import Bins
from training.boosting import BoostConfig, _forest, _grown, boosted
from training.evaluation.metrics import average_precision
from training.examples import Examples, Held
from training.fusion_graph import export_fusion
from training.hearing import heard
from trueshelf.models.boosted import BoostedTrees
from trueshelf.models.fusion import Features, FeatureSizes, Fusion, collate
from trueshelf.models.modality import MODALITIES
from trueshelf.models.network import INPUTS, Explained, Fusing, FusionNetwork, Sizes
from trueshelf.models.ngrams import Ngrams

SIZES = Sizes(image=8, text=4, buckets=64, signals=6, hidden=16, ngram=8)
WIDTHS = FeatureSizes(views=2, image=8, text=4)

Ints = npt.NDArray[np.int64]

CONFIG = BoostConfig(rounds=40)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def listings(count: int, seed: int, *, photos: bool = True) -> tuple[list[Features], Ints]:
    """Photos and the first signal tell the first head's answer, wording the second's; some listings lack something."""
    rng = np.random.default_rng(seed)
    answers_NH = rng.integers(0, 2, size=(count, 2)).astype(np.int64)
    features = []
    for row, (first, second) in enumerate(answers_NH):
        shown = 0 if not photos or row % 7 == 0 else int(rng.integers(1, 3))
        unknown_K = rng.random(3) < 0.2
        signals_K = np.where(unknown_K, 0, rng.standard_normal(3) + np.array([first, 0, 0]))
        features.append(
            Features(
                views_PVD=rng.standard_normal((shown, 2, 8)).astype(np.float32)
                + 2 * first * np.eye(8)[0].astype(np.float32),
                text_T=None if row % 5 == 0 else rng.standard_normal(4).astype(np.float32),
                ngrams=Ngrams(np.array([1, 2 + second]), np.array([0.6, 0.8], dtype=np.float32)),
                signals_K=np.concatenate([signals_K, unknown_K]).astype(np.float32),
            )
        )
    return features, answers_NH


def grown(features: list[Features], answers_NH: Ints) -> BoostedTrees:
    def behind(rows: npt.NDArray[np.intp]) -> list[str | None]:
        return [None if row % 9 == 0 else f"seller-{row % 30}" for row in rows]

    heads = heard(Examples(Held(features, WIDTHS), answers_NH), behind, buckets=SIZES.buckets)
    return boosted(heads, SIZES, CONFIG)


@pytest.fixture(scope="module")
def trees() -> BoostedTrees:
    return grown(*listings(400, 0))


@pytest.fixture(scope="module")
def served(trees: BoostedTrees, tmp_path_factory: pytest.TempPathFactory) -> Fusion:
    path = tmp_path_factory.mktemp("trees") / "fusion.onnx"
    export_fusion([trees], WIDTHS, path)
    return Fusion.open(path, WIDTHS)


def test_tensors_say_what_scikit_learns_trees_say() -> None:
    """Off the ramps: all values are halves apart, and thresholds lie between them."""
    rng = np.random.default_rng(0)
    table_NJ = (rng.integers(-4, 5, size=(600, 5)) / 2).astype(np.float32)
    yes_N = table_NJ[:, 0] * table_NJ[:, 3] + rng.standard_normal(600) > 0
    table_NJ[rng.random(table_NJ.shape) < 0.15] = np.nan
    bins = Bins.of(table_NJ)
    model = _grown(bins(table_NJ), yes_N, np.ones(600, dtype=np.float32), CONFIG)
    forest = _forest(model, bins, signals=2, place=1)
    wide_NJ = np.zeros((600, 8), dtype=np.float32)
    wide_NJ[:, [0, 1, 3, 5, 7]] = table_NJ
    np.testing.assert_allclose(
        forest(torch.from_numpy(wide_NJ)).numpy(), model.decision_function(bins(table_NJ)), atol=1e-5
    )


def test_the_graph_has_learned_from_photos_wording_and_signals(served: Fusion) -> None:
    features, answers_NH = listings(300, 1)
    logits_NCH = served(features)
    scores = [average_precision(answers_NH[:, head], logits_NCH[:, 0, head]) for head in (0, 1)]
    assert min(score or 0 for score in scores) > 0.85


def test_without_what_tells_a_head_nothing_is_left_to_tell(served: Fusion) -> None:
    features, answers_NH = listings(300, 1)
    without_N = served(features)[:, 1 + MODALITIES.index("wording"), 1]
    assert (average_precision(answers_NH[:, 1], without_N) or 0) < 0.7


def test_a_case_is_what_is_said_of_a_listing_that_lacks_the_modality(served: Fusion) -> None:
    features, _ = listings(8, 2)
    whole = features[1]
    bare = replace(whole, views_PVD=whole.views_PVD[:0])
    np.testing.assert_allclose(served([whole])[0, 1 + MODALITIES.index("photos")], served([bare])[0, 0], atol=1e-5)


def test_an_answer_is_the_same_alone_and_among_others(served: Fusion) -> None:
    features, _ = listings(64, 3)
    together = served(features)
    alone = np.concatenate([served([each]) for each in features])
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_grown_again_they_are_the_same(trees: BoostedTrees) -> None:
    again = grown(*listings(400, 0))
    for name, tensor in trees.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], tensor, rtol=0, atol=0)


def test_members_are_heard_by_their_shares(trees: BoostedTrees) -> None:
    inputs = collate(listings(20, 4)[0], WIDTHS)
    network = FusionNetwork(SIZES).eval()

    def said(*members: Fusing) -> Tensor:
        logits_BCH: Tensor = Explained(members).eval()(*(torch.from_numpy(inputs[name]) for name in INPUTS))[0]
        return logits_BCH

    loud = deepcopy(trees)
    loud.share = 3.0
    torch.testing.assert_close(said(network, loud), 0.75 * said(trees) + 0.25 * said(network))


def test_a_head_without_both_answers_says_nothing_and_photos_need_not_be() -> None:
    features, answers_NH = listings(200, 5, photos=False)
    answers_NH[:, 1] = -1
    found = grown(features, answers_NH)
    table_BJ = torch.randn(4, 3 + 6)
    assert found.forests[1](table_BJ).tolist() == [0.0] * 4
    assert torch.isfinite(found.forests[0](table_BJ)).all()
    assert not found.photos.weight.any()
