"""Signals from what a text says: euphemisms for copies, assurances, contact past the marketplace, honest reasons."""

from dataclasses import dataclass
from typing import Final

from trueshelf.listings import Head
from trueshelf.listings.phrases import How, Match
from trueshelf.listings.text import Reading
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.signals.contacts import contacts
from trueshelf.models.signals.denials import denied_terms
from trueshelf.models.signals.lexicon import Lexicon
from trueshelf.models.signals.spec import Finding, Part, SignalSpec, finding
from trueshelf.models.signals.writing import Writing

_FAKE = (Head.COUNTERFEIT,)

SPECS: Final = (
    SignalSpec("replica_terms", _FAKE, "terms", "words that are said of copies"),
    SignalSpec("replica_hints", _FAKE, "terms", "words that are said of copies and of honest goods"),
    SignalSpec("replica_disguised", _FAKE, "terms", "such words written so that filters miss them"),
    SignalSpec("replica_denied", _FAKE, "terms", "such words after a negation"),
    SignalSpec("assurances", _FAKE, "times", "assurances that the article is genuine"),
    SignalSpec("assurances_in_title", _FAKE, "times", "such assurances in the title"),
    SignalSpec("contacts", _FAKE, "invitations", "ways to contact or pay the seller past the marketplace"),
    SignalSpec("used", _FAKE, "terms", "words for goods that were owned before"),
    SignalSpec("sale", _FAKE, "terms", "words for sales and discounts"),
)

_COPIES = frozenset({"replica", "grades"})
_ASSURANCES = frozenset({"assurances", "originals"})
_OF_TRADES = frozenset({"grades", "originals"})
_TRADE_REACH = 40  # characters between a term and the goods that make a grade of it
_MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Found:
    """A match with its field; `denied` where the text says that it is not on offer."""

    field: str
    reading: Reading
    match: Match[str]
    denied: bool

    @property
    def quote(self) -> str:
        return self.reading.original[self.match.start : self.match.end]


def measure_words(writing: Writing, lexicon: Lexicon) -> Part:
    """Signals and findings from the words of title and description."""
    found: list[_Found] = []
    elsewhere: list[tuple[str, str]] = []
    for field, reading in writing.fields:
        matches = lexicon.find(reading)
        denied = denied_terms(matches, reading, lexicon)
        told = [match for match in matches if not _is_of_trade(match, matches, reading.original)]
        found += [_Found(field, reading, match, match in denied) for match in told]
        elsewhere += [(field, quote) for quote in contacts(matches, reading)]
    said = [item for item in found if not item.denied]
    strong = [item for item in said if item.match.payload in _COPIES]
    hints = [item for item in said if item.match.payload == "weak"]
    assurances = [item for item in found if item.match.payload in _ASSURANCES]
    values = {
        "replica_terms": float(len(strong)),
        "replica_hints": float(len(hints)),
        "replica_disguised": float(sum(item.match.how is not How.EXACT for item in strong)),
        "replica_denied": float(sum(item.denied and item.match.payload in _COPIES for item in found)),
        "assurances": float(len(assurances)),
        "assurances_in_title": float(sum(item.field == "title" for item in assurances)),
        "contacts": float(len(elsewhere)),
        "used": float(sum(item.match.payload == "used" for item in said)),
        "sale": float(sum(item.match.payload == "sale" for item in said)),
    }
    return Part(values, (*_replica_findings(strong, hints), *_other_findings(assurances, elsewhere)))


def _is_of_trade(match: Match[str], matches: list[Match[str]], text: str) -> bool:
    """Whether a term only grades goods ("original ink", "KW1 plywood") or runs into a name ("original Super Mario")."""
    if match.payload not in _OF_TRADES:
        return False
    goods = [other for other in matches if other.payload == "trades"]
    near = any(max(other.start - match.end, match.start - other.end) <= _TRADE_REACH for other in goods)
    return near or (match.payload == "grades" and _runs_into_name(text[match.start : match.end]))


def _runs_into_name(written: str) -> bool:
    first, last = written.split()[0], written.split()[-1]
    return first.islower() and last.istitle() and len(last) > 1


def _replica_findings(strong: list[_Found], hints: list[_Found]) -> tuple[Finding, ...]:
    signals = ["replica_terms", "replica_hints", "replica_disguised"]
    findings: tuple[Finding, ...] = ()
    for item in strong[:_MOST_SHOWN]:
        evidence = {"found": item.quote, "field": item.field, "how": item.match.how.value}
        findings += finding(ReasonCode.REPLICA_TERM, len(strong) + len(hints) / 2, signals, **evidence)
    return findings


def _other_findings(assurances: list[_Found], elsewhere: list[tuple[str, str]]) -> tuple[Finding, ...]:
    findings: tuple[Finding, ...] = ()
    if assurances:
        quotes = dict.fromkeys(item.quote for item in assurances)
        evidence = {"found": " · ".join(list(quotes)[:_MOST_SHOWN]), "field": assurances[0].field}
        signals = ["assurances", "assurances_in_title"]
        findings += finding(ReasonCode.AUTHENTICITY_INSISTED, len(assurances), signals, **evidence)
    if elsewhere:
        field, quote = elsewhere[0]
        findings += finding(ReasonCode.CONTACT_OUTSIDE, len(elsewhere), ["contacts"], found=quote, field=field)
    return findings
