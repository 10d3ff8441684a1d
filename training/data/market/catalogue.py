"""The articles of the simulated world: what each brand makes, what it costs new, and what it looks like."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from simple_icons_pack import get_icon

from training.data.market.draws import chance, draws, pick

MODELS_PER_LINE = 7
"""Articles that one brand has in one category."""

BODIES = {
    "black": "#1b1b1e",
    "white": "#f1f0ec",
    "grey": "#8b8e93",
    "blue": "#274b8f",
    "red": "#b3202c",
    "green": "#2f5d43",
    "brown": "#6d4a32",
    "pink": "#d99aa9",
    "beige": "#cbb898",
    "yellow": "#dcb13a",
    "purple": "#5d4a86",
    "orange": "#cf6a2a",
}
"""The colours that articles come in."""

FABRIC = frozenset({"tshirts", "hoodies", "caps", "backpacks", "sneakers"})
"""Categories whose mark may be embroidered."""


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand with the mark that `simple-icons-pack` has of it.

    Attributes:
        weight: how often it is offered, against other brands.
        prices: US dollars for a typical new article, by category.
    """

    slug: str
    name: str
    colour: str
    weight: float
    prices: dict[str, float]


@dataclass(frozen=True, slots=True)
class Article:
    """An article as its maker made it.

    Attributes:
        brand: slug of the brand whose mark it bears; None where it bears none.
        shape: names the outline; the same for every piece of the article.
        ink: colour of the mark.
        finish: how the mark is put on: print, embroidery or metal.
        price: US dollars, new.
    """

    brand: str | None
    category: str
    model: str
    shape: str
    colour: str
    accent: str
    ink: str
    finish: str
    price: float


@cache
def brands() -> dict[str, Brand]:
    """All brands by slug."""
    return {slug: _brand(slug, entry) for slug, entry in _tables()["brands"].items()}


@cache
def categories() -> tuple[str, ...]:
    """Every category, of articles and of accessories."""
    return tuple(_tables()["unbranded"])


def branded(seed: int, slug: str, category: str, index: int) -> Article:
    """The `index`-th article of a brand in a category."""
    rng = draws(seed, "article", slug, category, index)
    brand = brands()[slug]
    colour = pick(rng, list(BODIES), [5, 4, 3, 3, 2, 1.5, 1.5, 1, 1.5, 0.7, 0.7, 0.7])
    return Article(
        brand=slug,
        category=category,
        model=f"{pick(rng, _tables()['models'][category])} {pick(rng, _numbers())}".strip(),
        shape=f"{slug}/{category}/{index}",
        colour=colour,
        accent=pick(rng, list(BODIES)),
        ink=_ink(brand.colour, colour, own=chance(rng, 0.35)),
        finish=_finish(category, rng.random()),
        price=round(brand.prices[category] * float(rng.lognormal(0.0, 0.28)), 2),
    )


def unbranded(seed: int, maker: str, category: str, index: int) -> Article:
    """The `index`-th article without a brand that a maker sells in a category."""
    rng = draws(seed, "unbranded", maker, category, index)
    return Article(
        brand=None,
        category=category,
        model=f"{pick(rng, 'ABCDEFGHKLMNPQRSTX')}{int(rng.integers(10, 990))}",
        shape=f"{maker}/{category}/{index}",
        colour=pick(rng, list(BODIES)),
        accent=pick(rng, list(BODIES)),
        ink="#222222",
        finish="print",
        price=round(_tables()["unbranded"][category] * float(rng.lognormal(0.0, 0.35)), 2),
    )


def luminance(colour: str) -> float:
    """Relative brightness of a `#rrggbb` colour, 0 to 1."""
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return 0.3 * red + 0.59 * green + 0.11 * blue


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8"))


def _brand(slug: str, entry: dict[str, Any]) -> Brand:
    icon = get_icon(slug)
    assert icon is not None, slug
    return Brand(slug, icon.title, f"#{icon.hex}", float(entry["weight"]), dict(entry["prices"]))


def _numbers() -> list[str]:
    return ["", "2", "3", "5", "7", "84", "90", "110", "270", "350", "574", "X", "II", "Pro", "SE"]


def _ink(own_colour: str, body: str, *, own: bool) -> str:
    """The brand's own colour where it shows on the body, else black or white."""
    background = luminance(BODIES[body])
    if own and abs(luminance(own_colour) - background) > 0.3:
        return own_colour
    return "#f4f4f2" if background < 0.5 else "#161616"


def _finish(category: str, draw: float) -> str:
    if category in FABRIC:
        return "embroidery" if draw < 0.35 else "print"
    return "metal" if draw < 0.45 else "print"
