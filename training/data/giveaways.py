"""Finds plain facts that give the answers away: a word, a file format, a missing field that only one answer has.

Answers are gathered by somebody, and what tells them apart may be how they were gathered: all counterfeits saved as
PNG, or with the case's number in the description. A model learns such a fact instead of the goods, is excellent on
every split of the same collection, and useless outside of it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from training.data.conflicts import Answered
from training.data.faults import Fault, Severity
from training.data.keys import key
from trueshelf.listings import Head, normalise

Row = Mapping[str, Any]
Side = tuple[int, int]

FEWEST = 20
"""Answers of each kind, and shops behind a fact, below which a fact may tell them apart by chance."""

_COMMON = 0.5
"""A fact matters that half of one answer's listings have."""

_RARE = 0.01
"""And that is this much rarer among the others."""

_BUCKETS = 1 << 18


def giveaway_faults(listings: Iterable[Row], answered: Answered) -> Iterator[Fault]:
    """Facts, or their absence, that half of one answer's listings share and almost none of the other's.

    Listings are gone through twice: first facts are counted by numbers that several may share, which says of most that
    they are too rare; then those that are left are counted by themselves.
    """
    sides = _sides(listings, answered)
    heads = [place for place in range(len(Head)) if min(len(sides.shops[place, answer]) for answer in (1, 0)) >= FEWEST]
    if not heads:
        return
    counts = _counted(listings, answered, _common(listings, answered, sides))
    for place in heads:
        yield from _told_apart(place, sides, counts)


@dataclass(frozen=True, slots=True)
class _Sides:
    """For each head's place and answer (1 yes, 0 no), how many listings have it, and `FEWEST` of their shops."""

    listings: Counter[Side]
    shops: Mapping[Side, set[str]]


def _sides(listings: Iterable[Row], answered: Answered) -> _Sides:
    found = _Sides(Counter(), {(place, answer): set() for place in range(len(Head)) for answer in (1, 0)})
    for row in listings:
        for side in _sides_of(row, answered):
            found.listings[side] += 1
            if len(found.shops[side]) < FEWEST:
                found.shops[side].add(row["shop_id"] or row["listing_id"])
    return found


def _sides_of(row: Row, answered: Answered) -> list[Side]:
    answers = answered.of(str(row["listing_id"])).tolist()
    return [(place, answer) for place, answer in enumerate(answers) if answer >= 0]


def _common(listings: Iterable[Row], answered: Answered, sides: _Sides) -> npt.NDArray[np.bool_]:
    """Which numbers of facts half of some side's listings may have, [buckets]."""
    counted = {side: np.zeros(_BUCKETS, dtype=np.int32) for side in sides.shops}
    for row in listings:
        if of := _sides_of(row, answered):
            buckets = list({key(fact) % _BUCKETS for fact in _facts(row)})
            for side in of:
                counted[side][buckets] += 1
    common = [counts >= _COMMON * max(1, sides.listings[side]) for side, counts in counted.items()]
    return np.logical_or.reduce(common)  # type: ignore[no-any-return]


def _counted(listings: Iterable[Row], answered: Answered, common: npt.NDArray[np.bool_]) -> Mapping[Side, Counter[str]]:
    """How many listings of each side have each fact that may be common."""
    found: dict[Side, Counter[str]] = defaultdict(Counter)
    for row in listings:
        if of := _sides_of(row, answered):
            facts = [fact for fact in _facts(row) if common[key(fact) % _BUCKETS]]
            for side in of:
                found[side].update(facts)
    return found


def _told_apart(place: int, sides: _Sides, counts: Mapping[Side, Counter[str]]) -> Iterator[Fault]:
    yeses, nos = (counts[place, answer] for answer in (1, 0))
    of_yes, of_no = (sides.listings[place, answer] for answer in (1, 0))
    for fact in sorted(set(yeses) | set(nos)):
        yes, no = yeses[fact] / of_yes, nos[fact] / of_no
        if _gives_away(yes, no) or _gives_away(1 - yes, 1 - no):
            shares = f"{yeses[fact]} of {of_yes} answered yes and {nos[fact]} of {of_no} no"
            what = f"{list(Head)[place].value}: {fact} in {shares}: a model would learn that instead of the goods"
            yield Fault("answers given away", what, Severity.WARNING)


def _gives_away(first: float, second: float) -> bool:
    return max(first, second) >= _COMMON and min(first, second) <= _RARE * max(first, second)


def _facts(row: Row) -> frozenset[str]:
    """What can be said of a listing without judging it. Its id and its shop are no such facts: no model reads them."""
    attributes = [f"{name} {value}" for name, value in row["attributes"] or ()]
    text = " ".join([row["title"] or "", row["description"] or "", row["brand"] or "", *attributes])
    words = {f"the word {word!r}" for word in normalise(text).split()}
    given = {
        f"a {field}" for field in ("title", "description", "brand", "price_amount", "list_price_amount") if row[field]
    }
    coded = {f"the {field} {row[field]!r}" for field in ("category", "language", "price_currency") if row[field]}
    photos = row["photos"] or ()
    formats = {f"a photo in a {PurePosixPath(path).suffix} file" for path in photos}
    return frozenset(words | given | coded | formats | {f"the number of photos {len(photos)}"})
