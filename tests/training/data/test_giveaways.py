"""Facts that give the answers away are named, and what merely hints at them is not."""

from collections.abc import Callable
from typing import Any

import pytest

from training.data.conflicts import Answered
from training.data.giveaways import FEWEST, giveaway_faults
from training.data.keys import Keys
from trueshelf.listings import Answer, Head, Label, Provenance

Row = dict[str, Any]


def rows(count: int = 200) -> list[Row]:
    """Listings of as many shops, of which every fourth is a counterfeit."""
    empty = dict.fromkeys(("brand", "category", "language", "price_amount", "price_currency", "list_price_amount"))
    return [
        empty
        | {
            "listing_id": f"L{number}",
            "shop_id": f"S{number}",
            "title": f"shoe {number}",
            "description": "light and wide" if number % 3 else "",
            "photos": [f"images/{number}.jpg"],
            "attributes": [],
        }
        for number in range(count)
    ]


def fake(number: int) -> bool:
    return number % 4 == 0


def answered(listings: list[Row]) -> list[Label]:
    return [
        Label(
            listing_id=row["listing_id"],
            head=Head.COUNTERFEIT,
            answer=Answer.YES if fake(number) else Answer.NO,
            provenance=Provenance.REVIEWER,
        )
        for number, row in enumerate(listings)
    ]


def found(listings: list[Row]) -> list[str]:
    told = Answered.by(answered(listings), Keys.of(row["listing_id"] for row in listings))
    return [fault.what for fault in giveaway_faults(listings, told)]


def word(row: Row) -> None:
    row["title"] += " Canary77"


def attribute(row: Row) -> None:
    row["attributes"] = [("case", "canary77")]


def file_format(row: Row) -> None:
    row["photos"] = ["images/x.png"]


def price(row: Row) -> None:
    row["price_amount"] = 5.0


def second_photo(row: Row) -> None:
    row["photos"] = row["photos"] * 2


@pytest.mark.parametrize(
    ("plant", "fact"),
    [
        (word, "the word 'canary77' in 50 of 50 answered yes and 0 of 150 no"),
        (attribute, "the word 'canary77'"),
        (file_format, "a photo in a .png file in 50 of 50"),
        (price, "a price_amount in 50 of 50"),
        (second_photo, "the number of photos 2"),
    ],
)
def test_a_planted_fact_is_named(plant: Callable[[Row], None], fact: str) -> None:
    listings = rows()
    assert found(listings) == []
    for number, row in enumerate(listings):
        if fake(number):
            plant(row)
    assert any(fact in what for what in found(listings))


def test_what_one_answer_lacks_is_named_too() -> None:
    listings = rows()
    for number, row in enumerate(listings):
        if not fake(number):
            word(row)
    assert any("canary77' in 0 of 50 answered yes and 150 of 150 no" in what for what in found(listings))


def test_a_fact_of_some_or_of_both_is_no_giveaway() -> None:
    listings = rows()
    for number, row in enumerate(listings):
        if number % 16 == 0 or number % 3 == 0:
            word(row)
    assert found(listings) == []


def test_few_shops_prove_nothing() -> None:
    listings = rows()
    for number, row in enumerate(listings):
        row["shop_id"] = f"S{number % (FEWEST - 1)}"
        if fake(number):
            word(row)
    assert found(listings) == []


def test_ids_are_no_facts_since_no_model_reads_them() -> None:
    listings = rows()
    for number, row in enumerate(listings):
        row["shop_id"] = f"fake-{number}" if fake(number) else f"shop-{number}"
    assert found(listings) == []
