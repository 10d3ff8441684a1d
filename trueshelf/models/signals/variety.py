"""Whether several photos show an article in several ways: sellers who have it photograph it from more than one side.

Shapes: N photos, D dimensions.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from trueshelf.listings import Head
from trueshelf.models.sight import Sight
from trueshelf.models.signals.photo_facts import PHOTO_FACTS
from trueshelf.models.signals.spec import Part, SignalSpec

_BOTH = (Head.COUNTERFEIT, Head.LOW_QUALITY)

SPECS: Final = (
    SignalSpec("photo_variety", _BOTH, "1 - cosine", "how far apart two photos' embeddings are, on average"),
    SignalSpec("photo_likeness", _BOTH, "1 - cosine", "how far apart the two most alike photos' embeddings are"),
    SignalSpec("photo_grounds", _BOTH, "share", "how even the background of the least even photo is"),
)

_BACKGROUND = PHOTO_FACTS.index("background")


def measure_variety(sights: Sequence[Sight]) -> Part:
    """Signals from how a listing's photos differ; NaN with fewer than two."""
    if len(sights) < 2:
        return Part(dict.fromkeys((spec.name for spec in SPECS), math.nan))
    whole_ND = np.stack([sight.views_VD[0] for sight in sights]).astype(np.float64)
    unit_ND = whole_ND / np.maximum(np.linalg.norm(whole_ND, axis=1, keepdims=True), 1e-12)
    apart = 1 - (unit_ND @ unit_ND.T)[np.triu_indices(len(sights), 1)]
    values = {
        "photo_variety": float(apart.mean()),
        "photo_likeness": float(apart.min()),
        "photo_grounds": float(min(sight.facts_Q[_BACKGROUND] for sight in sights)),
    }
    return Part(values)
