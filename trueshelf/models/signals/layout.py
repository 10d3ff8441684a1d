"""Signals from the form of the text: lengths, capitals, repetition, heaps of keywords, copied descriptions."""

import math
import re
from collections import Counter
from collections.abc import Callable
from typing import Final

from rapidfuzz import fuzz

from trueshelf.listings import Head, Listing
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.signals.spec import Finding, Part, SignalSpec, finding
from trueshelf.models.signals.writing import Writing

_POOR = (Head.LOW_QUALITY,)
_BOTH = (Head.COUNTERFEIT, Head.LOW_QUALITY)

SPECS: Final = (
    SignalSpec("title_letters", _POOR, "ln(1 + characters)", "the title's length"),
    SignalSpec("title_words", _POOR, "words", "the title's words; in Han and kana, characters"),
    SignalSpec("title_capitals", _POOR, "share", "capitals among the title's letters that have capitals"),
    SignalSpec("title_repeated", _POOR, "share", "words of the title that it has already said"),
    SignalSpec("title_separators", _POOR, "per word", "commas, slashes, bars and the like in the title"),
    SignalSpec("title_digits", _BOTH, "share", "digits in the title"),
    SignalSpec("title_signs", _POOR, "share", "signs and pictures in the title"),
    SignalSpec(
        "title_stuffed", _POOR, "about 0 to 2", "how much the title is a heap: length, repetition, separators, brands"
    ),
    SignalSpec("description_letters", _BOTH, "ln(1 + characters)", "the description's length"),
    SignalSpec("description_words", _POOR, "ln(1 + words)", "the description's words"),
    SignalSpec("description_copied", _POOR, "share", "how alike description and title are"),
    SignalSpec("description_new", _POOR, "share", "words of the description that the title does not have"),
    SignalSpec("attributes", _POOR, "attributes", "how many attributes are filled in"),
    SignalSpec("fields_missing", _POOR, "fields", "how many of brand, category and price are missing"),
)

_SEPARATORS = frozenset(",;/|•·、，~+*_=#＃｜/")
_SHORTEST_SHOUT = 12
_LONG_TITLE = 30.0
_REPEATED = 0.35
_SEPARATED = 0.6
_MANY_BRANDS = 4.0
_SIZE = re.compile(r"[a-z]|\d+[a-z]{0,3}")
"""Letters and numbers of models and sizes, such as the c and the 3 of "USB C to USB 3"; said twice they are no heap."""


def measure_layout(listing: Listing, writing: Writing, *, brands_claimed: float) -> Part:
    """Signals and findings from the form of title and description; NaN for shares of nothing."""
    title = writing.title.original.strip()
    words = [word.text for word in writing.title.words]
    telling = [word for word in words if not _SIZE.fullmatch(word)]
    described = [word.text for word in writing.description.words]
    capitals = _capitals(title)
    repeated = (len(telling) - len(set(telling))) / len(words) if words else math.nan
    separators = sum(letter in _SEPARATORS for letter in title) / len(words) if words else math.nan
    stuffed = _stuffed(len(words), repeated, separators, brands_claimed) if words else math.nan
    copied = (
        fuzz.ratio(writing.title.normal.text, writing.description.normal.text) / 100
        if words and described
        else math.nan
    )
    values = {
        "title_letters": math.log1p(len(listing.title)),
        "title_words": float(len(words)),
        "title_capitals": capitals,
        "title_repeated": repeated,
        "title_separators": separators,
        "title_digits": _share(title, str.isdigit),
        "title_signs": _share(
            title, lambda letter: not letter.isalnum() and not letter.isspace() and letter not in "-'.&"
        ),
        "title_stuffed": stuffed,
        "description_letters": math.log1p(len(listing.description)),
        "description_words": math.log1p(len(described)),
        "description_copied": copied,
        "description_new": len(set(described) - set(words)) / len(set(described)) if described else math.nan,
        "attributes": float(len(listing.attributes)),
        "fields_missing": float(sum(not value for value in (listing.brand, listing.category, listing.price))),
    }
    shouted = capitals if sum(map(str.isalpha, title)) >= _SHORTEST_SHOUT else math.nan
    findings: tuple[Finding, ...] = (
        *finding(ReasonCode.TITLE_EMPTY, len(words), ["title_words", "title_letters"], field="title", found=title[:40]),
        *finding(
            ReasonCode.TITLE_STUFFED, stuffed, ["title_stuffed", *_STUFFING], field="title", found=_most_said(telling)
        ),
        *finding(ReasonCode.TITLE_SHOUTED, shouted, ["title_capitals"], field="title"),
        *finding(
            ReasonCode.DESCRIPTION_MISSING,
            len(described),
            ["description_words", "description_letters"],
            field="description",
        ),
        *finding(ReasonCode.DESCRIPTION_COPIED, copied, ["description_copied", "description_new"], field="description"),
    )
    return Part(values, findings)


_STUFFING = ("title_repeated", "title_separators", "title_words", "brands_claimed")


def _stuffed(words: int, repeated: float, separators: float, brands: float) -> float:
    """One where a single symptom is extreme, or several together are strong; each by its own scale."""
    symptoms = (words / _LONG_TITLE, repeated / _REPEATED, separators / _SEPARATED, brands / _MANY_BRANDS)
    if words < 4:
        return 0.0
    return math.sqrt(sum(min(symptom, 2.0) ** 2 for symptom in symptoms) / 2)


def _capitals(text: str) -> float:
    cased = [letter for letter in text if letter.lower() != letter.upper()]
    return sum(letter.isupper() for letter in cased) / len(cased) if cased else math.nan


def _share(text: str, counts: Callable[[str], bool]) -> float:
    return sum(map(counts, text)) / len(text) if text else math.nan


def _most_said(words: list[str]) -> str:
    """The words that a title says more than once, for people to see."""
    return ", ".join(f"{word} ×{times}" for word, times in Counter(words).most_common(3) if times > 1)
