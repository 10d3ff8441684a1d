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
_AT_ONCE = 256


def familiarity(train: Examples, held_out: Examples) -> Familiarity | None:
    """The subspace of training photos, and the limit that all but a hundredth of held-out photos keep within; None
    where there are too few of either."""
    train_ND, held_out_ND = _photos(train), _photos(held_out)
    if len(held_out_ND) < FEWEST or len(train_ND) < 4 * AXES or train_ND.shape[1] <= AXES:
        return None
    mean_D = train_ND.mean(axis=0)
    _, _, axes = np.linalg.svd(train_ND - mean_D, full_matrices=False)
    found = Familiarity(
        torch.from_numpy(mean_D.astype(np.float32)), torch.from_numpy(axes[:AXES].astype(np.float32)), 0.0
    )
    views = torch.from_numpy(held_out_ND.astype(np.float32))[None, :, None]
    found.limit = float(np.quantile(found.strangeness(views).numpy(), 1 - STRANGE))
    return found


def _photos(examples: Examples) -> Floats:
    """The mean views [N, D] of some listings' photos, `_MOST` at most."""
    found: list[npt.NDArray[np.float32]] = []
    for inputs in examples.batches(_AT_ONCE):
        shown_BP = inputs["photo_mask_BP"] > 0
        found.append(inputs["views_BPVD"].mean(axis=2)[shown_BP])
        if sum(map(len, found)) >= _MOST:
            break
    return np.concatenate(found).astype(np.float64)[:_MOST] if found else np.zeros((0, 0))
