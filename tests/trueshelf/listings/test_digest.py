from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trueshelf.listings import Certification, Listing, Money, Photo, ShopContext
from trueshelf.listings.digest import listing_digest

TEXT = st.text(st.characters(), max_size=8)
MAYBE_TEXT = st.none() | TEXT
TIMES = st.none() | st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))]))
MONEY = st.none() | st.builds(Money, st.floats(0, 1e6), st.sampled_from(["USD", "CNY"]))
COUNTS = st.none() | st.integers(0, 3)
BRANDS = st.none() | st.lists(TEXT, max_size=3).map(tuple)
SHOPS = st.builds(
    ShopContext,
    registered_at=TIMES,
    certification=st.none() | st.sampled_from(Certification),
    authorised_brands=BRANDS,
    listings=COUNTS,
    listings_30_days=COUNTS,
    found_counterfeit=COUNTS,
    found_genuine=COUNTS,
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "id": TEXT,
    "shop_id": MAYBE_TEXT,
    "shop": st.none() | SHOPS,
    "title": TEXT,
    "description": TEXT,
    "brand": MAYBE_TEXT,
    "category": MAYBE_TEXT,
    "price": MONEY,
    "list_price": MONEY,
    "photos": st.lists(st.binary(max_size=4).map(Photo.of), max_size=3).map(tuple),
    "attributes": st.dictionaries(TEXT, TEXT, max_size=3),
    "listed_at": TIMES,
    "language": MAYBE_TEXT,
}
LISTINGS = st.builds(Listing, **FIELDS)


def test_every_field_of_a_listing_is_tried() -> None:
    assert FIELDS.keys() == {field.name for field in fields(Listing)}


@given(LISTINGS)
def test_the_same_listing_has_the_same_digest(listing: Listing) -> None:
    again = replace(
        listing, attributes=dict(listing.attributes), photos=tuple(Photo.of(photo.read()) for photo in listing.photos)
    )

    assert listing_digest(listing) == listing_digest(again)


@pytest.mark.parametrize("name", FIELDS)
@settings(max_examples=25)
@given(listing=LISTINGS, data=st.data())
def test_a_change_of_any_field_changes_the_digest(name: str, listing: Listing, data: st.DataObject) -> None:
    changed = replace(listing, **{name: data.draw(FIELDS[name])})

    assert (listing_digest(changed) == listing_digest(listing)) == (changed == listing and same_zones(changed, listing))


@pytest.mark.parametrize("name", [field.name for field in fields(ShopContext)])
@settings(max_examples=25)
@given(listing=LISTINGS, shop=SHOPS, other=SHOPS)
def test_a_change_of_any_fact_about_the_shop_changes_the_digest(
    name: str, listing: Listing, shop: ShopContext, other: ShopContext
) -> None:
    changed = replace(shop, **{name: getattr(other, name)})
    one, two = replace(listing, shop=shop), replace(listing, shop=changed)

    assert (listing_digest(one) == listing_digest(two)) == (one == two and same_zones(one, two))


def test_a_text_that_moves_from_one_field_to_the_next_changes_the_digest() -> None:
    one, two = Listing(id="1", title="ab", description="c"), Listing(id="1", title="a", description="bc")

    assert listing_digest(one) != listing_digest(two)


def test_what_has_no_digest_is_named() -> None:
    with pytest.raises(TypeError, match="a listing holds set"):
        listing_digest(Listing(id="1", attributes={"sizes": {1, 2}}))  # type: ignore[dict-item]


def same_zones(one: Listing, two: Listing) -> bool:
    """Whether moments that are equal are also written in the same way, and mappings in the same order."""
    return list(_written(one)) == list(_written(two))


def _written(listing: Listing) -> Iterator[object]:
    for moment in (listing.listed_at, listing.shop and listing.shop.registered_at):
        yield isinstance(moment, datetime) and moment.isoformat()
    yield list(listing.attributes)
