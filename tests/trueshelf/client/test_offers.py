import json
from collections.abc import Iterator
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from trueshelf.client.offers import MOST_LISTINGS, PhotoUrl, Sent, body_of, document_of, requests_of
from trueshelf.client.results import Failed
from trueshelf.listings import Listing, Money, ShopContext


@settings(max_examples=30)
@given(
    sizes=st.lists(st.integers(0, 400), max_size=200),
    names=st.lists(st.integers(0, 150), min_size=200, max_size=200),
    most=st.integers(200, 2_000),
)
def test_listings_keep_their_order_within_the_limits(sizes: list[int], names: list[int], most: int) -> None:
    offers = [Listing(id=f"L{name}", title="x" * size) for name, size in zip(names, sizes, strict=False)]

    parts = list(requests_of(offers, max_body_bytes=most))

    assert [item.listing_id for part in parts for item in part] == [offer.id for offer in offers]
    for part in parts:
        sent = [item for item in part if isinstance(item, Sent)]
        assert len({item.listing_id for item in part}) == len(part) <= MOST_LISTINGS
        assert len(body_of(sent)) <= most
        assert [each["listing_id"] for each in json.loads(body_of(sent))["listings"]] == [
            each.listing_id for each in sent
        ]
    assert all(
        isinstance(item, Sent) or len(json.dumps(document_of(offer, ()))) > most - 60
        for offer, item in zip(offers, (item for part in parts for item in part), strict=True)
    )


def test_listings_are_taken_no_sooner_than_they_are_needed() -> None:
    taken: list[int] = []

    def endless() -> Iterator[Listing]:
        for index in range(10**9):
            taken.append(index)
            yield Listing(id=str(index))

    assert len(next(requests_of(endless(), max_body_bytes=10**6))) == MOST_LISTINGS
    assert len(taken) == MOST_LISTINGS + 1


def test_what_is_not_known_is_left_out() -> None:
    at = datetime(2025, 3, 14, tzinfo=UTC)
    listing = Listing(
        id="a", price=Money(1.5, "EUR"), listed_at=at, shop=ShopContext(authorised_brands=("Nike",), registered_at=at)
    )

    assert document_of(listing, [b"\xff", PhotoUrl("https://cdn.example.com/a.jpg")]) == {
        "listing_id": "a",
        "title": "",
        "description": "",
        "price": {"amount": 1.5, "currency": "EUR"},
        "photos": ["/w==", {"url": "https://cdn.example.com/a.jpg"}],
        "attributes": {},
        "listed_at": "2025-03-14T00:00:00+00:00",
        "shop": {"registered_at": "2025-03-14T00:00:00+00:00", "authorised_brands": ["Nike"]},
    }


def test_half_a_character_is_left_to_the_service_to_refuse() -> None:
    [[item]] = requests_of([Listing(id="a", title="\ud800")], max_body_bytes=10**6)

    assert isinstance(item, Sent)
    assert not isinstance(item, Failed)
    assert b"\\ud800" in item.content
