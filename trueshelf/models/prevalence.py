"""The share of "yes" that a head's probabilities are for."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prevalence:
    """A probability is right among listings of which this share is "yes", and too high where "yes" is rarer.

    Attributes:
        share: strictly between 0 and 1.
        stated: somebody said so of the field; otherwise it is that of the answers that were calibrated by.
    """

    share: float
    stated: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise ValueError(f"a prevalence must be strictly between 0 and 1, not {self.share}")

    @property
    def log_odds(self) -> float:
        return math.log(self.share) - math.log1p(-self.share)
