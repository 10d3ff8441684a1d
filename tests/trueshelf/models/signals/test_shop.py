import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trueshelf.listings import BrandTable, Certification, ShopContext
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.signals.shop import SPECS, measure_shop
from trueshelf.models.signals.spec import Part
from trueshelf.models.signals.writing import Writing
from trueshelf.testing import make_listing

NOW = datetime(2025, 3, 14, 12, tzinfo=UTC)


def measured(shop: ShopContext | None, **listing: Any) -> Part:
    made = make_listing(photos=(), listed_at=NOW, shop=shop, **listing)
    return measure_shop(made, Writing.of(made), brands=BrandTable.default())


def codes(part: Part) -> list[ReasonCode]:
    return [found.code for found in part.findings]


@pytest.mark.parametrize("shop", [None, ShopContext()])
def test_an_unknown_shop_is_unknown_in_every_signal(shop: ShopContext | None) -> None:
    part = measured(shop)
    assert set(part.values) == {spec.name for spec in SPECS}
    assert all(math.isnan(value) for value in part.values.values())
    assert part.findings == ()


def test_the_age_is_that_at_the_time_of_the_listing() -> None:
    part = measured(ShopContext(registered_at=NOW - timedelta(days=99)))
    assert part.values["shop_age"] == pytest.approx(math.log(100))
    assert math.isnan(measured(ShopContext(registered_at=NOW), title="x").values["shop_age"]) is False
    assert math.isnan(measured(ShopContext(registered_at=NOW + timedelta(days=1))).values["shop_age"])


def test_no_age_without_the_time_of_the_listing() -> None:
    made = make_listing(photos=(), shop=ShopContext(registered_at=NOW))
    assert math.isnan(measure_shop(made, Writing.of(made), brands=BrandTable.default()).values["shop_age"])


@pytest.mark.parametrize(
    ("days", "certification", "found"),
    [
        (3, Certification.NONE, True),
        (300, Certification.NONE, False),
        (3, Certification.BASIC, False),
        (3, None, False),
    ],
)
def test_a_new_shop_is_told_only_where_it_is_known_to_be_unchecked(
    days: int, certification: Certification | None, found: bool
) -> None:
    part = measured(ShopContext(registered_at=NOW - timedelta(days=days), certification=certification))
    assert (codes(part) == [ReasonCode.SHOP_NEW_AND_UNCHECKED]) is found


@pytest.mark.parametrize(
    ("brand", "title", "authorised", "value"),
    [
        ("Nike", "Air Max", ("NIKE", "Puma"), 1),
        ("Nike", "Air Max", ("Puma",), 0),
        ("Nike", "Air Max", (), 0),
        ("N1ke", "N1ke shoes", ("Nike",), 1),
        ("Nobody Knows Ltd", "Shoes", ("nobody knows LTD",), 1),
    ],
)
def test_an_authorisation_counts_for_its_brand_whatever_its_spelling(
    brand: str, title: str, authorised: tuple[str, ...], value: float
) -> None:
    part = measured(ShopContext(authorised_brands=authorised), brand=brand, title=title)
    assert part.values["shop_authorised"] == value
    assert (codes(part) == [ReasonCode.SHOP_AUTHORISED]) is (value == 1)


def test_without_a_brand_there_is_nothing_to_be_authorised_for() -> None:
    part = measured(ShopContext(authorised_brands=("Nike",)), brand=None, title="Canvas shoes")
    assert math.isnan(part.values["shop_authorised"])


def test_a_record_is_told_with_its_size() -> None:
    part = measured(ShopContext(listings=40, listings_30_days=6, found_counterfeit=3, found_genuine=5))
    assert part.values["shop_listings"] == pytest.approx(math.log(41))
    assert part.values["shop_listings_30_days"] == pytest.approx(math.log(7))
    assert part.values["shop_fakes"] == pytest.approx(math.log(4))
    assert part.values["shop_genuine"] == pytest.approx(math.log(6))
    assert part.values["shop_fakes_share"] == pytest.approx(3.2 / 10)
    (found,) = part.findings
    assert (found.code, found.value) == (ReasonCode.SHOP_FOUND_SELLING_FAKES, 3)
    assert found.evidence["found"] == "3 of 8 listings judged before"


def test_a_clean_record_is_no_finding() -> None:
    assert measured(ShopContext(found_counterfeit=0, found_genuine=5)).findings == ()
