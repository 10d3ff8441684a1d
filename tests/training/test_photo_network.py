import numpy as np
import torch

from training.photo_network import PhotoNetwork
from training.probe import Probe
from trueshelf.models.modality import MODALITIES
from trueshelf.models.network import Explained, Sizes

SIZES = Sizes(image=3, text=2, buckets=4, signals=6)
PRIOR_H = np.array([0.4, -1.0], dtype=np.float32)


def probe(rng: np.random.Generator) -> Probe:
    return Probe(
        mean_D=rng.standard_normal(3).astype(np.float32),
        spread_D=np.array([0.5, 1, 2], dtype=np.float32),
        weight_KD=rng.standard_normal((2, 3)).astype(np.float32),
        bias_K=rng.standard_normal(2).astype(np.float32),
    )


def answer(network: PhotoNetwork, views_PVD: np.ndarray, *, photos: int | None = None) -> np.ndarray:
    """Logits [C,H] of one listing."""
    photos = len(views_PVD) if photos is None else photos
    mask_P = (np.arange(len(views_PVD)) < photos).astype(np.float32)
    present_M = np.array([photos > 0, 1, 1, 1], dtype=np.float32)
    with torch.inference_mode():
        (logits_BCH,) = Explained([network])(
            torch.from_numpy(views_PVD[None]),
            torch.from_numpy(mask_P[None]),
            torch.zeros(1, 2),
            torch.zeros(1, 5, dtype=torch.int64),
            torch.ones(1, 5),
            torch.zeros(1, 6),
            torch.from_numpy(present_M[None]),
        )
    found: np.ndarray = logits_BCH[0].numpy()
    return found


def test_photos_count_alike_as_a_whole_and_by_the_mean_of_their_close_views() -> None:
    rng = np.random.default_rng(0)
    views_PVD, whole, close = rng.standard_normal((2, 5, 3)).astype(np.float32), probe(rng), probe(rng)
    expected_H = (whole(views_PVD[:, 0]) + close(views_PVD[:, 1:].mean(axis=1))).mean(axis=0)
    found_CH = answer(PhotoNetwork(SIZES, whole, close, PRIOR_H), views_PVD)
    np.testing.assert_allclose(found_CH[0], expected_H, atol=1e-5)


def test_without_photos_only_the_prior_is_left() -> None:
    rng = np.random.default_rng(1)
    network = PhotoNetwork(SIZES, probe(rng), probe(rng), PRIOR_H)
    np.testing.assert_allclose(answer(network, np.zeros((1, 5, 3), dtype=np.float32), photos=0), [PRIOR_H] * 5)


def test_the_whole_contribution_is_the_photos() -> None:
    rng = np.random.default_rng(2)
    found_CH = answer(
        PhotoNetwork(SIZES, probe(rng), probe(rng), PRIOR_H), rng.standard_normal((1, 5, 3)).astype(np.float32)
    )
    without = dict(zip(MODALITIES, found_CH[1:], strict=True))
    np.testing.assert_allclose(without.pop(MODALITIES[0]), PRIOR_H)
    for logits_H in without.values():
        np.testing.assert_allclose(logits_H, found_CH[0])
