"""Which terms a text denies: "not a replica", "we don't sell replicas, clones or 1:1".

A negation denies the very next word only, articles and verbs of selling aside: "No box, replica" and "never worn
replica" deny the box and the wear. A list goes on being denied up to its last item, which an "or" announces.
"""

import unicodedata
from collections.abc import Collection
from enum import Enum, auto

from trueshelf.listings.phrases import Match
from trueshelf.listings.text import Reading, folded, words
from trueshelf.models.signals.lexicon import Lexicon

_MOST_FILLERS = 2
_QUOTES = frozenset("\"'“”‘’«»„`´")
_COMMAS = frozenset(",，、")
_TERMS = frozenset({"replica", "grades", "weak"})


class _Gap(Enum):
    """What stands between two matches."""

    NOTHING = auto()  # or fillers
    COMMA = auto()
    LIST_COMMA = auto()  # the Chinese comma that stands in lists only
    JOIN = auto()
    WORDS = auto()


def denied_terms(matches: list[Match[str]], reading: Reading, lexicon: Lexicon) -> frozenset[Match[str]]:
    """Those of a text's matches, given in its order, that the text says are not on offer."""
    denied: set[Match[str]] = set()
    pending: list[Match[str]] = []  # items of a denied list whose "or" has not come yet
    for before, match in zip([None, *matches], matches, strict=False):
        if before is None or match.payload not in _TERMS:
            pending = []
            continue
        gap = _gap(reading.original[before.end : match.start], lexicon)
        if _is_negation(before, reading) and gap is _Gap.NOTHING:
            denied.add(match)
        elif before in denied or before in pending:
            pending = [*pending, match] if gap is not _Gap.WORDS else []
            if gap in (_Gap.JOIN, _Gap.LIST_COMMA):
                denied.update(pending)
        else:
            pending = []
    return frozenset(denied)


def _is_negation(match: Match[str], reading: Reading) -> bool:
    """Whether a match is a negation; "Nº" only becomes one when it is normalised."""
    return match.payload == "negations" and unicodedata.is_normalized("NFKC", reading.original[match.start : match.end])


def _gap(between: str, lexicon: Lexicon) -> _Gap:
    found = [word.text for word in words(folded(between))]
    marks = {letter for letter in between if _separates(letter)}
    if not marks <= _COMMAS or not set(found) <= lexicon.fillers | lexicon.joins or len(found) > _MOST_FILLERS:
        return _Gap.WORDS
    if _any_of(found, lexicon.joins):
        return _Gap.JOIN
    if not marks:
        return _Gap.NOTHING
    return _Gap.LIST_COMMA if marks == {"、"} else _Gap.COMMA


def _any_of(found: list[str], wanted: Collection[str]) -> bool:
    return any(word in wanted for word in found)


def _separates(letter: str) -> bool:
    """Whether a character parts what stands before it from what follows: signs and line breaks, quotes aside."""
    return unicodedata.category(letter)[0] in "PSC" and letter not in _QUOTES
