"""In what a mark may differ from the true one, in the order in which the comparer answers; and in words."""

from enum import StrEnum
from typing import Final


class Difference(StrEnum):
    """What is not as it is in the true mark."""

    WIDER = "wider"
    NARROWER = "narrower"
    SLANTED = "slanted"
    WARPED = "warped"
    HEAVIER = "heavier"
    THINNER = "thinner"
    ROUNDED = "rounded"
    MISSING = "missing"
    FOREIGN = "foreign"
    MIRRORED = "mirrored"
    DOUBLED = "doubled"


DIFFERENCES: Final = tuple(Difference)

WORDS: Final = {
    Difference.WIDER: "it is wider for its height than the true mark",
    Difference.NARROWER: "it is narrower for its height than the true mark",
    Difference.SLANTED: "it leans or tapers otherwise than the true mark",
    Difference.WARPED: "its outline is bent otherwise than the true mark's",
    Difference.HEAVIER: "its strokes are heavier than the true mark's",
    Difference.THINNER: "its strokes are thinner than the true mark's",
    Difference.ROUNDED: "its corners are blunter than the true mark's",
    Difference.MISSING: "a part is missing",
    Difference.FOREIGN: "a part has another shape or stands elsewhere",
    Difference.MIRRORED: "it, or a part of it, is mirrored",
    Difference.DOUBLED: "its outline is doubled",
}
"""For people; each goes on from "the mark in the photo:"."""

LOCAL: Final = frozenset({Difference.MISSING, Difference.FOREIGN})
"""Those that may be in one part of the mark, which is then named."""
