"""Finds plain facts that give the answers away: a word, a file format, a missing field that only one answer has.

Answers are gathered by somebody, and what tells them apart may be how they were gathered: all counterfeits saved as
PNG, or with the case's number in the description. A model learns such a fact instead of the goods, is excellent on
every split of the same collection, and useless outside of it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from training.data.faults import Fault, Severity
from trueshelf.listings import Answer, Head, Label, normalise
from trueshelf.listings.answers import settled

Row = Mapping[str, Any]

FEWEST = 20
"""Answers of each kind, and shops behind a fact, below which a fact may tell them apart by chance."""

_COMMON = 0.5
"""A fact matters that half of one answer's listings have."""

_RARE = 0.01
"""And that is this much rarer among the others."""


def giveaway_faults(listings: Sequence[Row], labels: Sequence[Label]) -> Iterator[Fault]:
    """Facts, or their absence, that half of one answer's listings share and almost none of the other's."""
    answers = settled(labels)
    facts = {str(row["listing_id"]): _facts(row) for row in listings}
    shops = {str(row["listing_id"]): row["shop_id"] or row["listing_id"] for row in listings}
    for head in Head:
        sides = [[name for name in facts if answers.get((name, head)) is answer] for answer in (Answer.YES, Answer.NO)]
        if min(len({shops[name] for name in side}) for side in sides) >= FEWEST:
            yield from _told_apart(head, sides, facts)


def _told_apart(head: Head, sides: Sequence[Sequence[str]], facts: Mapping[str, frozenset[str]]) -> Iterator[Fault]:
    counts = [Counter(fact for name in side for fact in facts[name]) for side in sides]
    for fact in sorted(set(counts[0]) | set(counts[1])):
        yes, no = (count[fact] / len(side) for count, side in zip(counts, sides, strict=True))
        has = _gives_away(yes, no)
        if has or _gives_away(1 - yes, 1 - no):
            shares = f"{counts[0][fact]} of {len(sides[0])} answered yes and {counts[1][fact]} of {len(sides[1])} no"
            what = f"{head.value}: {fact} in {shares}: a model would learn that instead of the goods"
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
