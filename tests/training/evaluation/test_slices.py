import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.predictions import SLICES, Predictions
from training.evaluation.slices import OTHER, Support, slice_values, slices_of
from training.testing import make_predictions
from trueshelf.listings import Head, Listing, Money
from trueshelf.testing import make_listing

RATES = {"USD": 1.0, "EUR": 1.1}


def with_brands(brands: list[str]) -> Predictions:
    some = make_predictions(unlabelled=0)
    brand_N = np.array((brands * len(some))[: len(some)], dtype=object)
    return Predictions(some.listing_N, some.shop_N, some.heads, {"brand": brand_N})


def test_a_listing_is_told_apart_by_what_it_says_and_lacks() -> None:
    listing = make_listing(brand="  New  BALANCE ", category="shoes", price=Money(40, "EUR"), language="es")
    assert slice_values(listing, RATES) == {
        "brand": "new balance",
        "category": "shoes",
        "price_band": "20 to 50 USD",
        "language": "es",
        "has_photo": "yes",
        "has_text": "yes",
    }
    empty = slice_values(Listing(id="x"), RATES)
    assert set(empty.values()) == {"(missing)", "no"}
    assert tuple(empty) == SLICES


@pytest.mark.parametrize(
    ("price", "band"),
    [
        (Money(19.99, "USD"), "under 20 USD"),
        (Money(20, "USD"), "20 to 50 USD"),
        (Money(200, "USD"), "200 USD or more"),
        (Money(10, "XXX"), "(missing)"),
        (Money(float("nan"), "USD"), "(missing)"),
        (None, "(missing)"),
    ],
)
def test_price_bands(price: Money | None, band: str) -> None:
    assert slice_values(make_listing(price=price), RATES)["price_band"] == band


@given(st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f"]), min_size=1, max_size=40), st.integers(1, 120))
def test_slices_of_a_column_hold_every_labelled_listing_once(brands: list[str], listings: int) -> None:
    predictions = with_brands(brands)
    parts = list(slices_of(predictions, Head.COUNTERFEIT, Support(listings=listings)))
    assert sorted(row for part in parts for row in part.rows_S.tolist()) == list(range(len(predictions)))
    assert sum(not part.supported for part in parts) <= 1
    for part in parts:
        assert not part.supported or len(part.rows_S) >= listings


def test_rare_values_are_pooled_and_a_lone_one_keeps_its_name() -> None:
    pooled = list(slices_of(with_brands(["big"] * 97 + ["x", "y", "z"]), Head.COUNTERFEIT, Support()))
    assert [(part.value, part.supported) for part in pooled] == [("big", True), (OTHER, False)]
    alone = list(slices_of(with_brands(["big"] * 99 + ["x"]), Head.COUNTERFEIT, Support()))
    assert [part.value for part in alone] == ["big", "x"]


def test_support_needs_both_answers() -> None:
    assert Support().reached(np.repeat([0, 1], 15))
    assert not Support().reached(np.zeros(100, dtype=np.int64))
    assert not Support().reached(np.repeat([0, 1], [26, 3]))
    assert not Support().reached(np.repeat([-1, 1, 0], [50, 6, 6]))
