"""Signals from what is written in photos: contact past the marketplace, words for copies, brands, how much of it.

A line that was read wrongly must accuse nobody. So only lines count that were read with confidence, words as they
are and not as they may be disguised, and a brand's name only where it fills its line.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from trueshelf.listings import BrandTable, Head
from trueshelf.listings.brands import MentionKind
from trueshelf.listings.phrases import How
from trueshelf.listings.text import Reading, cut, read
from trueshelf.models.inscriptions import Box, Inscription
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.sight import Sight
from trueshelf.models.signals.contacts import contacts
from trueshelf.models.signals.denials import denied_terms
from trueshelf.models.signals.lexicon import Lexicon
from trueshelf.models.signals.names import principal_brand
from trueshelf.models.signals.spec import Finding, Part, SignalSpec, finding
from trueshelf.models.signals.writing import Writing

_FAKE = (Head.COUNTERFEIT,)
_BOTH = (Head.COUNTERFEIT, Head.LOW_QUALITY)

SPECS: Final = (
    SignalSpec("photos_read", _BOTH, "photos", "photos that look as if they had writing in them, and were read"),
    SignalSpec("photo_text_share", _BOTH, "share", "the photo that is covered most by writing"),
    SignalSpec("photo_text_contacts", _FAKE, "invitations", "ways past the marketplace, written in photos"),
    SignalSpec("photo_text_replica", _FAKE, "terms", "words that are said of copies, written in photos"),
    SignalSpec("photo_text_claimed", _FAKE, "0 or 1", "the claimed brand's name can be read in a photo"),
    SignalSpec(
        "photo_text_brands",
        _FAKE,
        "brands",
        "names in photos of the claimed brand's rivals that the text does not name",
    ),
    SignalSpec("photo_text_lookalikes", _FAKE, "names", "lines in photos that are nearly the claimed brand's name"),
)

_CONFIDENT: Final = 0.9
_LONGEST_LINE: Final = 120
_SHORTEST_NAME: Final = 4
_COPIES = frozenset({"replica", "grades"})


@dataclass(frozen=True, slots=True)
class _Line:
    """A line with its photo's number."""

    photo: int
    reading: Reading
    inscription: Inscription

    def evidence(self, found: str) -> dict[str, str]:
        """What was read, where: the box as left, top, right and bottom in hundredths of the photo."""
        box = ", ".join(f"{100 * share:.0f} %" for share in self.inscription.box)
        return {"found": found, "line": self.reading.original, "field": f"photos[{self.photo}]", "box": box}


def measure_inscriptions(writing: Writing, sights: Sequence[Sight], *, brands: BrandTable, lexicon: Lexicon) -> Part:
    """Signals and findings from what is written in a listing's photos; NaN where none was read."""
    read_photos = [sight.inscriptions for sight in sights if sight.inscriptions is not None]
    if not read_photos:
        return Part({spec.name: math.nan for spec in SPECS} | {"photos_read": 0.0})
    lines = list(_lines(sights))
    elsewhere = _contacts(lines, lexicon)
    copies = [(line, quote) for line in lines for quote in _copies(line.reading, lexicon)]
    claimed = principal_brand(writing, brands)
    named = [(line, name, how) for line in lines for name, how in _names(line.reading, brands)]
    other = _other_brands(named, claimed, writing, brands)
    values = {
        "photos_read": float(len(read_photos)),
        "photo_text_share": max(_covered(found) for found in read_photos),
        "photo_text_contacts": float(len(elsewhere)),
        "photo_text_replica": float(len(copies)),
        "photo_text_claimed": float(any(name == claimed and how is How.EXACT for _, name, how in named)),
        "photo_text_brands": float(len({name for _, name in other})),
        "photo_text_lookalikes": float(sum(name == claimed and how is not How.EXACT for _, name, how in named)),
    }
    return Part(
        values,
        (
            *_first(ReasonCode.PHOTO_TEXT_CONTACT, elsewhere, "photo_text_contacts"),
            *_first(ReasonCode.PHOTO_TEXT_REPLICA, copies, "photo_text_replica"),
            *_first(ReasonCode.PHOTO_TEXT_OTHER_BRAND, other, "photo_text_brands"),
        ),
    )


def _lines(sights: Sequence[Sight]) -> Iterator[_Line]:
    for index, sight in enumerate(sights):
        for inscription in sight.inscriptions or ():
            if inscription.confidence >= _CONFIDENT:
                yield _Line(index, read(cut(inscription.text, _LONGEST_LINE)), inscription)


def _contacts(lines: Sequence[_Line], lexicon: Lexicon) -> list[tuple[_Line, str]]:
    """Ways past the marketplace in a line, or in two beside or below one another ("WhatsApp", then the number)."""

    def of(line: _Line) -> list[tuple[_Line, str]]:
        return [(line, quote) for quote in contacts(lexicon.find(line.reading), line.reading)]

    alone = [of(line) for line in lines]
    found = [each for some in alone for each in some]
    for (one, of_one), (other, of_other) in pairwise(zip(lines, alone, strict=True)):
        if (
            not of_one
            and not of_other
            and one.photo == other.photo
            and _near(one.inscription.box, other.inscription.box)
        ):
            found += of(_joined(one, other))
    return found


def _near(one: Box, other: Box) -> bool:
    """Whether two lines are no further apart than the higher of them is high."""
    apart = max(one[3] - one[1], other[3] - other[1])
    aside = max(one[0], other[0]) - min(one[2], other[2])
    below = max(one[1], other[1]) - min(one[3], other[3])
    return aside <= apart and below <= apart


def _joined(one: _Line, other: _Line) -> _Line:
    boxes = (one.inscription.box, other.inscription.box)
    (left, _), (top, _), (_, right), (_, bottom) = (sorted(sides) for sides in zip(*boxes, strict=True))
    text = f"{one.reading.original} {other.reading.original}"
    confidence = min(one.inscription.confidence, other.inscription.confidence)
    return _Line(one.photo, read(text), Inscription(text, confidence, (left, top, right, bottom)))


def _covered(lines: Sequence[Inscription]) -> float:
    """The share of a photo under its lines' boxes; boxes that overlap count twice, up to the whole photo."""
    return min(1.0, sum((right - left) * (bottom - top) for left, top, right, bottom in (line.box for line in lines)))


def _copies(reading: Reading, lexicon: Lexicon) -> list[str]:
    """Words for copies, as they are written, that the line does not deny."""
    matches = lexicon.find(reading)
    denied = denied_terms(matches, reading, lexicon)
    said = [match for match in matches if match.payload in _COPIES and match.how is How.EXACT and match not in denied]
    return [reading.original[match.start : match.end] for match in said]


def _names(reading: Reading, brands: BrandTable) -> list[tuple[str, How]]:
    """Brands whose name, or nearly that, is all that a line says."""
    letters = sum(letter.isalnum() for letter in reading.original)
    return [
        (mention.brand, mention.how)
        for mention in brands.find(reading)
        if mention.kind is not MentionKind.COMPATIBLE
        and sum(letter.isalnum() for letter in mention.found) == letters >= _SHORTEST_NAME
    ]


def _other_brands(
    named: Sequence[tuple[_Line, str, How]], claimed: str | None, writing: Writing, brands: BrandTable
) -> list[tuple[_Line, str]]:
    """Brands read in photos of a listing that claims another of the same goods, which no photo shows.

    A brand that the text names as well contradicts nothing, nor does one of other goods: phones write their maker's
    name into photos, and cars are printed on shirts.
    """
    if claimed is None or any(name == claimed for _, name, _ in named):
        return []
    told = {mention.brand for _, text in writing.fields for mention in brands.find(text, category=writing.category)}
    return [
        (line, name)
        for line, name, how in named
        if how is How.EXACT and name not in told and brands.compete(claimed, name)
    ]


def _first(code: ReasonCode, found: Sequence[tuple[_Line, str]], signal: str) -> tuple[Finding, ...]:
    """A finding that quotes the first of what was found."""
    if not found:
        return ()
    line, quote = found[0]
    return finding(code, float(len(found)), [signal], **line.evidence(quote))
