import numpy as np
import pytest

from training.data.market.offers import Offer, offers
from training.data.market.prices import price
from training.data.market.world import World, draw_world


@pytest.fixture(scope="module")
def world() -> World:
    return draw_world(5, 900)


@pytest.fixture(scope="module")
def drawn(world: World) -> list[Offer]:
    shops = (world.shop(operator, index) for operator in world.operators for index in operator.shops)
    return [offer for shop in shops for offer in offers(world, shop)]


def test_counterfeiters_also_sell_genuine_goods_and_some_honest_shops_sell_fakes(drawn: list[Offer]) -> None:
    theirs = [offer.counterfeit for offer in drawn if offer.shop.operator.counterfeiter]
    honest = [offer.counterfeit for offer in drawn if not offer.shop.operator.counterfeiter]
    assert 0.6 < np.mean(theirs) < 0.8
    assert 0 < np.mean(honest) < 0.02


def test_operators_of_one_supplier_show_the_same_wrong_mark(drawn: list[Offer]) -> None:
    sellers: dict[str, set[int]] = {}
    for offer in drawn:
        if offer.mould is not None:
            sellers.setdefault(offer.mould.key, set()).add(offer.shop.operator.index)
    assert max(len(operators) for operators in sellers.values()) > 2


def test_prices_of_counterfeits_come_closer_over_the_year_and_honest_ones_stay(drawn: list[Offer]) -> None:
    def shares(fake: bool, late: bool) -> float:
        chosen = (o for o in drawn if o.counterfeit == fake and (o.day > 220) == late and o.goods == "new")
        asked = ((offer, price(5, offer)) for offer in chosen)
        return float(
            np.mean([_dollars(cost.amount, cost.currency) / offer.article.price for offer, cost in asked if cost])
        )

    assert shares(fake=True, late=True) > shares(fake=True, late=False) + 0.02
    assert shares(fake=False, late=True) == pytest.approx(shares(fake=False, late=False), abs=0.03)
    assert shares(fake=True, late=True) < 0.65 * shares(fake=False, late=True)


def test_most_operators_stay_for_a_few_weeks(world: World) -> None:
    assert np.mean([operator.days <= 60 for operator in world.operators]) > 0.75
    assert all(0 <= operator.start <= operator.start + operator.days <= 365 for operator in world.operators)


def test_ids_are_unique_and_say_nothing(drawn: list[Offer]) -> None:
    assert len({offer.id for offer in drawn}) == len(drawn)


def _dollars(amount: float, currency: str) -> float:
    from training.data.market.rates import USD_PER_UNIT

    return amount * USD_PER_UNIT[currency]
