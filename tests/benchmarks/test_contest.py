from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from benchmarks.boosting import boosting
from benchmarks.contest import entered, lead
from benchmarks.ours import Stack
from benchmarks.peers import PEERS, Floats
from benchmarks.seen import Seen
from training.data.parts import Part
from training.testing import stored
from trueshelf.listings import Head, Money, Split
from trueshelf.models.fusion import Features
from trueshelf.models.ngrams import NgramSpec, NgramWeights
from trueshelf.models.perception import Percept
from trueshelf.testing import make_listing

_RATES = MappingProxyType({"USD": 1.0})
_SIGNALS = 6


def seen(folder: Path, seed: int, *, count: int = 160, told: bool = True) -> Seen:
    """Listings of which every fourth is a fake that says so in its words, photos, price and first signal.

    Args:
        told: whether what is seen has anything to do with the answers.
    """
    rng = np.random.default_rng(seed)
    fake_N = rng.permutation(np.arange(count) % 4 == 0)
    shown_N = fake_N if told else rng.permutation(fake_N)
    weights = NgramWeights(NgramSpec(), np.ones(NgramSpec().buckets, dtype=np.float32))
    listings, percepts, features = [], [], []
    for number, shown in enumerate(shown_N):
        title = f"{'mirror quality' if shown else 'honest'} bag {rng.integers(1000)}"
        price = Money(float(rng.uniform(5, 40) if shown else rng.uniform(30, 200)), "USD")
        listings.append(make_listing(id=f"{seed}-{number}", shop_id=f"{seed}-{number % 40}", title=title, price=price))
        views_PVD = rng.normal(size=(0 if number % 10 == 9 else 2, 5, 32)).astype(np.float32) + 2 * shown
        text_T = None if number % 10 == 8 else (rng.normal(size=32) + 2 * shown).astype(np.float32)
        signals_K = rng.normal(size=_SIGNALS).astype(np.float32)
        signals_K[0] += 2 * shown
        unknown_K = rng.random(_SIGNALS) < 0.1
        percepts.append(Percept(views_PVD, (), text_T))
        signals_2K = np.concatenate([np.where(unknown_K, 0, signals_K), unknown_K]).astype(np.float32)
        features.append(Features(views_PVD, text_T, weights([title]), signals_2K))
    answers_NH = np.stack([fake_N, fake_N], axis=1).astype(np.int64)
    answers_NH[::20] = -1
    part = Part(stored(folder, listings), answers_NH)
    return Seen(part, percepts, features, [listing.shop_id for listing in listings], _RATES)


@pytest.fixture(scope="module")
def splits(tmp_path_factory: pytest.TempPathFactory) -> dict[Split, Seen]:
    folder = tmp_path_factory.mktemp("contest")
    return {
        split: seen(folder / split.value, place)
        for place, split in enumerate((Split.TRAIN, Split.CALIBRATION, Split.TEST))
    }


MODELS = {"boosting": boosting, **{name: peer for name, peer in PEERS.items() if "sentence" not in name}}


@pytest.mark.parametrize("name", MODELS)
def test_what_is_plain_to_see_is_learned(name: str, splits: dict[Split, Seen]) -> None:
    headline = entered(MODELS[name], splits).headline()
    assert headline[Head.COUNTERFEIT.value]["pr_auc"]["value"] > 0.9


def test_a_model_is_ahead_of_one_that_guesses_and_not_of_itself(splits: dict[Split, Seen]) -> None:
    def guess(_: Seen, others: Sequence[Seen], __: int) -> list[Floats]:
        return [np.random.default_rng(0).normal(size=len(other.behind)) for other in others]

    words = entered(PEERS["tf-idf + logistic regression"], splits)
    ahead = lead(words, entered(guess, splits))[Head.COUNTERFEIT.value]["pr_auc"]
    assert ahead["low"] > 0.3
    assert set(lead(words, words)[Head.COUNTERFEIT.value]["pr_auc"].values()) == {0.0}


def test_trees_say_of_a_listing_the_same_whoever_else_is_asked_about(splits: dict[Split, Seen]) -> None:
    test = splits[Split.TEST]
    some = replace(
        test,
        part=Part(replace(test.part.listings, rows_N=test.part.listings.rows_N[:20]), test.part.answers_NH[:20]),
        percepts=test.percepts[:20],
        features=test.features[:20],
        behind=test.behind[:20],
    )
    everyone_N, some_N = boosting(splits[Split.TRAIN], [test, some], 0)
    np.testing.assert_array_equal(everyone_N[:20], some_N)


def test_a_stack_listens_to_the_member_that_knows(splits: dict[Split, Seen]) -> None:
    def misled(_: Seen, others: Sequence[Seen], __: int) -> list[Floats]:
        return [np.random.default_rng(1).normal(size=len(other.behind)) for other in others]

    stack = Stack((PEERS["image only"], misled), splits[Split.CALIBRATION])
    assert entered(stack, splits).headline()[Head.COUNTERFEIT.value]["pr_auc"]["value"] > 0.9
