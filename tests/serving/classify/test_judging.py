"""Whatever a model does, each listing gets its own answer or an error of its own."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.classify.judging import FAILED, judge
from serving.classify.wire import Refused
from trueshelf.listings import Head, Listing
from trueshelf.models import ItemError, Verdict
from trueshelf.testing import FakePredictor, make_listing

Answers = list[Verdict | ItemError]
Fault = Callable[[Answers], Answers]

GOOD = FakePredictor()


def listings_of(count: int) -> list[Listing]:
    return [make_listing(id=f"L{index}", title=f"Shoes {index}", photos=()) for index in range(count)]


def raising(_answers: Answers) -> Answers:
    raise RuntimeError


def with_nan(answers: Answers) -> Answers:
    verdict = answers[-1]
    assert isinstance(verdict, Verdict)
    heads = {**verdict.heads, Head.COUNTERFEIT: replace(verdict.heads[Head.COUNTERFEIT], probability=math.nan)}
    return [*answers[:-1], replace(verdict, heads=heads)]


FAULTS: list[Fault] = [
    raising,
    lambda answers: answers[:-1],
    lambda answers: [*answers, *answers[:1]],
    lambda answers: [*answers[1:], *answers[1:2]],
    lambda answers: [replace(answers[0], listing_id="another"), *answers[1:]],
    with_nan,
]


@pytest.mark.parametrize("fault", FAULTS)
@settings(max_examples=20, deadline=None)
@given(count=st.integers(1, 20), poisoned=st.sets(st.integers(0, 19), min_size=1, max_size=3))
def test_what_a_model_stumbles_over_fails_alone(fault: Fault, count: int, poisoned: set[int]) -> None:
    listings = listings_of(count)
    bad = {f"L{index}" for index in poisoned}

    def predict(asked: Sequence[Listing]) -> Answers:
        answers = GOOD.predict(asked)
        return fault(answers) if bad & {listing.id for listing in asked} else answers

    alone = GOOD.predict(listings)
    blamed: list[str] = []
    answers = judge(listings, predict, failed=lambda listing, _: blamed.append(listing.id))
    one_is_enough = fault([*GOOD.predict(listings_of(1))]) if fault is not raising else []
    assert one_is_enough != GOOD.predict(listings_of(1))
    for listing, answer, right in zip(listings, answers, alone, strict=True):
        expected = Refused(listing.id, "listing", FAILED, status=500) if listing.id in bad else right
        assert answer == expected
    assert blamed == [listing.id for listing in listings if listing.id in bad]


@given(st.randoms(use_true_random=False), st.integers(0, 12))
def test_answers_in_another_order_are_matched_by_their_ids(order: object, count: int) -> None:
    listings = listings_of(count)

    def shuffled(asked: Sequence[Listing]) -> Answers:
        answers = GOOD.predict(asked)
        order.shuffle(answers)  # type: ignore[attr-defined]
        return answers

    assert judge(listings, shuffled) == GOOD.predict(listings)


def test_one_bad_listing_of_many_costs_few_calls() -> None:
    calls = 0

    def predict(asked: Sequence[Listing]) -> Answers:
        nonlocal calls
        calls += 1
        if any(listing.id == "L37" for listing in asked):
            raise RuntimeError
        return GOOD.predict(asked)

    answers = judge(listings_of(64), predict)
    assert sum(isinstance(answer, Refused) for answer in answers) == 1
    assert calls == 1 + 2 * 6
