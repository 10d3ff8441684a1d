"""Fits what photos a model has learned from look like; see `trueshelf.models.familiarity`.

Shapes: N photos, D image dimensions.
"""

import numpy as np
import numpy.typing as npt
import torch

from training.examples import Examples
from trueshelf.models.familiarity import Familiarity

Floats = npt.NDArray[np.float64]

AXES = 256
"""Of the subspace: on the default market, 256 axes and all views together tell 98 % of people's photos of their clothes
from its own photos at the limit below; 256 axes of the whole view alone told 82 %."""

STRANGE = 0.01
"""The share of held-out photos that are taken for strange."""

FEWEST = 100
"""Held-out photos below which no limit is set, and everything is judged."""

_MOST = 20_000
_WIDE = 2_048
_OVER, _ROUNDS = 32, 4
_AT_ONCE = 256


def familiarity(train: Examples, held_out: Examples) -> Familiarity | None:
    """The subspace of training photos, and the limit that all but a hundredth of held-out photos keep within; None
    where there are too few of either."""
    train_ND, held_out_ND = _photos(train), _photos(held_out)
    if len(held_out_ND) < FEWEST or len(train_ND) < 4 * AXES or train_ND.shape[1] <= AXES:
        return None
    mean_D = train_ND.mean(axis=0)
    axes_KD = _principal_axes(train_ND - mean_D)
    found = Familiarity(torch.from_numpy(mean_D.astype(np.float32)), torch.from_numpy(axes_KD.astype(np.float32)), 0.0)
    views = torch.from_numpy(held_out_ND.astype(np.float32))[None, :, None]
    found.limit = float(np.quantile(found.strangeness(views).numpy(), 1 - STRANGE))
    return found


def _principal_axes(centred_ND: Floats) -> Floats:
    """The `AXES` directions [K, D] in which photos differ most; of wide embeddings nearly those, which is quicker.

    Halko, Martinsson & Tropp, "Finding structure with randomness", SIAM Review 53(2), 2011, algorithm 4.4.
    """
    if centred_ND.shape[1] <= _WIDE:
        _, _, axes_DD = np.linalg.svd(centred_ND, full_matrices=False)
        return np.asarray(axes_DD[:AXES])
    start_DK = np.random.default_rng(0).standard_normal((centred_ND.shape[1], AXES + _OVER))
    range_NK, _ = np.linalg.qr(centred_ND @ start_DK)
    for _ in range(_ROUNDS):
        range_DK, _ = np.linalg.qr(centred_ND.T @ range_NK)
        range_NK, _ = np.linalg.qr(centred_ND @ range_DK)
    _, _, axes_KD = np.linalg.svd(range_NK.T @ centred_ND, full_matrices=False)
    return np.asarray(axes_KD[:AXES])


def _photos(examples: Examples) -> Floats:
    """The mean views [N, D] of some listings' photos, `_MOST` at most."""
    found: list[npt.NDArray[np.float32]] = []
    for inputs in examples.batches(_AT_ONCE):
        shown_BP = inputs["photo_mask_BP"] > 0
        found.append(inputs["views_BPVD"].mean(axis=2)[shown_BP])
        if sum(map(len, found)) >= _MOST:
            break
    return np.concatenate(found).astype(np.float64)[:_MOST] if found else np.zeros((0, 0))
