import numpy as np
import numpy.typing as npt
import pytest

from training.evaluation.bootstrap import UNDEFINED, Interval, clusters, intervals, no_event_bound

Floats = npt.NDArray[np.float64]


def mean_interval(values: Floats, cluster: npt.NDArray[np.intp], *, seed: int = 0, replicates: int = 400) -> Interval:
    def measure(weight_RN: Floats) -> dict[str, Floats]:
        return {"mean": weight_RN @ values / weight_RN.sum(axis=1)}

    return intervals(measure, cluster, replicates=replicates, seed=seed)["mean"]


def test_listings_without_a_shop_are_their_own_clusters() -> None:
    assert clusters(["a", None, "b", "a", None]).tolist() == [0, 1, 2, 0, 3]


def test_an_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        cluster = np.repeat(np.arange(50), random.integers(1, 8, 50))
        values = random.normal(size=50)[cluster] + random.normal(size=len(cluster))
        found = mean_interval(values, cluster)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0 <= found.high
    assert 0.87 <= held / 200 <= 0.99


def test_listings_that_are_alike_make_wider_intervals_than_as_many_that_are_not() -> None:
    shop = np.repeat(np.arange(40), 10)
    values = np.random.default_rng(1).normal(size=40)[shop]
    together, apart = mean_interval(values, shop), mean_interval(values, np.arange(400))
    assert width(together) > 2 * width(apart)


def test_the_same_seed_gives_the_same_interval_however_the_work_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    values, cluster = np.random.default_rng(2).random(300), np.arange(300) // 3
    first = mean_interval(values, cluster)
    assert mean_interval(values, cluster) == first
    assert mean_interval(values, cluster, seed=1) != first
    monkeypatch.setattr("training.evaluation.bootstrap._WEIGHTS_AT_ONCE", 1000)
    again = mean_interval(values, cluster)
    assert (again.low, again.high) == pytest.approx((first.low, first.high))


def test_draws_that_leave_a_measure_undefined_are_ignored() -> None:
    values = np.array([1.0, 0.0, 0.0])

    def measure(weight_RN: Floats) -> dict[str, Floats]:
        with np.errstate(invalid="ignore", divide="ignore"):
            return {"share": (weight_RN @ values) / weight_RN[:, 0], "never": np.full(len(weight_RN), np.nan)}

    found = intervals(measure, np.arange(3), replicates=100)
    assert found == {"share": Interval(1.0, 1.0, 1.0), "never": UNDEFINED}


def test_nothing_to_draw_from_is_undefined() -> None:
    found = intervals(lambda weight_RN: {"x": np.zeros(len(weight_RN))}, clusters([]))
    assert found == {"x": UNDEFINED}


def test_a_biased_measures_interval_is_reflected_and_never_negative() -> None:
    noise = np.random.default_rng(3).normal(size=200)

    def measure(weight_RN: Floats) -> dict[str, Floats]:
        size = np.abs(weight_RN @ noise) / weight_RN.sum(axis=1)
        return {"plain": size, "reflected": size}

    found = intervals(measure, np.arange(200), biased={"reflected"})
    plain, reflected = found["plain"], found["reflected"]
    assert reflected.value == plain.value
    assert reflected.low == pytest.approx(max(0.0, 2 * (plain.value or 0) - (plain.high or 0)))


def test_nothing_seen_in_300_trials_leaves_room_for_one_per_cent() -> None:
    assert no_event_bound(300) == pytest.approx(1 - 0.025 ** (1 / 300))
    assert no_event_bound(0) == 1


def width(interval: Interval) -> float:
    assert interval.low is not None
    assert interval.high is not None
    return interval.high - interval.low
