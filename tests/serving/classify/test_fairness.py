"""Turns are shared by cost, whoever asks for how much."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.classify.fairness import Turns

COSTS = st.floats(0.1, 10)
ARRIVALS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3), COSTS), max_size=60)


def queue_of(arrivals: list[tuple[str, int, float]]) -> Turns[int]:
    turns: Turns[int] = Turns()
    for place, (caller, request, cost) in enumerate(arrivals):
        turns.add((caller, request), place, cost=cost)
    return turns


@given(ARRIVALS)
def test_everything_leaves_once_and_a_request_keeps_its_order(arrivals: list[tuple[str, int, float]]) -> None:
    turns, left = queue_of(arrivals), []
    while turns:
        place = turns.peek()
        assert turns.take() == (place, arrivals[place][2])
        left.append(place)
    assert sorted(left) == list(range(len(arrivals)))
    for flow in {arrival[:2] for arrival in arrivals}:
        own = [place for place in left if arrivals[place][:2] == flow]
        assert own == sorted(own)


@given(ARRIVALS)
def test_nobody_who_waits_is_ahead_by_more_than_one_item(arrivals: list[tuple[str, int, float]]) -> None:
    turns = queue_of(arrivals)
    waiting = {caller: sum(arrival[0] == caller for arrival in arrivals) for caller in "abc"}
    spent, most = dict.fromkeys("abc", 0.0), max([0.0, *(arrival[2] for arrival in arrivals)])
    while turns:
        place, cost = turns.take()
        caller = arrivals[place][0]
        waiting[caller] -= 1
        spent[caller] += cost
        here = [spent[each] for each in "abc" if waiting[each]]
        assert max(here, default=0) - min(here, default=0) <= most + 1e-6


def test_a_small_request_passes_a_large_one_of_the_same_caller() -> None:
    turns = queue_of([("a", 0, 1.0)] * 50 + [("a", 1, 1.0)])
    first = [turns.take()[0] for _ in range(3)]
    assert 50 in first


def test_who_comes_back_has_saved_no_turns() -> None:
    turns = queue_of([("a", 0, 1.0)] * 20)
    for _ in range(10):
        turns.take()
    for index in range(20):
        turns.add(("b", 0), 100 + index, cost=1.0)
    next_ten = [turns.take()[0] for _ in range(10)]
    assert 4 <= sum(place >= 100 for place in next_ten) <= 6


def test_nobody_waits() -> None:
    with pytest.raises(LookupError):
        Turns[int]().take()
