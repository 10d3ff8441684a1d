"""Signals from brand marks in photos: the claimed brand's own, how well it is made, and marks of other brands."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

from trueshelf.listings import BrandTable, Head
from trueshelf.models.marks.differences import LOCAL, WORDS
from trueshelf.models.marks.found import FoundMark, SeenMarks
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.signals.names import principal_brand
from trueshelf.models.signals.spec import Finding, Part, SignalSpec, finding
from trueshelf.models.signals.writing import Writing

_FAKE = (Head.COUNTERFEIT,)

SPECS: Final = (
    SignalSpec("mark_found", _FAKE, "0 to 1", "how surely the claimed brand's mark is in a photo, well made or badly"),
    SignalSpec("mark_likeness", _FAKE, "0 to 1", "how surely that mark is well made, in the worst photo"),
    SignalSpec("mark_likeness_mean", _FAKE, "0 to 1", "the same on average over the photos that show the mark"),
    SignalSpec("mark_difference", _FAKE, "share", "how much of the most differing part differs, in the worst photo"),
    SignalSpec("mark_other_brand", _FAKE, "0 to 1", "how surely a photo shows the mark of a brand that is not named"),
)

_NAMES: Final = tuple(spec.name for spec in SPECS)
SURE: Final = 0.9
"""Of what a mark is, before it is said to differ."""

_KIN: Final = (frozenset({"Nike", "Jordan"}), frozenset({"Apple", "Beats"}))
"""Brands whose articles may bear each other's marks."""


def measure_marks(writing: Writing, marks: Sequence[SeenMarks | None], brands: BrandTable) -> Part:
    """Signals and findings from the marks in a listing's photos.

    All signals are NaN where no photo was searched, or none for the mark of the brand that the listing claims.

    Args:
        marks: what was found in each photo, in order; None for a photo that was not searched.
    """
    claimed = principal_brand(writing, brands)
    searched = [(index, seen) for index, seen in enumerate(marks) if seen is not None]
    if claimed is None or not any(claimed in seen.known for _, seen in searched):
        return Part(dict.fromkeys(_NAMES, math.nan))
    named = {claimed, *_named(writing, brands)}
    named |= {brand for kin in _KIN if kin & named for brand in kin}
    own = [(index, mark) for index, mark in _marks(searched) if mark.brand == claimed]
    others = [(index, mark) for index, mark in _marks(searched) if mark.brand not in named]
    values = dict(zip(_NAMES, (*_own_values(own), max((mark.score for _, mark in others), default=0.0)), strict=True))
    return Part(values, _differs(own) + _of_another(others, claimed))


def _marks(searched: Sequence[tuple[int, SeenMarks]]) -> Iterator[tuple[int, FoundMark]]:
    return ((index, mark) for index, seen in searched for mark in seen.found)


def _named(writing: Writing, brands: BrandTable) -> set[str]:
    """Every brand that the listing names, whatever it says of it."""
    return {mention.brand for _, text in writing.fields for mention in brands.find(text, category=writing.category)}


def _own_values(own: Sequence[tuple[int, FoundMark]]) -> tuple[float, float, float, float]:
    if not own:
        return 0.0, math.nan, math.nan, math.nan
    likeness = [mark.likeness for _, mark in own]
    return (
        max(mark.score for _, mark in own),
        min(likeness),
        sum(likeness) / len(likeness),
        max(mark.difference for _, mark in own),
    )


def _differs(own: Sequence[tuple[int, FoundMark]]) -> tuple[Finding, ...]:
    """The mark that is least like the true one, among those that are surely meant to be it."""
    sure = [(index, mark) for index, mark in own if mark.score >= SURE]
    if not sure:
        return ()
    index, worst = min(sure, key=lambda each: each[1].likeness)
    return finding(
        ReasonCode.MARK_DIFFERS,
        worst.likeness,
        _NAMES[1:4],
        brand=worst.brand,
        field=f"photos[{index}]",
        box=str(worst.box),
        differs=str(worst.differing),
        how=_in_words(worst),
    )


def _in_words(mark: FoundMark) -> str:
    """In what the mark differs, and where."""
    return "; ".join(f"{WORDS[way]} {_part(mark)}" if way in LOCAL else WORDS[way] for way in mark.ways)


def _part(mark: FoundMark) -> str:
    """Where in the mark's box the differing box lies: "at the upper left", "in the middle"."""
    across = (mark.differing.x + mark.differing.width / 2 - mark.box.x) / max(mark.box.width, 1e-6)
    down = (mark.differing.y + mark.differing.height / 2 - mark.box.y) / max(mark.box.height, 1e-6)
    words = [word for word in (_third(down, "upper", "lower"), _third(across, "left", "right")) if word]
    if words in (["upper"], ["lower"]):
        words.append("edge")
    return f"at the {' '.join(words)}" if words else "in the middle"


def _third(share: float, first: str, last: str) -> str:
    return first if share < 1 / 3 else last if share > 2 / 3 else ""


def _of_another(others: Sequence[tuple[int, FoundMark]], claimed: str) -> tuple[Finding, ...]:
    if not others:
        return ()
    index, surest = max(others, key=lambda each: each[1].score)
    return finding(
        ReasonCode.MARK_OF_ANOTHER_BRAND,
        surest.score,
        _NAMES[4:],
        brand=claimed,
        found=surest.brand,
        field=f"photos[{index}]",
        box=str(surest.box),
    )
