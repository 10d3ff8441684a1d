"""The words of the trade in several languages, by what they say."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Any

from trueshelf.listings.phrases import Match, Phrase, PhraseIndex
from trueshelf.listings.text import Reading, normalise

_GROUPS = (
    "replica",
    "grades",
    "weak",
    "honest",
    "trades",
    "negations",
    "fillers",
    "joins",
    "assurances",
    "originals",
    "used",
    "sale",
    "channels",
    "loose_channels",
    "phones",
    "invitations",
    "outside",
)
_DISGUISED = frozenset({"replica", "grades", "outside"})
_BETWEEN = frozenset({"fillers", "joins"})  # words that are looked for between terms only


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
    def fillers(self) -> frozenset[str]:
        """Words that may stand between a negation and what it denies."""
        return frozenset(map(normalise, self.groups["fillers"]))

    @cached_property
    def joins(self) -> frozenset[str]:
        """Words before the last item of a list: "or", "nor" and the like."""
        return frozenset(map(normalise, self.groups["joins"]))

    @cached_property
    def _index(self) -> PhraseIndex[str]:
        return PhraseIndex(
            Phrase(term, group, disguises=group in _DISGUISED, joined=group != "negations")
            for group, terms in self.groups.items()
            if group not in _BETWEEN
            for term in terms
        )
