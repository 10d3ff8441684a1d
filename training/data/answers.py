"""From labels by several hands to one answer a listing and head."""

from collections.abc import Iterable, Mapping

from trueshelf.listings import Answer, Head, Label, Provenance

STRENGTH: Mapping[Provenance, int] = {
    Provenance.TEST_BUY: 5,
    Provenance.APPEAL: 4,
    Provenance.BRAND_NOTICE: 3,
    Provenance.REVIEWER: 2,
    Provenance.SIMULATED: 2,
    Provenance.REPORT: 1,
}
"""Whose word counts more: the article in hand, then a second look by another reviewer, then the brand, then anybody
else."""


def settled(labels: Iterable[Label]) -> dict[tuple[str, Head], Answer]:
    """The answer of the strongest provenance by listing and head; unknown where the strongest contradict each other.

    "Unknown" is no answer: a weaker yes or no stands against it.
    """
    strongest: dict[tuple[str, Head], tuple[int, Answer]] = {}
    for label in labels:
        if label.answer is Answer.UNKNOWN:
            continue
        key, strength = (label.listing_id, label.head), STRENGTH[label.provenance]
        known = strongest.get(key, (0, label.answer))
        if strength > known[0]:
            strongest[key] = (strength, label.answer)
        elif strength == known[0] and label.answer is not known[1]:
            strongest[key] = (strength, Answer.UNKNOWN)
    return {key: answer for key, (_, answer) in strongest.items()}
