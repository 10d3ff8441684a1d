"""What was known of a shop by the time of a listing: counted anew for every listing, and never from what came later."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from trueshelf.listings import Answer, Certification, Head, Label, Provenance, Shop, ShopContext
from trueshelf.listings.answers import settled
from trueshelf.listings.contexts import ShopContexts
from trueshelf.listings.tables import LABELS, LISTINGS, label_to_row

START = datetime(2025, 1, 1, tzinfo=UTC)

Rows = Sequence[dict[str, Any]]


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def listing(name: str, shop: str | None, at: float | None) -> dict[str, Any]:
    return {"listing_id": name, "shop_id": shop, "listed_at": None if at is None else day(at)}


def label(name: str, at: float | None, answer: Answer = Answer.YES, by: Provenance = Provenance.REVIEWER) -> Label:
    labelled_at = None if at is None else day(at)
    return Label(listing_id=name, head=Head.COUNTERFEIT, answer=answer, provenance=by, labelled_at=labelled_at)


def contexts(listings: Rows, labels: Sequence[Label], *shops: Shop) -> dict[str, ShopContext | None]:
    found = ShopContexts.of(
        pa.Table.from_pylist(list(listings), schema=LISTINGS),
        {shop.id: shop for shop in shops},
        pa.Table.from_pylist([label_to_row(each) for each in labels], schema=LABELS),
    )
    return {row["listing_id"]: found.at(place, row["shop_id"], row["listed_at"]) for place, row in enumerate(listings)}


def history(context: ShopContext | None) -> tuple[int | None, ...]:
    assert context is not None
    return context.listings, context.listings_30_days, context.found_counterfeit, context.found_genuine


SHOPS, NAMES = ("s", "t", None), tuple("abcdefgh")
TIMES = st.one_of(st.none(), st.integers(0, 80))
LISTED = st.tuples(
    *(st.builds(lambda shop, at, name=name: listing(name, shop, at), st.sampled_from(SHOPS), TIMES) for name in NAMES)
)
LABELLED = st.lists(
    st.builds(label, st.sampled_from(NAMES), TIMES, st.sampled_from(Answer), st.sampled_from(Provenance)), max_size=12
)


@given(listings=LISTED, labels=LABELLED)
def test_the_history_is_what_counting_by_hand_gives(listings: Rows, labels: list[Label]) -> None:
    dated = any(each.labelled_at is not None for each in labels)
    for row, context in zip(listings, contexts(listings, labels).values(), strict=True):
        now = row["listed_at"]
        if row["shop_id"] is None or now is None:
            assert context is None
            continue
        mine = [each for each in listings if each["shop_id"] == row["shop_id"] and each["listed_at"] is not None]
        earlier = [each for each in mine if each["listed_at"] < now]
        recent = [each for each in earlier if each["listed_at"] >= now - timedelta(days=30)]
        names = {each["listing_id"] for each in earlier}
        told = [each for each in labels if each.listing_id in names and each.labelled_at and each.labelled_at < now]
        answers = list(settled(told).values())
        found = (answers.count(Answer.YES), answers.count(Answer.NO)) if dated else (None, None)
        assert history(context) == (len(earlier), len(recent), *found)


@given(listings=LISTED, labels=LABELLED, now=st.integers(0, 80), data=st.data())
def test_nothing_of_that_moment_or_later_has_a_say(
    listings: Rows, labels: list[Label], now: int, data: st.DataObject
) -> None:
    labels = [*labels, label("a", 90)]
    later = [each for each in labels if each.labelled_at is None or each.labelled_at >= day(now)]
    changed = [
        label(each.listing_id, data.draw(st.integers(now, 99)), data.draw(st.sampled_from(Answer))) for each in later
    ]
    rows = [
        row if row["listed_at"] is None or row["listed_at"] <= day(now) else row | {"listed_at": day(now + 1)}
        for row in listings
    ]
    before = contexts(listings, labels)
    after = contexts(rows, [each for each in labels if each not in later] + changed + [label("b", 95)])
    for row in listings:
        if row["listed_at"] is not None and row["listed_at"] <= day(now):
            assert after[row["listing_id"]] == before[row["listing_id"]]


def test_who_and_where_the_shop_is_has_no_say() -> None:
    listings = [listing("a", "s", 1), listing("b", "s", 9), listing("c", "t", 5)]
    labels = [label("a", 4), label("c", 6)]
    one, other = (
        contexts(
            [row | {"shop_id": names[row["shop_id"]]} for row in listings],
            labels,
            *(
                Shop(id=name, operator_id=f"{name}-op", name=f"{name}!", region=region, registered_at=day(-10))
                for name in names.values()
            ),
        )
        for names, region in (({"s": "s", "t": "t"}, "CN-GD"), ({"s": "z", "t": "a"}, "DE-BE"))
    )
    assert one == other
    assert history(one["b"]) == (1, 1, 1, 0)


def test_a_listing_says_nothing_of_itself_even_where_its_label_is_older() -> None:
    found = contexts([listing("a", "s", 5), listing("b", "s", 5), listing("c", "s", 6)], [label("a", 1), label("b", 2)])
    assert history(found["a"]) == history(found["b"]) == (0, 0, 0, 0)
    assert history(found["c"]) == (2, 2, 2, 0)


def test_labels_without_dates_are_not_taken_for_a_clean_record() -> None:
    found = contexts([listing("a", "s", 1), listing("b", "s", 2)], [label("a", None)])
    assert history(found["b"]) == (1, 1, None, None)


def test_what_the_register_says_is_told_unless_it_came_later() -> None:
    shop = Shop(id="s", registered_at=day(3), certification=Certification.BASIC, authorised_brands=("Nike",))
    found = contexts([listing("a", "s", 1), listing("b", "s", 4)], [], shop)
    assert (found["a"], found["b"]) == (
        ShopContext(certification=Certification.BASIC, authorised_brands=("Nike",), listings=0, listings_30_days=0),
        ShopContext(
            registered_at=day(3),
            certification=Certification.BASIC,
            authorised_brands=("Nike",),
            listings=1,
            listings_30_days=1,
        ),
    )


def test_a_shop_of_which_nothing_is_known_has_no_context() -> None:
    found = contexts([listing("a", None, 1), listing("b", "s", None)], [], Shop(id="s", region="CN-GD"))
    assert found == {"a": None, "b": None}
