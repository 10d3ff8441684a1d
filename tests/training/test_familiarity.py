"""Photos unlike those of training are not judged by their looks; all else is judged as before."""

from pathlib import Path

import numpy as np
import pytest
import torch

from training.examples import Examples, Held
from training.familiarity import AXES, FEWEST, familiarity
from training.fusion_graph import export_fusion
from trueshelf.models.familiarity import Familiarity
from trueshelf.models.fusion import Features, FeatureSizes, Fusion, collate
from trueshelf.models.network import INPUTS, Explained, FusionNetwork, Sizes
from trueshelf.models.ngrams import Ngrams

WIDTH = AXES + 40
SIZES = Sizes(image=WIDTH, text=4, buckets=32, signals=6, hidden=8, ngram=4)
WIDTHS = FeatureSizes(views=2, image=WIDTH, text=4)
FILLED = 60
"""Training photos fill so many directions of the embedding."""


def features(rng: np.random.Generator, *strange: bool) -> Features:
    """A listing with a photo for each entry."""
    views_PVD = np.zeros((len(strange), 2, WIDTH), dtype=np.float32)
    views_PVD[..., :FILLED] = rng.standard_normal((len(strange), 2, FILLED))
    views_PVD += 0.01 * rng.standard_normal(views_PVD.shape).astype(np.float32)
    for photo, odd in enumerate(strange):
        views_PVD[photo, :, FILLED:] += 3.0 * odd
    signals_K = rng.standard_normal(6).astype(np.float32)
    return Features(views_PVD, np.ones(4, dtype=np.float32), Ngrams(np.array([3]), np.ones(1, np.float32)), signals_K)


def examples(count: int, seed: int) -> Examples:
    rng = np.random.default_rng(seed)
    return Examples(Held([features(rng, False) for _ in range(count)], WIDTHS), np.zeros((count, 2), dtype=np.int64))


def fitted() -> Familiarity:
    found = familiarity(examples(4 * AXES, 0), examples(2 * FEWEST, 1))
    assert found is not None
    return found


def answers(explained: Explained, *listings: Features) -> np.ndarray:
    inputs = collate(listings, WIDTHS)
    with torch.no_grad():
        found: np.ndarray = explained(*(torch.from_numpy(inputs[name]) for name in INPUTS))[0].numpy()
    return found


def test_strange_photos_count_as_if_they_were_not_there() -> None:
    rng, guard = np.random.default_rng(2), fitted()
    guarded = Explained([FusionNetwork(SIZES)], guard).eval()
    one, two = features(rng, False), features(rng, False, True)
    odd = features(rng, True)
    bare = Features(odd.views_PVD[:0], odd.text_T, odd.ngrams, odd.signals_K)
    first = Features(two.views_PVD[:1], two.text_T, two.ngrams, two.signals_K)
    np.testing.assert_allclose(answers(guarded, odd), answers(guarded, bare), atol=1e-5)
    np.testing.assert_allclose(answers(guarded, two), answers(guarded, first), atol=1e-5)
    plain = Explained(list(guarded.networks)).eval()  # type: ignore[arg-type]
    np.testing.assert_allclose(answers(guarded, one), answers(plain, one), atol=1e-6)
    assert np.abs(answers(guarded, odd) - answers(plain, odd)).max() > 1e-3


def test_about_a_hundredth_of_like_photos_is_strange_and_nearly_every_unlike_one() -> None:
    guard, rng = fitted(), np.random.default_rng(3)

    def strange(*, odd: bool) -> float:
        views = np.stack([features(rng, odd).views_PVD[0] for _ in range(400)])[:, None]
        return float((guard.strangeness(torch.from_numpy(views)) > guard.limit).float().mean())

    assert strange(odd=False) < 0.05
    assert strange(odd=True) == 1.0


def test_wide_embeddings_have_nearly_the_same_axes(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = fitted()
    monkeypatch.setattr("training.familiarity._WIDE", WIDTH - 1)
    near, rng = fitted(), np.random.default_rng(5)
    views = torch.from_numpy(np.stack([features(rng, odd).views_PVD[0] for odd in (False, True) * 50])[:, None])
    torch.testing.assert_close(near.strangeness(views), exact.strangeness(views), rtol=0.02, atol=0.02)


def test_the_graph_tells_which_photos_were_judged(tmp_path: Path) -> None:
    rng, guard = np.random.default_rng(2), fitted()
    export_fusion([FusionNetwork(SIZES)], WIDTHS, tmp_path / "guarded.onnx", familiarity=guard)
    export_fusion([FusionNetwork(SIZES)], WIDTHS, tmp_path / "plain.onnx")
    listings = [features(rng, False, True), features(rng), features(rng, True, False, False)]
    told = {}
    for name in ("guarded", "plain"):
        fusion = Fusion.open(tmp_path / f"{name}.onnx", WIDTHS)
        logits_BCH, judged = fusion.judged(listings)
        np.testing.assert_array_equal(logits_BCH, fusion(listings))
        told[name] = [each.tolist() for each in judged]
    like = [guard.strangeness(torch.from_numpy(each.views_PVD[None]))[0] <= guard.limit for each in listings]
    assert told["guarded"] == [each.tolist() for each in like]
    assert (like[0].tolist(), like[2][0].item()) == ([True, False], False)
    assert told["plain"] == [[True, True], [], [True, True, True]]


def test_too_few_photos_set_no_limit() -> None:
    assert familiarity(examples(4 * AXES, 0), examples(FEWEST - 1, 1)) is None
    assert familiarity(examples(4 * AXES - 1, 0), examples(2 * FEWEST, 1)) is None
