"""What a shop offers, and the truth about it; what the offer then says and shows follows from that."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from training.data.market import rates
from training.data.market.catalogue import MODELS_PER_LINE, Article, branded, brands, categories, unbranded
from training.data.market.draws import chance, draws, pick, pick_key, token
from training.data.market.marks import Mould, mould
from training.data.market.world import Operator, ShopFront, World

ACCESSORY_CATEGORIES = ("phone_cases", "phone_cases", "watch_straps", "ear_pads")
_MATES = {"phone_cases": "phones", "watch_straps": "watches", "ear_pads": "headphones"}
BATCH_DAYS = 75
"""How long a supplier keeps a mould."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One listing's truth.

    Attributes:
        goods: new, used, outlet, unbranded or accessory.
        mate: slug of the brand that an accessory is for.
        mould: whose copy it is; None for anything that is not counterfeit.
        care: how well a counterfeit is hidden, 0 to 1.
        stolen: its photos are the maker's, taken without asking.
        faults: keys of `rates.FAULTS`.
    """

    id: str
    shop: ShopFront
    index: int
    day: float
    language: str
    goods: str
    article: Article
    mate: str | None = None
    mould: Mould | None = None
    care: float = 0.0
    stolen: bool = False
    faults: tuple[str, ...] = ()

    @property
    def counterfeit(self) -> bool:
        return self.mould is not None

    @property
    def official(self) -> bool:
        return self.shop.operator.kind == "official"

    @property
    def brand(self) -> str | None:
        """Slug of the brand that the offer is about."""
        return self.article.brand or self.mate


def offers(world: World, shop: ShopFront) -> Iterator[Offer]:
    """All listings of a shop."""
    for index in range(shop.listings):
        yield offer(world, shop, index)


def offer(world: World, shop: ShopFront, index: int) -> Offer:
    """The `index`-th listing of a shop."""
    rng = draws(world.seed, "offer", shop.index, index)
    operator = shop.operator
    day = operator.start + operator.days * float(rng.random())
    plain = Offer(
        id=f"L{token(world.seed, 'listing', shop.index, index, length=12)}",
        shop=shop,
        index=index,
        day=day,
        language="en" if operator.language != "en" and chance(rng, 0.06) else operator.language,
        goods="new",
        article=branded(world.seed, *_line(world.seed, operator, rng)),
        care=float(np.clip(operator.care + rng.normal(0, 0.22), 0, 1)),
    )
    chosen = _fake(world, plain, rng) if _is_fake(operator, rng) else _genuine(world, plain, rng)
    return replace(chosen, faults=_faults(chosen, rng))


def _is_fake(operator: Operator, rng: np.random.Generator) -> bool:
    share = rates.FAKES_OF_COUNTERFEITER if operator.counterfeiter else rates.FAKES_OF_UNKNOWING
    return bool(operator.suppliers) and chance(rng, share)


def _fake(world: World, plain: Offer, rng: np.random.Generator) -> Offer:
    supplier = world.suppliers[pick(rng, plain.shop.operator.suppliers)]
    assert plain.article.brand is not None
    grade = supplier.grade + rates.later(plain.day, -0.08, 0.10)
    copy = mould(world.seed, supplier.index, plain.article.brand, int(plain.day // BATCH_DAYS), grade=grade)
    careless, careful = rates.STOLEN_PHOTOS
    stolen = chance(rng, careless + (careful - careless) * plain.care)
    return replace(plain, mould=copy, stolen=stolen)


def _genuine(world: World, plain: Offer, rng: np.random.Generator) -> Offer:
    goods = pick_key(rng, rates.GOODS[plain.shop.operator.kind])
    if goods == "unbranded":
        category = pick(rng, categories())
        maker = f"operator {plain.shop.operator.index}"
        return replace(plain, goods=goods, article=unbranded(world.seed, maker, category, int(rng.integers(12))))
    if goods == "accessory":
        category = pick(rng, ACCESSORY_CATEGORIES)
        maker = f"operator {plain.shop.operator.index}"
        made = unbranded(world.seed, maker, category, int(rng.integers(20)))
        mates = [slug for slug, brand in brands().items() if _MATES[category] in brand.prices]
        return replace(
            plain, goods=goods, article=made, mate=pick(rng, mates, [brands()[slug].weight for slug in mates])
        )
    return replace(plain, goods=goods)


def _line(seed: int, operator: Operator, rng: np.random.Generator) -> tuple[str, str, int]:
    """Brand, category and number of an article that the operator deals in; a counterfeiter's shops share a few."""
    if operator.counterfeiter:
        stocked = rates.STOCKED[0] + rates.STOCKED[1] * len(operator.shops)
        rng = draws(seed, "stock", operator.index, int(rng.integers(stocked)))
    slug = pick(rng, operator.brands)
    category = pick(rng, list(brands()[slug].prices))
    if operator.counterfeiter and category == "model_cars":
        category = pick(rng, list(brands()[slug].prices))
    return slug, category, int(rng.integers(MODELS_PER_LINE))


def _faults(chosen: Offer, rng: np.random.Generator) -> tuple[str, ...]:
    faults = ["stock_photo_reused"] if chosen.stolen else []
    if chance(rng, rates.FAULTY * (0.5 if chosen.official else 1.06)):
        faults.append(pick_key(rng, rates.FAULTS))
        if chance(rng, rates.SECOND_FAULT):
            faults.append(pick_key(rng, rates.FAULTS))
    if "title_stuffed" in faults and "title_empty" in faults:
        faults.remove("title_empty")
    if "description_missing" in faults and "description_copied" in faults:
        faults.remove("description_missing")
    return tuple(dict.fromkeys(faults))
