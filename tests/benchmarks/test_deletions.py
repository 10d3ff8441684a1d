"""What is deleted is what a reason names, and its controls are anything but that."""

import numpy as np
import pytest

from benchmarks.deletions import deletable, deleted, others
from trueshelf.listings import Head, Listing, Money
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.verdict import Reason
from trueshelf.testing import make_listing, make_photo

RNG = np.random.default_rng(0)


def reason(field: str, **evidence: str) -> Reason:
    return Reason(ReasonCode.REPLICA_TERM, Head.COUNTERFEIT, 1, 1, 0.5, {"field": field, **evidence})


def listing() -> Listing:
    return make_listing(
        title="Red shoes mirror quality with laces",
        price=Money(10, "USD"),
        photos=tuple(make_photo(seed=seed) for seed in range(3)),
    )


def test_words_go_and_the_rest_stays() -> None:
    named = reason("title", found="mirror quality")
    assert deleted(listing(), named).title == "Red shoes with laces"
    controls = others(listing(), named, RNG, count=9)
    assert {each.title for each in controls} == {
        "mirror quality with laces",
        "Red shoes mirror quality",
    }


def test_a_photo_goes_and_another_one_is_its_control() -> None:
    named = reason("photos[1]")
    photos = listing().photos
    assert deleted(listing(), named).photos == (photos[0], photos[2])
    assert {each.photos for each in others(listing(), named, RNG, count=9)} == {photos[1:], photos[:2]}


def test_a_price_goes_and_other_fields_are_its_controls() -> None:
    named = reason("price")
    assert deleted(listing(), named).price is None
    controls = others(listing(), named, RNG, count=9)
    assert controls
    assert all(each.price == Money(10, "USD") for each in controls)


@pytest.mark.parametrize("named", [reason("title", found="absent"), reason("photos"), reason("photos[7]")])
def test_what_is_not_there_cannot_be_deleted(named: Reason) -> None:
    assert not deletable(listing(), named)
