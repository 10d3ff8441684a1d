"""What labels say in contradiction of each other, or do not say at all."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from training.data.duplicates import MIN_TEXT, Kind, listing_text
from training.data.faults import Fault, Severity
from trueshelf.listings import Answer, Head, Label
from trueshelf.listings.answers import STRENGTH, settled

Row = Mapping[str, Any]
Answers = Mapping[tuple[str, Head], Answer]


def conflict_faults(listings: Sequence[Row], labels: Sequence[Label]) -> Iterator[Fault]:
    """Contradictions about one listing, about the same content in several listings, and heads that cannot be taught."""
    yield from _contradictions(labels)
    answers = settled(labels)
    yield from _twins(Kind.PHOTO, _photos(listings), answers)
    yield from _twins(Kind.TEXT, _texts(listings), answers)
    if any(label.answer is not Answer.UNKNOWN for label in labels):
        yield from _one_sided(answers)


def _contradictions(labels: Iterable[Label]) -> Iterator[Fault]:
    """A yes and a no for the same question from equally strong provenance, with none stronger to settle it."""
    by_question: dict[tuple[str, Head], list[Label]] = defaultdict(list)
    for label in labels:
        if label.answer is not Answer.UNKNOWN:
            by_question[label.listing_id, label.head].append(label)
    for (name, head), given in by_question.items():
        strongest = max(STRENGTH[label.provenance] for label in given)
        top = [label for label in given if STRENGTH[label.provenance] == strongest]
        if len({label.answer for label in top}) > 1:
            hands = ", ".join(sorted(f"{label.answer.value} by {label.provenance.value}" for label in top))
            yield Fault("label conflict", f"{name}: {head.value} is {hands}")


def _photos(listings: Iterable[Row]) -> Iterator[tuple[str, str]]:
    """Each photo with the id of each listing that shows it: the same bytes have the same path."""
    return ((path, str(row["listing_id"])) for row in listings for path in dict.fromkeys(row["photos"] or ()))


def _texts(listings: Iterable[Row]) -> Iterator[tuple[str, str]]:
    """Each text with the id of each listing that has it; a short one only where there is no photo to tell more."""
    for row in listings:
        text = listing_text(row)
        if len(text) >= MIN_TEXT or (text and not row["photos"]):
            yield text, str(row["listing_id"])


def _twins(kind: Kind, shown: Iterable[tuple[str, str]], answers: Answers) -> Iterator[Fault]:
    """Content that has both answers, under different ids: right where a photo was stolen, wrong otherwise."""
    names: dict[str, list[str]] = defaultdict(list)
    for content, name in shown:
        names[content].append(name)
    for content, group in names.items():
        for head in Head if len(group) > 1 else ():
            yes, no = (
                [name for name in group if answers.get((name, head)) is each] for each in (Answer.YES, Answer.NO)
            )
            if yes and no:
                what = f"{content[:80]}: {head.value} is yes for {_some(yes)}, no for {_some(no)}"
                yield Fault(f"both answers for the same {kind.value}", what, Severity.WARNING)


def _some(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _one_sided(answers: Answers) -> Iterator[Fault]:
    counts = Counter((head, answer) for (_, head), answer in answers.items())
    for head in Head:
        found = [answer for answer in (Answer.YES, Answer.NO) if counts[head, answer]]
        if not found:
            what = f"{head.value}: no listing is answered yes or no"
            yield Fault("head without answers", what, Severity.WARNING)
        elif len(found) == 1:
            what = f"{head.value}: all {counts[head, found[0]]} answers are {found[0].value}"
            yield Fault("head with one answer only", what, Severity.WARNING)
