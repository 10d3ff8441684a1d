"""What labels say in contradiction of each other, or do not say at all.

Shapes: D listings by their ids, H heads, M contents shown, G distinct contents.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from training.data.answers import Standings
from training.data.duplicates import MIN_TEXT, Ints, Kind, listing_text
from training.data.faults import Fault, Severity, words_known
from training.data.keys import Keys, first_of_each, key
from trueshelf.listings import Answer, Head, Label, Provenance
from trueshelf.listings.answers import STRENGTH
from trueshelf.listings.tables import label_from_row

Row = Mapping[str, Any]
Contents = Callable[[Row], Iterable[str]]

_HEADS, _HANDS = list(Head), list(Provenance)
_TOLD = 5
"""Of each kind, those that are told; the others are counted."""
_LABELS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Answered:
    """What labels say of the listings: `standings` and `answers_DH` are in the order of `ids`."""

    ids: Keys
    standings: Standings
    answers_DH: Ints

    @classmethod
    def by(cls, labels: Iterable[Label], ids: Keys) -> "Answered":
        """Settled, of labels about listings that are there; the labels are gone through once."""
        standings = Standings(len(ids))
        saying = (label for label in labels if label.answer is not Answer.UNKNOWN)
        while some := list(islice(saying, _LABELS_AT_ONCE)):
            standings.hear(
                np.array([ids.place(label.listing_id) for label in some]),
                np.array([_HEADS.index(label.head) for label in some]),
                np.array([int(label.answer is Answer.YES) for label in some]),
                np.array([_HANDS.index(label.provenance) for label in some]),
            )
        return cls(ids, standings, standings.given().answers_NH)

    def of(self, listing_id: str) -> Ints:
        """The answers [H] about a listing: 1 yes, 0 no, -1 unknown."""
        answers_H: Ints = self.answers_DH[self.ids.place(listing_id)]
        return answers_H


@dataclass(frozen=True, slots=True)
class SoundLabels:
    """The labels of a table with which nothing is wrong by themselves, gone through as often as it may be."""

    labels: Iterable[Row]
    ids: Keys

    def __iter__(self) -> Iterator[Label]:
        return (
            label_from_row(label) for label in self.labels if words_known(label) and label["listing_id"] in self.ids
        )


def conflict_faults(listings: Iterable[Row], labels: Iterable[Label], answered: Answered) -> Iterator[Fault]:
    """Contradictions about one listing, about the same content in several listings, and heads that cannot be taught.

    Listings are gone through several times, labels once more where some of them contradict each other.
    """
    yield from _contradictions(labels, answered)
    yield from _twins(Kind.PHOTO, listings, _photos, answered)
    yield from _twins(Kind.TEXT, listings, _text, answered)
    if (answered.answers_DH >= 0).any() or answered.standings.contradicted().any():
        yield from _one_sided(answered.answers_DH)


def _contradictions(labels: Iterable[Label], answered: Answered) -> Iterator[Fault]:
    """A yes and a no for the same question from equally strong provenance, with none stronger to settle it."""
    contradicted_DH = answered.standings.contradicted()
    if not contradicted_DH.any():
        return
    by_question: dict[tuple[str, Head], list[Label]] = defaultdict(list)
    for label in labels:
        place = answered.ids.place(label.listing_id)
        if label.answer is not Answer.UNKNOWN and contradicted_DH[place, _HEADS.index(label.head)]:
            by_question[label.listing_id, label.head].append(label)
    for (name, head), given in by_question.items():
        strongest = max(STRENGTH[label.provenance] for label in given)
        top = [label for label in given if STRENGTH[label.provenance] == strongest]
        hands = ", ".join(sorted(f"{label.answer.value} by {label.provenance.value}" for label in top))
        yield Fault("label conflict", f"{name}: {head.value} is {hands}")


def _photos(row: Row) -> Iterable[str]:
    """The same bytes have the same path."""
    return dict.fromkeys(row["photos"] or ())


def _text(row: Row) -> Iterable[str]:
    """A listing's text; a short one only where there is no photo to tell more."""
    text = listing_text(row)
    return (text,) if len(text) >= MIN_TEXT or (text and not row["photos"]) else ()


def _twins(kind: Kind, listings: Iterable[Row], contents: Contents, answered: Answered) -> Iterator[Fault]:
    """Content that has both answers, under different ids: right where a photo was stolen, wrong otherwise."""
    places, shown = array("q"), array("Q")
    for row in listings:
        for content in contents(row):
            places.append(answered.ids.place(str(row["listing_id"])))
            shown.append(key(content))
    _, group_M = first_of_each(np.array(shown, dtype=np.uint64))
    answers_MH = answered.answers_DH[np.array(places, dtype=np.int64)]
    both = {head: _both(group_M, answers_MH[:, place]) for place, head in enumerate(_HEADS)}
    if not any(map(len, both.values())):
        return
    told = {head: set(groups[:_TOLD].tolist()) for head, groups in both.items()}
    for group, (content, names) in _named(listings, contents, group_M, set().union(*told.values())).items():
        for place, head in enumerate(_HEADS):
            if group in told[head]:
                yes, no = ([name for name in names if answered.of(name)[place] == answer] for answer in (1, 0))
                what = f"{content[:80]}: {head.value} is yes for {_some(yes)}, no for {_some(no)}"
                more = len(both[head]) - len(told[head]) if group == max(told[head]) else 0
                yield Fault(f"both answers for the same {kind.value}", what, Severity.WARNING, times=1 + more)


def _both(group_M: Ints, answer_M: Ints) -> Ints:
    """The contents that listings with either answer show, as they first come."""
    count = int(group_M.max(initial=-1)) + 1
    yes_G, no_G = (np.bincount(group_M[answer_M == answer], minlength=count) for answer in (1, 0))
    return np.flatnonzero((yes_G > 0) & (no_G > 0))


def _named(
    listings: Iterable[Row], contents: Contents, group_M: Ints, wanted: set[int]
) -> dict[int, tuple[str, list[str]]]:
    """Some contents with the ids of the listings that show them."""
    found: dict[int, tuple[str, list[str]]] = {}
    groups = iter(group_M.tolist())
    for row in listings:
        for content in contents(row):
            group = next(groups)
            if group in wanted:
                found.setdefault(group, (content, []))[1].append(str(row["listing_id"]))
    return found


def _some(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _one_sided(answers_DH: npt.NDArray[np.int64]) -> Iterator[Fault]:
    for place, head in enumerate(_HEADS):
        counts = {
            word: int((answers_DH[:, place] == number).sum()) for number, word in ((1, Answer.YES), (0, Answer.NO))
        }
        found = [answer for answer, count in counts.items() if count]
        if not found:
            yield Fault("head without answers", f"{head.value}: no listing is answered yes or no", Severity.WARNING)
        elif len(found) == 1:
            what = f"{head.value}: all {counts[found[0]]} answers are {found[0].value}"
            yield Fault("head with one answer only", what, Severity.WARNING)
