"""Usual prices and what lies far below them."""

import math

import pytest

from trueshelf.listings import BrandTable, Listing, Money
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.signals.prices import PriceTable, measure_prices
from trueshelf.models.signals.spec import Part
from trueshelf.models.signals.writing import Writing
from trueshelf.testing import make_listing

BRANDS = BrandTable.default()
RATES = {"USD": 1.0, "EUR": 1.2}


def sold(price: float, brand: str | None = None, category: str | None = "shoes", *, times: int = 10) -> list[Listing]:
    return [make_listing(brand=brand, category=category, price=Money(price, "USD")) for _ in range(times)]


TABLE = PriceTable.fit(
    [
        *sold(100, "Nike"),
        *sold(60, "Nike", "caps", times=4),
        *sold(20),
        *sold(500, None, "watches"),
        *sold(9, None, None),
    ],
    brands=BRANDS,
    rates=RATES,
)


def part(listing: Listing) -> Part:
    return measure_prices(listing, Writing.of(listing), brands=BRANDS, prices=TABLE, rates=RATES)


@pytest.mark.parametrize(
    ("brand", "category", "dollars", "width"),
    [
        ("Nike", "Shoes ", 100, 0),
        ("Nike", "caps", 100, 1),
        ("Puma", "watches", 500, 2),
        (None, "watches", 500, 2),
        ("Puma", "hats", 60, 3),
        (None, None, 60, 3),
    ],
)
def test_the_narrowest_group_with_enough_prices_counts(
    brand: str | None, category: str | None, dollars: float, width: int
) -> None:
    usual = TABLE.usual(brand, category)
    assert usual is not None
    assert (usual.width, round(math.exp(usual.log_dollars))) == (width, dollars)


def test_a_price_far_below_is_found_in_any_currency() -> None:
    [finding] = part(make_listing(brand="Nike", price=Money(20, "EUR"))).findings
    assert finding.code is ReasonCode.PRICE_FAR_BELOW
    assert finding.value == pytest.approx(0.24)
    assert finding.evidence["usual"] == "100.00 USD"
    assert part(make_listing(brand="Nike", price=Money(80, "EUR"))).findings == ()


def test_imitated_brands_are_compared_with_the_brand_and_accessories_are_not() -> None:
    assert part(make_listing(title="N1ke", price=Money(20, "USD"))).values["price_ratio"] == pytest.approx(
        math.log(0.2)
    )
    assert part(make_listing(title="Laces for Nike", price=Money(20, "USD"))).values["price_group"] == 2


def test_an_unknown_brand_is_not_compared_with_one_that_the_title_mentions() -> None:
    listing = make_listing(title="Shoes, not unlike Nike", brand="Acme", price=Money(20, "USD"))
    assert part(listing).values["price_group"] == 2
    assert part(listing).findings == ()


def test_where_prices_vary_a_low_one_is_no_finding() -> None:
    varied = [listing for price in (5, 20, 60, 100, 100, 300, 900, 2000) for listing in sold(price, "Nike", times=2)]
    table = PriceTable.fit(varied, brands=BRANDS, rates=RATES)
    listing = make_listing(brand="Nike", price=Money(30, "USD"))
    measured = measure_prices(listing, Writing.of(listing), brands=BRANDS, prices=table, rates=RATES)
    assert measured.values["price_ratio"] < math.log(0.4)
    assert measured.findings == ()


@pytest.mark.parametrize(
    ("price", "former", "discount"), [(20, 200, 0.9), (90, 100, 0.1), (100, 90, 0.0), (100, None, math.nan)]
)
def test_discount(price: float, former: float | None, discount: float) -> None:
    listing = make_listing(price=Money(price, "USD"), list_price=former and Money(former, "USD"))
    measured = part(listing)
    assert measured.values["discount"] == pytest.approx(discount, nan_ok=True)
    assert any(finding.code is ReasonCode.DISCOUNT_TOO_DEEP for finding in measured.findings) == (discount > 0.8)


def test_without_prices_there_is_nothing_to_compare() -> None:
    unpriced = [None, Money(math.nan, "USD"), Money(5e-324, "IDR")]
    table = PriceTable.fit(
        [make_listing(price=price) for price in unpriced], brands=BRANDS, rates=RATES | {"IDR": 0.0000616}
    )
    assert table.groups == {}
    assert table.usual("Nike", "shoes") is None
    assert PriceTable.from_dict(table.to_dict()) == table
    assert PriceTable.from_dict(TABLE.to_dict()) == TABLE
