"""From labels by several hands to one answer a listing and head."""

from collections.abc import Iterable, Mapping
from typing import Final

from trueshelf.listings.records import Answer, Head, Label, Provenance

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

Standing = tuple[int, Answer]
"""The strength of the strongest labels heard so far, and their answer."""

UNHEARD: Final[Standing] = (0, Answer.UNKNOWN)


def heard(standing: Standing, answer: Answer, provenance: Provenance) -> Standing:
    """What stands after one more label: the answer of the strongest provenance; unknown where the strongest contradict
    each other.

    "Unknown" is no answer: a weaker yes or no stands against it.
    """
    strength, stands = STRENGTH[provenance], standing[1]
    if answer is Answer.UNKNOWN or strength < standing[0]:
        return standing
    return strength, answer if strength > standing[0] or answer is stands else Answer.UNKNOWN


def settled(labels: Iterable[Label]) -> dict[tuple[str, Head], Answer]:
    """What stands by listing and head; see `heard`."""
    standing: dict[tuple[str, Head], Standing] = {}
    for label in labels:
        if label.answer is not Answer.UNKNOWN:
            key = (label.listing_id, label.head)
            standing[key] = heard(standing.get(key, UNHEARD), label.answer, label.provenance)
    return {key: answer for key, (_, answer) in standing.items()}
