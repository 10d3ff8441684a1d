from hypothesis import given
from hypothesis import strategies as st

from serving.access.buckets import BURST, Buckets


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def taken(buckets: Buckets, name: str, *, rate: int) -> int:
    """How many requests a bucket holds now."""
    count = 0
    while not buckets.take(name, rate=rate):
        count += 1
    return count


def test_a_bucket_holds_a_few_seconds_worth_and_fills_again() -> None:
    clock = Clock()
    buckets = Buckets(clock=clock)

    assert taken(buckets, "a", rate=60) == 10
    assert buckets.take("a", rate=60) == 1.0
    clock.now += 3
    assert taken(buckets, "a", rate=60) == 3
    assert taken(buckets, "b", rate=60) == 10
    clock.now += 3_600
    assert taken(buckets, "a", rate=60) == 10


def test_the_slowest_still_get_one() -> None:
    clock = Clock()
    buckets = Buckets(clock=clock)

    assert taken(buckets, "a", rate=1) == 1
    clock.now += buckets.take("a", rate=1)
    assert clock.now == 60
    assert taken(buckets, "a", rate=1) == 1


@given(st.integers(1, 3_000), st.lists(st.floats(0, 5), max_size=100))
def test_no_more_comes_through_than_the_rate_and_one_burst(rate: int, pauses: list[float]) -> None:
    clock = Clock()
    buckets = Buckets(clock=clock)
    count = 0
    for pause in pauses:
        clock.now += pause
        count += not buckets.take("a", rate=rate)
    assert count <= clock.now * rate / 60 + max(1.0, BURST * rate / 60) + 1e-6


def test_memory_is_bounded_and_those_who_ask_most_are_kept() -> None:
    buckets = Buckets(most=3, clock=Clock())
    assert taken(buckets, "busy", rate=1) == 1
    for name in "abcdefgh":
        buckets.take(name, rate=60)
        assert len(buckets) <= 3
    assert buckets.take("h", rate=60) == 0
