"""Signals from what a text says: euphemisms for copies, assurances, contact past the marketplace, honest reasons."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Any, Final

from trueshelf.listings import Head
from trueshelf.listings.phrases import How, Match, Phrase, PhraseIndex
from trueshelf.listings.text import Reading, folded, words
from trueshelf.models.reasons import ReasonCode
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

_GROUPS = (
    "replica",
    "weak",
    "honest",
    "negations",
    "assurances",
    "used",
    "sale",
    "channels",
    "phones",
    "invitations",
    "outside",
)
_DISGUISED_GROUPS = frozenset({"replica", "outside"})
_NEGATION_REACH = 3  # words between a negation and what it denies
_INVITATION_REACH = 30  # characters between an invitation and a channel
_SENTENCE_ENDS = frozenset(".!?;\n。！？；")
_NUMBER_OR_HANDLE = re.compile(r"^\W{0,12}(?:\w{1,3}\W{1,3})?(?:\+?\d[\d\s().-]{5,}\d|@\w{3,})")
_PHONE = re.compile(r"(?<![\w.,])\+\d{1,3}[\s().-]*\d(?:[\s().-]?\d){6,12}(?![\w])")
_MOST_SHOWN = 3


@dataclass(frozen=True)
class Lexicon:
    """Words of the trade by group, in several languages: see `lexicon.toml`."""

    groups: Mapping[str, tuple[str, ...]]

    @classmethod
    def default(cls) -> "Lexicon":
        """The lexicon that comes with the package."""
        text = resources.files("trueshelf.models.signals").joinpath("lexicon.toml").read_text(encoding="utf-8")
        return cls.from_dict({group: content["terms"] for group, content in tomllib.loads(text).items()})

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "Lexicon":
        """The inverse of `to_dict`.

        Raises:
            ValueError: a group is missing.
        """
        if missing := set(_GROUPS) - set(content):
            raise ValueError(f"the lexicon has no groups {sorted(missing)}")
        return cls({group: tuple(content[group]) for group in _GROUPS})

    def to_dict(self) -> dict[str, Any]:
        return {group: list(terms) for group, terms in self.groups.items()}

    def find(self, reading: Reading) -> list[Match[str]]:
        """All terms of a text, each with its group as payload; of overlapping terms the longest."""
        return self._index.find(reading)

    @cached_property
    def _index(self) -> PhraseIndex[str]:
        return PhraseIndex(
            Phrase(term, group, disguises=group in _DISGUISED_GROUPS)
            for group, terms in self.groups.items()
            for term in terms
        )


@dataclass(frozen=True, slots=True)
class _Found:
    """A match with its field; `denied` where a negation stands before it."""

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
    contacts: list[tuple[str, str]] = []
    for field, reading in writing.fields:
        matches = lexicon.find(reading)
        found += [_Found(field, reading, match, _is_denied(match, matches, reading)) for match in matches]
        contacts += [(field, quote) for quote in _contacts(matches, reading)]
    said = [item for item in found if not item.denied]
    strong = [item for item in said if item.match.payload == "replica"]
    hints = [item for item in said if item.match.payload == "weak"]
    assurances = [item for item in found if item.match.payload == "assurances"]
    values = {
        "replica_terms": float(len(strong)),
        "replica_hints": float(len(hints)),
        "replica_disguised": float(sum(item.match.how is not How.EXACT for item in strong)),
        "replica_denied": float(sum(item.denied and item.match.payload == "replica" for item in found)),
        "assurances": float(len(assurances)),
        "assurances_in_title": float(sum(item.field == "title" for item in assurances)),
        "contacts": float(len(contacts)),
        "used": float(sum(item.match.payload == "used" for item in said)),
        "sale": float(sum(item.match.payload == "sale" for item in said)),
    }
    return Part(values, (*_replica_findings(strong, hints), *_other_findings(assurances, contacts)))


def _is_denied(match: Match[str], matches: list[Match[str]], reading: Reading) -> bool:
    """Whether a negation stands shortly before a term, in the same sentence."""
    for other in matches:
        if other.payload == "negations" and other.end <= match.start:
            between = reading.original[other.end : match.start]
            near = len(words(folded(between))) < _NEGATION_REACH
            if near and _SENTENCE_ENDS.isdisjoint(between):
                return True
    return False


def _contacts(matches: list[Match[str]], reading: Reading) -> list[str]:
    """Fragments that lead past the marketplace: lures, channels with an invitation or a number, phone numbers."""
    text = reading.original
    invitations = [match for match in matches if match.payload == "invitations"]
    quotes = [text[match.start : match.end] for match in matches if match.payload == "outside"]
    covered = -1
    for match in matches:
        if match.payload not in ("channels", "phones") or match.start < covered:
            continue
        number = _NUMBER_OR_HANDLE.match(text[match.end : match.end + _INVITATION_REACH])
        invited = next((one for one in invitations if 0 <= match.start - one.end <= _INVITATION_REACH), None)
        certain = match.payload == "channels" and _is_messenger(text[match.start : match.end])
        if number or (invited and certain):
            start = invited.start if invited else match.start
            covered = match.end + (number.end() if number else 0)
            quotes.append(text[start:covered])
    said = " ".join(quotes)
    return quotes + [phone.group() for phone in _PHONE.finditer(text) if phone.group() not in said]


def _is_messenger(channel: str) -> bool:
    """Whether a channel is one even without a number; "line", "tele" and the like may be part of an article."""
    return len(channel) > 5 or not channel.isascii()


def _replica_findings(strong: list[_Found], hints: list[_Found]) -> tuple[Finding, ...]:
    signals = ["replica_terms", "replica_hints", "replica_disguised"]
    findings: tuple[Finding, ...] = ()
    for item in strong[:_MOST_SHOWN]:
        evidence = {"found": item.quote, "field": item.field, "how": item.match.how.value}
        findings += finding(ReasonCode.REPLICA_TERM, len(strong) + len(hints) / 2, signals, **evidence)
    return findings


def _other_findings(assurances: list[_Found], contacts: list[tuple[str, str]]) -> tuple[Finding, ...]:
    findings: tuple[Finding, ...] = ()
    if assurances:
        quotes = dict.fromkeys(item.quote for item in assurances)
        evidence = {"found": " · ".join(list(quotes)[:_MOST_SHOWN]), "field": assurances[0].field}
        signals = ["assurances", "assurances_in_title"]
        findings += finding(ReasonCode.AUTHENTICITY_INSISTED, len(assurances), signals, **evidence)
    if contacts:
        field, quote = contacts[0]
        findings += finding(ReasonCode.CONTACT_OUTSIDE, len(contacts), ["contacts"], found=quote, field=field)
    return findings
