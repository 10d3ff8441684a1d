"""Who there is: suppliers behind operators behind shops, drawn once from the seed."""

import math
from dataclasses import dataclass

import numpy as np

from training.data.market import rates
from training.data.market.camera import Camera, phone_camera, studio_camera
from training.data.market.catalogue import brands
from training.data.market.draws import chance, draws, pick, pick_key, token
from training.data.market.names import shop_name

PROVINCES = {
    "zh": {
        "CN-GD": 30,
        "CN-ZJ": 20,
        "CN-FJ": 18,
        "CN-JS": 10,
        "CN-SD": 6,
        "CN-HB": 5,
        "CN-HE": 5,
        "CN-SC": 4,
        "CN-HA": 3,
        "CN-BJ": 2,
    },
    "en": {
        "CN-GD": 22,
        "CN-FJ": 12,
        "CN-ZJ": 12,
        "US-CA": 12,
        "US-NY": 9,
        "US-TX": 8,
        "GB-LND": 10,
        "GB-MAN": 4,
        "DE-BE": 4,
        "HK": 7,
    },
    "es": {"MX-CMX": 30, "MX-JAL": 20, "MX-NLE": 14, "ES-MD": 14, "ES-B": 12, "CN-GD": 10},
    "pt": {"BR-SP": 45, "BR-RJ": 16, "BR-MG": 12, "BR-PR": 12, "BR-SC": 8, "CN-GD": 7},
    "id": {"ID-JK": 36, "ID-JB": 24, "ID-JI": 16, "ID-BT": 12, "CN-GD": 12},
    "th": {"TH-10": 52, "TH-50": 12, "TH-20": 12, "TH-12": 12, "CN-GD": 12},
    "vi": {"VN-SG": 42, "VN-HN": 32, "VN-DN": 10, "VN-BN": 6, "CN-GX": 10},
    "ru": {"RU-MOW": 40, "RU-SPE": 18, "RU-SVE": 8, "RU-KDA": 8, "RU-TA": 6, "CN-HL": 20},
}
"""Where shops of each language are registered (ISO 3166-2); fakes and genuine goods come from the same places."""


@dataclass(frozen=True, slots=True)
class Supplier:
    """A workshop of copies; `grade` 0 is the crudest and 1 the finest."""

    index: int
    grade: float


@dataclass(frozen=True, slots=True)
class Operator:
    """Whoever runs one or several shops.

    Attributes:
        kind: counterfeit, or a key of `rates.HONEST_KINDS`.
        shops: indices of its shops.
        suppliers: of a counterfeiter, or of an honest operator that sells fakes unknowingly.
        care: how well a counterfeiter hides, 0 to 1.
        start, days: when in the year it lists.
        brands: slugs of what it deals in.
    """

    index: int
    id: str
    kind: str
    shops: tuple[int, ...]
    suppliers: tuple[int, ...]
    care: float
    start: float
    days: float
    language: str
    brands: tuple[str, ...]
    camera: Camera

    @property
    def counterfeiter(self) -> bool:
        return self.kind == "counterfeit"

    @property
    def middle(self) -> float:
        return self.start + self.days / 2


@dataclass(frozen=True, slots=True)
class ShopFront:
    """One shop of an operator."""

    index: int
    id: str
    name: str
    operator: Operator
    currency: str
    region: str
    age: float
    certification: str
    authorised: tuple[str, ...]
    listings: int
    camera: Camera


@dataclass(frozen=True, slots=True)
class World:
    """Everybody on the marketplace.

    Attributes:
        listings_per_shop: on average.
    """

    seed: int
    suppliers: tuple[Supplier, ...]
    operators: tuple[Operator, ...]
    listings_per_shop: float = rates.LISTINGS_PER_SHOP

    @property
    def shops(self) -> int:
        return sum(len(operator.shops) for operator in self.operators)

    def shop(self, operator: Operator, index: int) -> ShopFront:
        """A shop, drawn from its own random numbers."""
        rng = draws(self.seed, "shop", index)
        honest = "official" if operator.kind == "official" else "honest"
        weights = rates.CERTIFICATION["counterfeit" if operator.counterfeiter else honest]
        forged = operator.counterfeiter and chance(rng, 0.04)
        return ShopFront(
            index=index,
            id=f"S{token(self.seed, 'shop', index)}",
            name=shop_name(rng),
            operator=operator,
            currency=pick(rng, rates.CURRENCIES[operator.language]),
            region=pick_key(rng, PROVINCES[operator.language]),
            age=float(rng.lognormal(5.2 if operator.counterfeiter else 5.7, 0.9)),
            certification=pick(rng, ("none", "basic", "depth"), weights),
            authorised=operator.brands if operator.kind == "official" or forged else (),
            listings=_listings(rng, operator, self.listings_per_shop),
            camera=operator.camera if chance(rng, 0.7) else _camera(rng, operator.kind),
        )


def draw_world(seed: int, shops: int, *, listings_per_shop: float = rates.LISTINGS_PER_SHOP) -> World:
    """A marketplace of `shops` shops.

    The fewer shops counterfeiters run so far against their share, the more likely is the next operator one of them; so
    small marketplaces have their share as well.

    Raises:
        ValueError: there is no shop, or less than one listing a shop.
    """
    if shops < 1:
        raise ValueError(f"a marketplace has at least one shop, not {shops}")
    if not 1 <= listings_per_shop <= rates.MOST_LISTINGS / 2:
        raise ValueError(f"listings a shop must be from 1 to {rates.MOST_LISTINGS // 2}, not {listings_per_shop}")
    share = _counterfeit_share()
    counterfeiters = shops * share / rates.SHOPS_PER_COUNTERFEITER
    suppliers = tuple(
        _supplier(seed, n) for n in range(max(3, math.ceil(counterfeiters / rates.OPERATORS_PER_SUPPLIER)))
    )
    operators: list[Operator] = []
    taken, lacking = 0, 0.0
    while taken < shops:
        likely = rates.COUNTERFEITERS * max(0.0, 1 + lacking / 2)
        operator = _operator(seed, len(operators), range(taken, shops), suppliers=len(suppliers), likely=likely)
        operators.append(operator)
        count = len(operator.shops)
        taken += count
        lacking += share * count - count * operator.counterfeiter
    return World(seed, suppliers, tuple(operators), listings_per_shop)


def _counterfeit_share() -> float:
    """Share of shops that counterfeiters run."""
    theirs = rates.COUNTERFEITERS * rates.SHOPS_PER_COUNTERFEITER
    return theirs / (theirs + (1 - rates.COUNTERFEITERS) * rates.SHOPS_PER_HONEST)


def _supplier(seed: int, index: int) -> Supplier:
    return Supplier(index, float(draws(seed, "supplier", index).beta(*rates.GRADES)))


def _operator(seed: int, index: int, free: range, *, suppliers: int, likely: float) -> Operator:
    """The next operator, who takes the first of the shops that are free."""
    rng = draws(seed, "operator", index)
    counterfeiter = chance(rng, likely)
    kind = "counterfeit" if counterfeiter else pick_key(rng, rates.HONEST_KINDS)
    more = rng.poisson(rates.SHOPS_PER_HONEST - 1)
    count = int(rng.geometric(1 / rates.SHOPS_PER_COUNTERFEITER) if counterfeiter else 1 + more)
    unknowing = kind in ("general", "outlet", "used") and chance(rng, rates.UNKNOWING_SHOPS)
    start, days = _stay(rng)
    return Operator(
        index=index,
        id=f"O{token(seed, 'operator', index)}",
        kind=kind,
        shops=tuple(free[:count]),
        suppliers=_chosen_suppliers(rng, suppliers) if counterfeiter or unknowing else (),
        care=float(rng.beta(1.6, 1.6)),
        start=start,
        days=days,
        language=pick_key(rng, rates.LANGUAGES),
        brands=_chosen_brands(rng, 1 + int(rng.poisson(0.4)) if kind == "official" else 3 + int(rng.integers(9))),
        camera=_camera(rng, kind),
    )


def _stay(rng: np.random.Generator) -> tuple[float, float]:
    days = float(rng.uniform(7, 56) if chance(rng, rates.SHORT_STAY) else rng.uniform(90, 300))
    return float(rng.uniform(0, rates.DAYS - days)), days


def _chosen_suppliers(rng: np.random.Generator, count: int) -> tuple[int, ...]:
    """One to three suppliers; the first ones have most of the custom."""
    weights = [1 / (1 + index) ** 0.6 for index in range(count)]
    chosen = {pick(rng, range(count), weights) for _ in range(1 + int(rng.integers(3)))}
    return tuple(sorted(chosen))


def _chosen_brands(rng: np.random.Generator, count: int) -> tuple[str, ...]:
    weights = {slug: brand.weight for slug, brand in brands().items()}
    return tuple(dict.fromkeys(pick_key(rng, weights) for _ in range(count)))


def _camera(rng: np.random.Generator, kind: str) -> Camera:
    return studio_camera(rng) if chance(rng, rates.STUDIO[kind]) else phone_camera(rng)


def _listings(rng: np.random.Generator, operator: Operator, per_shop: float) -> int:
    mean = per_shop * (1.5 if operator.kind == "official" else 0.97)
    typical = math.log(mean) - rates.LISTINGS_SPREAD**2 / 2
    return int(np.clip(round(float(rng.lognormal(typical, rates.LISTINGS_SPREAD))), 1, rates.MOST_LISTINGS))
