"""Titles, descriptions, brand fields and attributes in eight languages, out of `languages/*.toml`."""

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from training.data.market import rates
from training.data.market.catalogue import BODIES, brands
from training.data.market.draws import chance, draws, pick, sample
from training.data.market.names import disguised, mistyped, recased
from training.data.market.offers import Offer, offer
from training.data.market.world import World

MISSING = ("", "", "", ".", "-")


@dataclass(frozen=True, slots=True)
class Text:
    """What a listing says.

    Attributes:
        attributes: in the seller's order.
        copied_from: id of the shop that the description was copied from, or "maker".
        tells: what in the words gives a counterfeit away.
    """

    title: str
    description: str
    brand: str | None
    attributes: dict[str, str]
    copied_from: str = ""
    tells: tuple[str, ...] = ()


def write(world: World, offer: Offer) -> Text:
    """The words of an offer, faults included."""
    text = _plain(world, offer)
    rng = draws(world.seed, "text faults", offer.id)
    if "title_stuffed" in offer.faults:
        text = replace(text, title=_stuffed(offer, text.title, rng))
    if "title_empty" in offer.faults:
        text = replace(text, title=pick(rng, _language(offer.language)["words"]["empty"]))
    if "description_missing" in offer.faults:
        text = replace(text, description=text.title if chance(rng, 0.25) else pick(rng, MISSING))
    if "description_copied" in offer.faults:
        source, description = _borrowed(world, offer, rng)
        text = replace(text, description=description, copied_from=source)
    return text


def _plain(world: World, offer: Offer) -> Text:
    """The words of an offer as its seller would write them."""
    rng = draws(world.seed, "text", offer.id)
    voice = _Voice(world, offer, rng)
    title, tells = voice.title()
    description, more = voice.description()
    return Text(title, description, voice.brand_field(), voice.attributes(), tells=tuple(dict.fromkeys(tells + more)))


@cache
def _language(code: str) -> dict[str, Any]:
    path = Path(__file__).with_name("languages") / f"{code}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


class _Voice:
    """A seller about to describe one offer: its language, habits and what it has to say."""

    def __init__(self, world: World, offer: Offer, rng: np.random.Generator) -> None:
        self.offer, self.rng = offer, rng
        self.language = _language(offer.language)
        self.habit = draws(world.seed, "habit", offer.shop.index)
        self.joiner = pick(self.habit, (" ", " ", "\n", " • ", "\n- "))
        self.boilerplate = sample(self.habit, self._pool("delivery") + self._pool("service"), 2)
        self.slots = self._slots()
        self.spelling = self._spelling()

    def title(self) -> tuple[str, list[str]]:
        offer, rng, tells = self.offer, self.rng, list[str]()
        kind = {"unbranded": "unbranded", "accessory": "accessory"}.get(offer.goods, "branded")
        parts = [self._filled(pick(rng, self.language["titles"][kind]))]
        if kind == "accessory" and chance(rng, 0.1):
            parts = [self._filled(pick(rng, self.language["titles"]["branded"]))]
        if offer.goods in ("used", "outlet") and chance(rng, 0.65):
            parts.append(self._filled(pick(rng, self.language["titles"][offer.goods])))
        if offer.official and chance(rng, 0.35):
            parts.append(pick(rng, self.language["titles"]["reseller"]))
        if offer.article.category == "model_cars" and chance(rng, 0.7):
            parts.append(pick(rng, self.language["titles"]["scale"]))
        if offer.counterfeit and chance(rng, 0.10 + 0.30 * (1 - offer.care)):
            parts.insert(int(rng.integers(len(parts) + 1)), self._euphemism())
            tells.append("euphemism")
        count = int(rng.choice([0, 1, 2, 5], p=[0.45, 0.34, 0.17, 0.04]))
        parts += sample(rng, self.language["titles"]["tails"], count)
        if offer.counterfeit and self.spelling != self.slots["own_brand"]:
            tells.append("spelling")
        return pick(rng, (" ", " ", ", ", " | ", " - ")).join(parts), tells

    def description(self) -> tuple[str, list[str]]:
        offer, rng, tells = self.offer, self.rng, list[str]()
        lines = self._some("intro", 1) if offer.goods not in ("unbranded", "accessory") else []
        lines += self._some("detail", int(rng.integers(1, 5)))
        if offer.goods in ("used", "outlet", "unbranded", "accessory"):
            lines += self._some(offer.goods, 1 + int(rng.integers(2)))
        if offer.article.category == "model_cars":
            lines += self._some("scale", 1)
        if offer.official:
            lines += self._some("official", 1 + int(rng.integers(2))) + self._some("reseller", int(rng.integers(2)))
        lines += self._maybe("care", 0.3) + self._maybe("assurance", 0.42 if offer.counterfeit else 0.25)
        lines += self._maybe("collision", 0.05 if offer.counterfeit else 0.09)
        lines += self._maybe("used", 0.05 if offer.counterfeit else 0.0) + self._maybe(
            "outlet", 0.12 if offer.counterfeit else 0.0
        )
        if offer.counterfeit and chance(rng, 0.10 + 0.25 * (1 - offer.care)):
            sentence = pick(rng, self.language["fake"]["sentences"]).replace("{word}", self._euphemism())
            lines.append(sentence)
            tells.append("euphemism")
        if chance(rng, 0.34 if offer.counterfeit else 0.035):
            lines.append(pick(rng, self.language["fake"]["coded"]))
            tells += ["coded"] if offer.counterfeit else []
        lines = [lines[int(index)] for index in rng.permutation(len(lines))] + self.boilerplate[: int(rng.integers(3))]
        if chance(rng, 0.08):
            lines = lines[:1]
            tells = []
        return self.joiner.join(self._filled(line) for line in lines), tells

    def brand_field(self) -> str | None:
        """What stands in the listing's brand field."""
        offer, rng, name = self.offer, self.rng, self.slots["own_brand"]
        none = pick(rng, (None, None, "no brand", "other", "generic", "-"))
        if offer.goods == "unbranded":
            return pick(rng, (none, none, offer.shop.name.split()[0]))
        if offer.goods == "accessory":
            return pick(rng, (none, none, name, f"for {name}", "OEM"))
        draw = rng.random()
        if offer.counterfeit:
            return name if draw < 0.62 else self.spelling if draw < 0.78 else none
        return name if draw < 0.82 else self.spelling if draw < 0.88 else none

    def attributes(self) -> dict[str, str]:
        slots, rng = self.slots, self.rng
        used = (
            "used"
            if self.offer.goods == "used" and chance(rng, 0.85)
            else pick(rng, ("new", "new", "new", "used", "as new"))
        )
        facts = {
            "colour": slots["colour"],
            "material": slots["material"],
            "size": slots["size"],
            "condition": used,
            "for": slots["audience"],
            "code": slots["code"],
            "warranty": f"{slots['months']} m",
        }
        return {key: facts[key] for key in sample(rng, list(facts), int(rng.integers(0, 6)))}

    def _pool(self, name: str) -> list[str]:
        return list(self.language["body"][name])

    def _some(self, name: str, count: int) -> list[str]:
        return sample(self.rng, self._pool(name), count)

    def _maybe(self, name: str, probability: float) -> list[str]:
        return self._some(name, 1) if chance(self.rng, probability) else []

    def _euphemism(self) -> str:
        known = [word for word, day in self.language["fake"]["words"] if day <= self.offer.day]
        newest = [min(4.0, 1.0 + index / 8) for index in range(len(known))]
        word = pick(self.rng, known, newest)
        return (
            word if chance(self.rng, 0.85) else pick(self.rng, (word.upper(), mistyped(self.rng, word), " ".join(word)))
        )

    def _spelling(self) -> str:
        """The brand as the title and the description spell it."""
        offer, rng, name = self.offer, self.rng, self.slots["own_brand"]
        if not name:
            return name
        if offer.counterfeit and chance(rng, 0.08 + 0.26 * (1 - offer.care)):
            return disguised(rng, name)
        if chance(rng, 0.16):
            return recased(rng, name, wide=offer.language == "zh")
        if not offer.official and chance(rng, 0.10 if offer.goods == "used" else 0.02):
            return mistyped(rng, name)
        return name

    def _filled(self, template: str) -> str:
        slots = self.slots | {
            "brand": self.spelling,
            "noun": pick(self.rng, self.language["nouns"][self.offer.article.category]),
        }
        slots |= {name: self._number(name) for name in _NUMBERS}
        return template.format_map(slots)

    def _number(self, name: str) -> str:
        low, high = _NUMBERS[name]
        return str(int(self.rng.integers(low, high)))

    def _slots(self) -> dict[str, str]:
        offer, rng, words = self.offer, self.rng, self.language["words"]
        adjectives, materials = sample(rng, words["adjectives"], 2), sample(rng, words["materials"], 2)
        audiences, size = sample(rng, words["audiences"], 2), int(rng.integers(35, 45))
        return {
            "own_brand": brands()[offer.brand].name if offer.brand else "",
            "model": offer.article.model,
            "device": pick(rng, ("Pro", "Max", "Plus", "Lite", "SE", "Neo")) + f" {int(rng.integers(8, 17))}",
            "colour": self.language["colours"][offer.article.colour],
            "adjective": adjectives[0],
            "adjective2": adjectives[1],
            "material": materials[0],
            "material2": materials[1],
            "audience": audiences[0],
            "audience2": audiences[1],
            "size": str(size),
            "size2": str(size + int(rng.integers(1, 8))),
            "code": f"{pick(rng, 'ABCDEFGHKLMNPRSTUVWX')}{int(rng.integers(100, 99999))}",
            "shop": offer.shop.name,
            "amount": f"{int(rng.integers(2, 30)) * 10} {offer.shop.currency}",
            "year": str(int(rng.integers(2021, 2026))),
            "months": str(int(rng.integers(1, 5)) * 3),
        }


_NUMBERS = {
    "n": (2, 9),
    "days": (3, 31),
    "hour": (11, 19),
    "percent": (15, 70),
    "gram": (60, 1400),
    "cm": (8, 60),
    "cm2": (5, 45),
    "degree": (20, 41),
}
assert len(BODIES) == 12


def _stuffed(offer: Offer, title: str, rng: np.random.Generator) -> str:
    """A title full of search words and of other brands' names."""
    words = sample(rng, _language(offer.language)["words"]["stuffing"], 7 + int(rng.integers(9)))
    names = sample(rng, [brand.name for brand in brands().values()], int(rng.integers(0, 5)))
    parts = words + names
    return " ".join([title, *(parts[int(index)] for index in rng.permutation(len(parts)))])


def _borrowed(world: World, mine: Offer, rng: np.random.Generator) -> tuple[str, str]:
    """A description that is the maker's, or another shop's that lists at about the same time; and whose it is."""
    if mine.article.brand and chance(rng, rates.COPIED_FROM_MAKER):
        season = int(mine.day // 30)
        maker = draws(world.seed, "maker", mine.article.shape, season, mine.language)
        voice = _Voice(world, mine, maker)
        voice.spelling = voice.slots["own_brand"]
        return "maker", " ".join(voice._filled(line) for line in voice._some("official", 4) + voice._some("care", 2))
    others = [world.operators[int(index)] for index in rng.integers(len(world.operators), size=12)]
    nearest = min(others, key=lambda operator: abs(operator.middle - mine.day))
    theirs = offer(world, world.shop(nearest, nearest.shops[0]), 0)
    return theirs.shop.id, _plain(world, theirs).description
