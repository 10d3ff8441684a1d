"""A seller about to describe one offer: its language, its habits, and what it has to say."""

import tomllib
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from training.data.market import rates
from training.data.market.catalogue import brands
from training.data.market.draws import chance, draws, pick, sample
from training.data.market.names import disguised, mistyped, recased
from training.data.market.offers import Offer

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
"""Slots of the phrases that take a number, and its range."""

_SIZED = frozenset({"sneakers", "tshirts", "hoodies", "caps"})
_PLAIN = {"unbranded", "accessory"}


@cache
def phrases(language: str) -> dict[str, Any]:
    """Everything that sellers say in a language."""
    path = Path(__file__).with_name("languages") / f"{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def _numbered(template: str) -> tuple[str, ...]:
    """The slots of a phrase that take a number."""
    return tuple(name for _, name, _, _ in Formatter().parse(template) if name in _NUMBERS)


class Voice:
    """How one offer is put into words; the same `key` says the same.

    Attributes:
        tells: what has been said that gives a counterfeit away: euphemism, spelling, coded.
        spelling: the brand as title and description spell it.
    """

    def __init__(self, seed: int, offer: Offer, *key: int | str) -> None:
        self.offer = offer
        self.rng = draws(seed, "text", *key)
        self.phrases = phrases(offer.language)
        self.tells: dict[str, None] = {}
        self.slots = self._slots()
        self.spelling = self._spelling()
        habit = draws(seed, "habit", offer.shop.index)
        self.joiner = pick(habit, (" ", " ", "\n", " • ", "\n- "))
        self.boilerplate = sample(habit, self._pool("delivery") + self._pool("service"), 2)

    def title(self) -> str:
        offer, rng, titles = self.offer, self.rng, self.phrases["titles"]
        kind = offer.goods if offer.goods in _PLAIN and not chance(rng, rates.OWN_NAME_ONLY[offer.goods]) else "branded"
        parts = [self.filled(pick(rng, self._fitting(titles[kind if offer.brand else "unbranded"])))]
        if offer.goods in ("used", "outlet") and chance(rng, rates.CONDITION_IN_TITLE):
            parts.append(self.filled(pick(rng, titles[offer.goods])))
        if offer.official and chance(rng, rates.AUTHORISED_IN_TITLE):
            parts.append(pick(rng, titles["reseller"]))
        if offer.article.category == "model_cars" and chance(rng, rates.SCALE_IN_TITLE):
            parts.append(pick(rng, titles["scale"]))
        if self._lets_slip(rates.EUPHEMISM_IN_TITLE):
            parts.insert(int(rng.integers(len(parts) + 1)), self._euphemism())
        parts += sample(rng, titles["tails"], pick(rng, *rates.TITLE_TAILS))
        return pick(rng, (" ", " ", ", ", " | ", " - ")).join(parts)

    def description(self) -> str:
        rng = self.rng
        lines = self._about() + self._chatter() + self._hints()
        lines = sample(rng, lines, len(lines)) + self.boilerplate[: int(rng.integers(3))]
        return self.joiner.join(self.filled(line) for line in lines)

    def one_line(self) -> str:
        """The shortest description that is one."""
        return self.filled(pick(self.rng, self._pool("detail")))

    def makers_text(self) -> str:
        """What the maker says about the article on its own site."""
        self.spelling = self.slots["own_brand"]
        return " ".join(self.filled(line) for line in self._some("official", 4) + self._some("care", 2))

    def brand_field(self) -> str | None:
        """What stands in the listing's brand field."""
        offer, rng, name = self.offer, self.rng, self.slots["own_brand"]
        none = pick(rng, (None, None, "no brand", "other", "generic", "-"))
        if offer.goods == "unbranded":
            return pick(rng, (none, none, offer.shop.name.split()[0]))
        if offer.goods == "accessory":
            return pick(rng, (none, none, name, f"for {name}", "OEM"))
        right, spelt = rates.BRAND_FIELD["counterfeit" if offer.counterfeit else "genuine"]
        draw = float(rng.random())
        return name if draw < right else self.spelling if draw < right + spelt else none

    def attributes(self) -> dict[str, str]:
        slots, rng = self.slots, self.rng
        used = self.offer.goods == "used" and chance(rng, rates.ADMITS_USE)
        facts = {
            "colour": slots["colour"],
            "material": slots["material"],
            "size": slots["size"],
            "condition": "used" if used else pick(rng, ("new", "new", "new", "used", "as new")),
            "for": slots["audience"],
            "code": slots["code"],
            "warranty": f"{slots['months']} m",
        }
        return {key: facts[key] for key in sample(rng, list(facts), int(rng.integers(0, 6)))}

    def filled(self, template: str) -> str:
        """A phrase with its slots filled."""
        nouns = self.phrases["nouns"][self.offer.article.category]
        numbers = {name: str(int(self.rng.integers(*_NUMBERS[name]))) for name in _numbered(template)}
        return template.format_map(self.slots | numbers | {"brand": self.spelling, "noun": pick(self.rng, nouns)})

    def _about(self) -> list[str]:
        """Lines about the article and its condition."""
        offer, rng = self.offer, self.rng
        lines = [] if offer.goods in _PLAIN else self._some("intro", 1)
        lines += self._some("detail", int(rng.integers(1, 5)))
        if offer.goods != "new":
            lines += self._some(offer.goods, 1 + int(rng.integers(2)))
        if offer.article.category == "model_cars":
            lines += self._some("scale", 1)
        if offer.official:
            lines += self._some("official", 1 + int(rng.integers(2))) + self._some("reseller", int(rng.integers(2)))
        return lines

    def _chatter(self) -> list[str]:
        """Lines that anybody may write, some of them more often where something is wrong."""
        chances = rates.CHATTER["counterfeit" if self.offer.counterfeit else "genuine"]
        return [line for name, likely in chances.items() if chance(self.rng, likely) for line in self._some(name, 1)]

    def _hints(self) -> list[str]:
        """Lines that tell a buyer who knows what is offered."""
        lines = []
        if self._lets_slip(rates.EUPHEMISM_IN_DESCRIPTION):
            lines.append(pick(self.rng, self.phrases["fake"]["sentences"]).replace("{word}", self._euphemism()))
        if chance(self.rng, rates.CODED["counterfeit" if self.offer.counterfeit else "genuine"]):
            lines.append(pick(self.rng, self.phrases["fake"]["coded"]))
            self.tells["coded"] = None
        return lines

    def _lets_slip(self, likely: tuple[float, float]) -> bool:
        """Whether a counterfeiter says it: a chance for the most careful and one for the most careless."""
        careful, careless = likely
        return self.offer.counterfeit and chance(self.rng, careless + (careful - careless) * self.offer.care)

    def _euphemism(self) -> str:
        """A word for a copy that is known by the day; the newest are the most used."""
        self.tells["euphemism"] = None
        known = [str(word) for word, day in self.phrases["fake"]["words"] if day <= self.offer.day]
        word = pick(self.rng, known, [1 + index / 8 for index in range(len(known))])
        if chance(self.rng, rates.EUPHEMISM_BENT):
            return pick(self.rng, (word.upper(), mistyped(self.rng, word), " ".join(word)))
        return word

    def _spelling(self) -> str:
        rng, name = self.rng, self.slots["own_brand"]
        if not name:
            return name
        if self._lets_slip(rates.DISGUISED_BRAND):
            self.tells["spelling"] = None
            return disguised(rng, name)
        if chance(rng, rates.RECASED_BRAND):
            return recased(rng, name, wide=self.offer.language == "zh")
        slip = 0.0 if self.offer.official else rates.MISTYPED_BRAND["used" if self.offer.goods == "used" else "new"]
        return mistyped(rng, name) if chance(rng, slip) else name

    def _some(self, name: str, count: int) -> list[str]:
        return sample(self.rng, self._pool(name), count)

    def _pool(self, name: str) -> list[str]:
        return self._fitting(self.phrases["body"][name])

    def _fitting(self, templates: list[str]) -> list[str]:
        """Phrases without those about sizes, where the article has none."""
        if self.offer.article.category in _SIZED:
            return list(templates)
        return [template for template in templates if "{size" not in template]

    def _slots(self) -> dict[str, str]:
        offer, rng, words = self.offer, self.rng, self.phrases["words"]
        adjectives, materials = sample(rng, words["adjectives"], 2), sample(rng, words["materials"], 2)
        audiences, size = sample(rng, words["audiences"], 2), int(rng.integers(35, 45))
        return {
            "own_brand": brands()[offer.brand].name if offer.brand else "",
            "model": offer.article.model,
            "device": f"{pick(rng, ('Pro', 'Max', 'Plus', 'Lite', 'SE', 'Neo'))} {int(rng.integers(8, 17))}",
            "colour": self.phrases["colours"][offer.article.colour],
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
