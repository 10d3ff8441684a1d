import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, norm

from trueshelf.models.thresholds import allowed_exceedances, fit_thresholds, needed, reached
from trueshelf.models.verdict import Action

Floats = npt.NDArray[np.float64]
ALPHA, DELTA, CUTOFF = 0.01, 0.05, norm.isf(0.01)


def uniform(count: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).random(count)


def test_one_per_cent_at_95_needs_299_listings() -> None:
    assert needed(alpha=0.01, confidence=0.95) == 299
    assert needed(alpha=0.001, confidence=0.95) == 2995
    assert fit_thresholds(uniform(299), uniform(299)).act is not None


def test_too_few_listings_mean_no_automatic_action_and_a_reason_with_both_figures() -> None:
    thresholds = fit_thresholds(uniform(298), uniform(298))
    assert thresholds.act is None
    assert thresholds.guarantee.why_not == (
        'no automatic action: 298 calibration listings were answered "no", and 299 are needed to promise with '
        "confidence 0.95 that at most 0.01 of such listings are acted upon"
    )
    assert not thresholds.guarantee.holds
    assert thresholds.action(1.0) is Action.REVIEW


@given(st.integers(1, 30_000), st.floats(0.001, 0.3), st.floats(0.5, 0.999))
def test_the_order_statistic_is_the_exact_binomials(n: int, alpha: float, confidence: float) -> None:
    allowed = allowed_exceedances(n, alpha=alpha, confidence=confidence)
    assert allowed < 0 or binom.cdf(allowed, n, alpha) <= (1 - confidence) * (1 + 1e-9)
    assert binom.cdf(allowed + 1, n, alpha) > (1 - confidence) * (1 - 1e-9)


@given(st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]), min_size=299, max_size=600))
def test_ties_never_let_more_through_than_allowed(negatives: list[float]) -> None:
    act = fit_thresholds(negatives, negatives).act
    assert act is not None
    above = sum(value > act for value in negatives)
    assert above <= allowed_exceedances(len(negatives), alpha=ALPHA, confidence=1 - DELTA)


def test_a_stricter_promise_never_acts_more() -> None:
    negatives = uniform(5000)
    acts = [fit_thresholds(negatives, negatives, alpha=alpha).act for alpha in (0.1, 0.03, 0.01, 0.003, 0.001)]
    assert acts == sorted(acts, key=lambda act: act or 0)


@given(st.floats(0.01, 0.6), st.integers(0, 50))
def test_review_takes_no_more_than_its_capacity_on_top_of_what_is_acted_upon(capacity: float, seed: int) -> None:
    everything = np.round(uniform(400, seed), 2)
    thresholds = fit_thresholds(everything, everything, review_capacity=capacity)
    actions = [thresholds.action(probability) for probability in everything]
    assert actions.count(Action.REVIEW) <= capacity * len(everything)
    assert thresholds.act is None or thresholds.review <= thresholds.act


def test_review_fills_its_capacity_where_probabilities_differ() -> None:
    everything = uniform(1000)
    thresholds = fit_thresholds(uniform(100), everything, review_capacity=0.05)
    assert sum(thresholds.action(probability) is Action.REVIEW for probability in everything) == 50


def test_listings_stand_for_as_many_incoming_ones_as_their_weights_say() -> None:
    few, many = uniform(200, seed=1), uniform(800, seed=2)
    everything, weights = np.concatenate([few, many]), np.repeat([3.0, 0.5], [200, 800])
    found = fit_thresholds(uniform(100), everything, review_capacity=0.1, weights=weights)
    copied = fit_thresholds(uniform(100), np.concatenate([np.repeat(few, 6), many]), review_capacity=0.1)
    assert found == copied
    assert found == fit_thresholds(uniform(100), everything, review_capacity=0.1, weights=7 * weights)


def test_weights_must_be_one_for_each_listing() -> None:
    with pytest.raises(ValueError, match="2 weights do not match 3"):
        fit_thresholds(uniform(10), uniform(3), weights=[1.0, 1.0])


def test_no_negatives_still_give_a_review_threshold() -> None:
    thresholds = fit_thresholds([], [0.1, 0.9], review_capacity=0.5)
    assert (thresholds.act, thresholds.review) == (None, 0.1)


def shops(count: int, *, each: int) -> list[str]:
    return [f"shop {row // each}" for row in range(count * each)]


def test_shops_count_once() -> None:
    negatives = uniform(1200)
    found = fit_thresholds(negatives, negatives, groups=shops(400, each=3))
    assert (found.guarantee.per_shop, found.guarantee.n) == (True, 400)
    assert found.act is not None
    assert fit_thresholds(uniform(598), uniform(598), groups=shops(299, each=2)).act is not None


def test_too_few_shops_mean_no_automatic_action_however_many_their_listings() -> None:
    thresholds = fit_thresholds(uniform(1200), uniform(1200), groups=shops(200, each=6))
    assert thresholds.act is None
    assert (thresholds.guarantee.per_shop, thresholds.guarantee.n) == (True, 200)
    assert thresholds.guarantee.why_not == (
        'no automatic action: the 1200 calibration listings that were answered "no" are of 200 known sellers, each of '
        "whom counts once, and 299 sellers are needed to promise with confidence 0.95 that at most 0.01 of such "
        "listings are acted upon; 99 are missing, and 200 can promise 0.015 at best"
    )


def test_listings_count_one_by_one_only_where_no_shop_is_known() -> None:
    negatives = uniform(1200)
    unknown = fit_thresholds(negatives, negatives, groups=[None] * 1200)
    assert (unknown.guarantee.per_shop, unknown.guarantee.n) == (False, 1200)
    assert unknown == fit_thresholds(negatives, negatives)


def test_listings_without_a_shop_are_not_counted_beside_shops() -> None:
    negatives = uniform(1200)
    partly: list[str | None] = [*shops(298, each=1), *[None] * 902]
    assert fit_thresholds(negatives, negatives, groups=partly).guarantee.n == 298
    assert fit_thresholds(negatives, negatives, groups=partly).act is None
    assert fit_thresholds(negatives, negatives, groups=[*partly[:-1], "one more"]).act is not None


@given(st.integers(1, 5000), st.floats(0.5, 0.999))
def test_what_can_be_promised_at_best_is_just_enough_for_none_above(n: int, confidence: float) -> None:
    alpha = reached(n, confidence=confidence)
    assert allowed_exceedances(n, alpha=alpha * 1.001, confidence=confidence) >= 0
    assert allowed_exceedances(n, alpha=alpha * 0.999, confidence=confidence) < 0


def broken_promises(*, correlation: float, shops: int, mean_size: float, per_shop: bool, redraws: int) -> float:
    """The share of calibration sets whose threshold has a true false-action rate above α; scores are normal."""
    random = np.random.default_rng(7)
    broken = 0
    for _ in range(redraws):
        size_C = np.minimum(1 + random.poisson(random.exponential(mean_size - 1, shops)), 100)
        shop_N = np.repeat(np.arange(shops), size_C)
        score_N = np.sqrt(correlation) * random.normal(size=shops)[shop_N]
        score_N += np.sqrt(1 - correlation) * random.normal(size=len(shop_N))
        chosen = [str(shop) for shop in shop_N] if per_shop else None
        act = fit_thresholds(norm.cdf(score_N), [0.5], groups=chosen).act
        assert act is not None
        broken += act < norm.cdf(CUTOFF)
    return broken / redraws


def allowance(redraws: int) -> float:
    """δ and what chance may add to it in so many redraws, once in a thousand."""
    return float(binom.ppf(0.999, redraws, DELTA)) / redraws


def test_the_promise_is_kept_over_redraws_of_independent_listings() -> None:
    rate = broken_promises(correlation=0, shops=2000, mean_size=1, per_shop=False, redraws=1000)
    assert 0 < rate <= allowance(1000)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_one_listing_a_shop_keeps_the_promise_however_alike_the_listings_of_a_shop_are(correlation: float) -> None:
    rate = broken_promises(correlation=correlation, shops=400, mean_size=6, per_shop=True, redraws=400)
    assert rate <= allowance(400)


def test_counting_every_listing_breaks_the_promise_when_listings_of_a_shop_are_alike() -> None:
    rate = broken_promises(correlation=0.8, shops=400, mean_size=6, per_shop=False, redraws=200)
    assert rate > 0.12


@pytest.mark.parametrize("rate", ["alpha", "confidence", "review_capacity"])
def test_rates_outside_zero_and_one_are_refused(rate: str) -> None:
    with pytest.raises(ValueError, match=f"{rate} 1.0 is not strictly between 0 and 1"):
        fit_thresholds([0.5], [0.5], **{rate: 1.0})  # type: ignore[arg-type]


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="probabilities"):
        fit_thresholds([0.5, np.nan], [0.5])
    with pytest.raises(ValueError, match="no calibration listings"):
        fit_thresholds([0.5], [])


def by_category(sizes: dict[str, int], *, harder: str = "", seed: int = 0) -> tuple[Floats, list[str | None]]:
    """Scores of "no" listings by category, of which one category's lie higher."""
    random = np.random.default_rng(seed)
    categories: list[str | None] = [name or None for name, count in sizes.items() for _ in range(count)]
    shift_N = np.array([1.0 if name == harder else 0.0 for name in categories])
    return norm.cdf(random.normal(size=len(categories)) + shift_N), categories


def test_each_category_with_enough_listings_has_a_threshold_from_its_own() -> None:
    scores, categories = by_category(
        {"bags": 900, "hats": 900, "belts": 450, "rings": 300, "gloves": 150}, harder="hats"
    )
    found = fit_thresholds(scores, scores, categories=(categories, categories))
    assert set(found.groups) == {"bags", "hats", "belts"}
    assert (found.guarantee.group, found.guarantee.n, found.guarantee.groups) == (None, 450, 4)
    for name, each in found.groups.items():
        own = scores[[category == name for category in categories]]
        each_confidence = 1 - DELTA / each.guarantee.groups
        assert each.act is not None
        assert np.sum(own > each.act) == allowed_exceedances(len(own), alpha=ALPHA, confidence=each_confidence)
        assert (each.guarantee.group, each.guarantee.n) == (name, len(own))
        assert each.guarantee.confidence == 0.95
        assert each.review <= each.act
    assert found.of("Hats > straw").act == found.groups["hats"].act
    assert found.of("gloves") is found
    assert found.acts


def test_one_group_is_the_same_as_none() -> None:
    scores, categories = by_category({"bags": 200, "hats": 150})
    assert fit_thresholds(scores, scores, categories=(categories, categories)) == fit_thresholds(scores, scores)


def test_a_category_that_was_never_seen_is_not_acted_upon_where_all_others_stand_alone() -> None:
    scores, categories = by_category({"bags": 800, "hats": 800})
    found = fit_thresholds(scores, scores, categories=(categories, categories))
    assert set(found.groups) == {"bags", "hats"}
    assert found.of("gloves").action(1.0) is Action.REVIEW
    assert "is of another category: bags, hats" in str(found.guarantee.why_not)
    assert found.acts


@given(st.floats(0.01, 0.6), st.integers(0, 50))
def test_review_takes_no_more_than_its_capacity_whatever_the_category(capacity: float, seed: int) -> None:
    scores, categories = by_category({"bags": 400, "hats": 500, "": 20}, harder="hats", seed=seed)
    found = fit_thresholds(scores, scores, categories=(categories, categories), review_capacity=capacity)
    actions = [found.of(category).action(score) for score, category in zip(scores, categories, strict=True)]
    assert 0 < actions.count(Action.REVIEW) <= capacity * len(scores)
    assert actions.count(Action.REVIEW) > capacity * len(scores) - 3


def test_categories_must_match() -> None:
    with pytest.raises(ValueError, match="1 and 2 categories do not match"):
        fit_thresholds([0.5, 0.4], [0.5, 0.4], categories=(["bags"], ["bags", "hats"]))


def test_every_category_keeps_the_promise_at_once_though_pooled_one_would_break_it() -> None:
    sizes = {"bags": 600, "hats": 600, "belts": 600}
    shift = {"bags": 0.0, "hats": 0.7, "belts": 0.0}
    broken = {"pooled": 0, "by category": 0}
    for seed in range(150):
        scores, categories = by_category(sizes, seed=seed)
        scores = norm.cdf(norm.ppf(scores) + [shift[str(category)] for category in categories])
        for name, given_categories in (("pooled", None), ("by category", (categories, [None]))):
            found = fit_thresholds(scores, [0.5], categories=given_categories)
            acts = {category: found.of(category).act for category in sizes}
            rates = [norm.sf(norm.ppf(act) - shift[name]) for name, act in acts.items() if act is not None]
            assert len(rates) == 3
            broken[name] += max(rates) > ALPHA
    assert broken["pooled"] > 75
    assert broken["by category"] <= binom.isf(1e-4, 150, DELTA)
