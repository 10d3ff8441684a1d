import numpy as np
import numpy.typing as npt
import pytest

from training.boosting import BoostConfig
from training.data.parts import UNKNOWN
from training.examples import Examples, Held
from training.folds import folds
from training.hearing import Heard
from training.suspects import Doubts, doubted, undoubted, unseen
from trueshelf.models.fusion import FeatureSizes

CONFIG = BoostConfig(rounds=40)
NOISE = 0.1


def listings(*, noise: float = NOISE, seed: int = 0, sellers: int = 60) -> tuple[Heard, npt.NDArray[np.bool_]]:
    """600 listings whose first column tells the answer, and of whose answers some are turned round; and which."""
    rng = np.random.default_rng(seed)
    true_N = rng.random(600) < 0.3
    wrong_N = rng.random(600) < noise
    table_NJ = rng.standard_normal((600, 4)).astype(np.float32)
    table_NJ[:, 0] += 4 * true_N
    table_NJ[rng.random(600) < 0.2, 1] = np.nan
    table_NJ[:, 3] = np.nan
    seller_N = rng.integers(0, sellers, 600)
    heard = Heard(np.arange(600) * 2, {}, table_NJ, true_N ^ wrong_N, np.ones(600, dtype=np.float32), seller_N)
    return heard, wrong_N


@pytest.fixture(scope="module")
def doubts() -> Doubts:
    return doubted(listings()[0], CONFIG)


def test_planted_errors_are_found(doubts: Doubts) -> None:
    _, wrong_N = listings()
    found = (doubts.suspected_N & wrong_N).sum()
    assert found / doubts.suspected_N.sum() > 5 * NOISE
    assert found / wrong_N.sum() > 0.8


def test_about_as_many_errors_of_either_kind_are_estimated_as_there_are(doubts: Doubts) -> None:
    heard, wrong_N = listings()
    joint_22 = doubts.joint_22
    np.testing.assert_allclose(joint_22.sum(axis=1), [(~heard.yes_N).sum(), heard.yes_N.sum()])
    np.testing.assert_allclose(
        [joint_22[1, 0], joint_22[0, 1]], [(wrong_N & heard.yes_N).sum(), (wrong_N & ~heard.yes_N).sum()], atol=15
    )


def test_where_nothing_was_turned_round_hardly_anything_is_suspected() -> None:
    assert doubted(listings(noise=0)[0], CONFIG).suspected_N.mean() < 0.03


def test_the_most_doubtful_come_first_and_nothing_else_is_listed(doubts: Doubts) -> None:
    margins = doubts.margin_N[doubts.ranked]
    assert (np.diff(margins) <= 0).all()
    assert len(margins) == doubts.suspected_N.sum()


def test_found_again_they_are_the_same(doubts: Doubts) -> None:
    again = doubted(listings()[0], CONFIG)
    np.testing.assert_array_equal(again.probability_N, doubts.probability_N)
    np.testing.assert_array_equal(again.ranked, doubts.ranked)


def test_no_seller_is_in_two_folds() -> None:
    seller_N = listings()[0].seller_N
    parts = folds(seller_N)
    assert sorted(place for _, outside in parts for place in outside.tolist()) == list(range(600))
    assert all(not set(seller_N[inside]) & set(seller_N[outside]) for inside, outside in parts)


def test_an_answer_is_told_by_what_has_not_seen_its_seller() -> None:
    """Where a column names the seller and the seller's listings share an answer, nothing can be told of others."""
    rng = np.random.default_rng(0)
    yes_S = rng.random(60) < 0.5
    seller_N = np.repeat(np.arange(60), 10)
    table_NJ = seller_N[:, None].astype(np.float32)
    heard = Heard(np.arange(600), {}, table_NJ, yes_S[seller_N], np.ones(600, dtype=np.float32), seller_N)
    right_N = (unseen(heard, BoostConfig(rounds=40, columns=1.0)) > 0.5) == heard.yes_N
    assert right_N.mean() < 0.65


@pytest.mark.parametrize("same", [False, True])
def test_where_nothing_can_be_told_nothing_is_suspected(same: bool) -> None:
    heard, _ = listings(sellers=600 if same else 3)
    if same:
        heard.yes_N[:] = True
    found = doubted(heard, CONFIG)
    assert np.isnan(found.probability_N).all()
    assert not found.suspected_N.any()
    assert not found.joint_22.any()


def test_what_is_suspected_can_be_left_out_and_nothing_else(doubts: Doubts) -> None:
    rng = np.random.default_rng(1)
    answers_NH = rng.integers(0, 2, (1200, 2))
    train = Examples(Held([], FeatureSizes(views=1, image=1, text=1)), answers_NH)
    nothing = doubted(listings(sellers=3)[0], CONFIG)
    kept_NH = undoubted(train, [doubts, nothing]).answers_NH
    changed = np.argwhere(kept_NH != answers_NH)
    assert changed.tolist() == [[row, 0] for row in doubts.rows_N[doubts.suspected_N].tolist()]
    assert (kept_NH[kept_NH != answers_NH] == UNKNOWN).all()
