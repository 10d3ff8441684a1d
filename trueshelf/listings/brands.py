"""Brands and the ways in which a text names them: claimed, only fitted by the article, or imitated."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from functools import cached_property
from importlib import resources
from typing import Any, NamedTuple

from trueshelf.listings.phrases import How, Match, Phrase, PhraseIndex
from trueshelf.listings.text import Reading, folded, normalise, read, words


class MentionKind(StrEnum):
    """What naming a brand says about the article."""

    CLAIM = "claim"
    COMPATIBLE = "compatible"
    LOOKALIKE = "lookalike"


@dataclass(frozen=True, slots=True)
class Mention:
    """A brand named in a text.

    Attributes:
        found: the fragment of the original text, which lies from `start` to `end`.
    """

    brand: str
    kind: MentionKind
    how: How
    found: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand.

    Attributes:
        ambiguous: names that are ordinary words too and need the company of its `goods`.
        devices: those of its names that are names of machines, for which others make cases and covers.
    """

    name: str
    aliases: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    goods: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names, each once."""
        return tuple(dict.fromkeys((self.name, *self.devices, *self.aliases, *self.ambiguous)))


class _Named(NamedTuple):
    """What a name stands for."""

    brand: str
    ambiguous: bool
    device: bool


@dataclass(frozen=True, slots=True)
class Contexts:
    """Words around a brand that tell a claim from a fit: see `[compatible]` in `brands.toml`."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    accessories: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()


@dataclass(frozen=True)
class BrandTable:
    """The brands that are watched, and what is needed to recognise them.

    Attributes:
        goods: for each kind of goods, words in any language that tell of it.
        ordinary: words that are never taken for an imitation of a brand.
        none: what sellers write into a brand field to say that there is no brand.
    """

    brands: tuple[Brand, ...]
    goods: Mapping[str, tuple[str, ...]]
    contexts: Contexts
    ordinary: tuple[str, ...] = ()
    none: tuple[str, ...] = ()

    @classmethod
    def default(cls) -> "BrandTable":
        """The table that comes with the package, `brands.toml`."""
        text = resources.files("trueshelf.listings").joinpath("brands.toml").read_text(encoding="utf-8")
        content = tomllib.loads(text)
        return cls.from_dict({**content, "brands": content["brand"], "contexts": content["compatible"]})

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "BrandTable":
        """The inverse of `to_dict`.

        Raises:
            ValueError: a brand sells goods that the table has no words for.
        """
        brands = tuple(
            Brand(entry["name"], *(tuple(entry.get(key, ())) for key in ("aliases", "ambiguous", "goods", "devices")))
            for entry in content["brands"]
        )
        goods = {kind: tuple(names) for kind, names in content["goods"].items()}
        for brand in brands:
            if unknown := set(brand.goods) - set(goods):
                raise ValueError(
                    f"brand {brand.name} sells {sorted(unknown)}, which are no kinds of goods of the table"
                )
        contexts = Contexts(**{field.name: tuple(content["contexts"][field.name]) for field in fields(Contexts)})
        return cls(brands, goods, contexts, tuple(content.get("ordinary", ())), tuple(content.get("none", ())))

    def to_dict(self) -> dict[str, Any]:
        """The table as plain JSON values."""
        return {
            "brands": [asdict(brand) for brand in self.brands],
            "goods": {kind: list(names) for kind, names in self.goods.items()},
            "contexts": asdict(self.contexts),
            "ordinary": list(self.ordinary),
            "none": list(self.none),
        }

    def named(self, brand: str) -> str | None:
        """The brand whose name or alias is exactly this, as in a listing's brand field."""
        return self._by_name.get(normalise(brand))

    def says_none(self, brand: str) -> bool:
        """Whether a brand field is blank or says that there is no brand ("No Brand", "OEM", "-")."""
        return _plain(brand) in self._none

    def compete(self, one: str, other: str) -> bool:
        """Whether two of the table's brands sell the same kind of goods."""
        return not self._goods_of[one].isdisjoint(self._goods_of[other])

    def find(
        self, text: str | Reading, *, category: str | None = None, claimed: str | None = None, misspellings: bool = True
    ) -> list[Mention]:
        """The brands that a text names, in its order.

        Args:
            category: the listing's category, company for ambiguous names.
            claimed: the listing's brand field; where it names a brand, that brand's ambiguous names count as well.
            misspellings: whether names one edit away count as well; many words of a long text are one edit from a name.
        """
        reading = read(text) if isinstance(text, str) else text
        matches = self._index.find(reading, misspellings=misspellings)
        if not matches:
            return []
        own = self.named(claimed or "")
        certain = {match.payload.brand for match in matches if not match.payload.ambiguous and match.how is How.EXACT}
        certain |= {own} if own else set()
        ambiguous = any(match.payload.ambiguous for match in matches)
        kinds = self._kinds_of_goods(reading, category) if ambiguous else set()
        counted = [match for match in matches if self._counts(match, reading, kinds, certain)]
        return self._mentions(counted, reading, own)

    def _counts(self, match: Match[_Named], reading: Reading, kinds: set[str], certain: set[str]) -> bool:
        """Whether a match is meant as the brand and not as an ordinary word."""
        name = match.payload.brand
        if not match.payload.ambiguous or (match.how is How.EXACT and name in certain):
            return True
        capital = reading.original[match.start] != reading.original[match.start].lower()
        uncased = reading.original[match.start].lower() == reading.original[match.start].upper()
        goods = not kinds.isdisjoint(self._goods_of[name])
        return goods and match.how is not How.SPLIT and (capital or uncased)

    def _kinds_of_goods(self, reading: Reading, category: str | None) -> set[str]:
        kinds = {match.payload for match in self._goods_index.find(reading)}
        if category:
            kinds |= {match.payload for match in self._goods_index.find(category)}
        return kinds

    def _mentions(self, matches: Sequence[Match[_Named]], reading: Reading, own: str | None) -> list[Mention]:
        markers = [match.end for match in self._before.find(reading)] if matches else []
        accessories = self._accessories.find(reading) if any(match.payload.device for match in matches) else []
        mentions: list[Mention] = []
        fitted_until = -1
        for match in matches:
            kind = MentionKind.CLAIM if match.how is How.EXACT else MentionKind.LOOKALIKE
            if match.how in (How.EXACT, How.MISSPELT):  # a misspelling after "for" imitates nobody
                fitted = self._is_fitted(match, reading, markers, fitted_until) or (
                    match.payload.brand != own and self._is_dressed(match, reading, accessories)
                )
                kind = MentionKind.COMPATIBLE if fitted else kind
                fitted_until = match.end if fitted else -1
            found = reading.original[match.start : match.end]
            mentions.append(Mention(match.payload.brand, kind, match.how, found, match.start, match.end))
        return mentions

    def _is_fitted(self, match: Match[_Named], reading: Reading, markers: list[int], fitted_until: int) -> bool:
        """Whether the article is for the brand's articles: "for …", a further one in such a list, or "… compatible"."""
        if fitted_until >= 0 and self._is_near(reading.original[fitted_until : match.start], words_between=6):
            return True
        near = [marker for marker in markers if marker <= match.start]
        if near and self._is_near(reading.original[near[-1] : match.start], words_between=2):
            return True
        following = words(folded(reading.original[match.end : match.end + 24]))[:2]
        return any("".join(word.text for word in following[:count]) in self._after for count in (1, 2))

    def _is_dressed(self, match: Match[_Named], reading: Reading, accessories: Sequence[Match[str]]) -> bool:
        """Whether the article is a case or cover of a machine that is named beside it: "iPhone 13 case"."""
        if not match.payload.device:
            return False
        gaps = [_between(reading.original, match, other) for other in accessories]
        return any(self._is_near(gap, words_between=4) and not self._is_extra(gap) for gap in gaps)

    def _is_extra(self, between: str) -> bool:
        """Whether what stands between a machine and a case says that the case comes with it."""
        return any(mark in between for mark in "+&,，、") or any(
            word.text in self._extra for word in words(folded(between))
        )

    def _is_near(self, between: str, *, words_between: int) -> bool:
        found = [word.text for word in words(folded(between))]
        if any(mark in between for mark in ".!?;|\n。！？；"):
            return False
        return len(found) <= words_between and not any(word in self._audience for word in found)

    @cached_property
    def _index(self) -> PhraseIndex[_Named]:
        phrases = []
        for brand in self.brands:
            for name in brand.names:
                named = _Named(brand.name, name in brand.ambiguous, name in brand.devices)
                phrases.append(Phrase(name, named, misspellings=not named.ambiguous))
        return PhraseIndex(phrases, ordinary=self.ordinary)

    @cached_property
    def _goods_index(self) -> PhraseIndex[str]:
        return _plain_index({name: kind for kind, names in self.goods.items() for name in names})

    @cached_property
    def _before(self) -> PhraseIndex[str]:
        return _plain_index(dict.fromkeys(self.contexts.before, "before"))

    @cached_property
    def _accessories(self) -> PhraseIndex[str]:
        return _plain_index(dict.fromkeys(self.contexts.accessories, "accessory"))

    @cached_property
    def _extra(self) -> frozenset[str]:
        return frozenset(normalise(word) for word in self.contexts.extra)

    @cached_property
    def _after(self) -> frozenset[str]:
        return frozenset(normalise(word) for word in self.contexts.after)

    @cached_property
    def _none(self) -> frozenset[str]:
        return frozenset(map(_plain, ("", *self.none)))

    @cached_property
    def _audience(self) -> frozenset[str]:
        return frozenset(normalise(word) for word in self.contexts.audience)

    @cached_property
    def _goods_of(self) -> dict[str, frozenset[str]]:
        return {brand.name: frozenset(brand.goods) for brand in self.brands}

    @cached_property
    def _by_name(self) -> dict[str, str]:
        return {normalise(name): brand.name for brand in reversed(self.brands) for name in brand.names}


def _between(text: str, one: Match[Any], other: Match[Any]) -> str:
    return text[one.end : other.start] if other.start >= one.end else text[other.end : one.start]


def _plain(name: str) -> str:
    """The words of a name without what stands between them: "No-Brand" and "no brand" are one."""
    return " ".join(word.text for word in words(folded(name)))


def _plain_index(payloads: Mapping[str, str]) -> PhraseIndex[str]:
    return PhraseIndex(Phrase(text, payload, disguises=False) for text, payload in payloads.items())
