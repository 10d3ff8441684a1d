"""How much an answer counts in training, by whose word it is.

Shapes: N listings, H heads.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from trueshelf.listings import Provenance

Floats = npt.NDArray[np.float32]

TRUST: Mapping[Provenance, float] = {
    Provenance.TEST_BUY: 1.0,
    Provenance.APPEAL: 1.0,
    Provenance.BRAND_NOTICE: 1.0,
    Provenance.REVIEWER: 1.0,
    Provenance.SIMULATED: 1.0,
    Provenance.REPORT: 0.5,
}
"""By default. An answer that is wrong with probability e moves a model 1 - 2e as far the right way as one that is
certain (Natarajan et al., "Learning with Noisy Labels", 2013); about a quarter of the reports that marketplaces get
are malicious."""


def trust_of(assignments: Sequence[str]) -> Mapping[Provenance, float]:
    """The table with some entries changed, each as `report=0.3`.

    Raises:
        ValueError: an assignment is malformed, names no provenance, or is not from 0 to 1.
    """
    table = dict(TRUST)
    for assignment in assignments:
        name, _, text = assignment.partition("=")
        try:
            provenance, value = Provenance(name.strip()), float(text)
        except ValueError:
            raise ValueError(f"trust {assignment!r} is not one of {', '.join(Provenance)} with a number") from None
        if not 0 <= value <= 1:
            raise ValueError(f"trust {assignment!r} must be from 0 to 1")
        table[provenance] = value
    return table


def trusted(provenance_NH: npt.NDArray[np.int8], table: Mapping[Provenance, float]) -> Floats:
    """The trust [N, H] in each answer; answers of nobody, whose number is -1, count nothing."""
    values = np.array([*(table[provenance] for provenance in Provenance), 0.0], dtype=np.float32)
    found_NH: Floats = values[provenance_NH]
    return found_NH
