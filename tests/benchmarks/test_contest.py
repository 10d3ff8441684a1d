from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from benchmarks.contest import entered, lead
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


def seen(folder: Path, seed: int, *, count: int = 160) -> Seen:
    """Listings of which every fourth is a fake that says so in its words, photos, price and first signal."""
    rng = np.random.default_rng(seed)
    fake_N = rng.permutation(np.arange(count) % 4 == 0)
    weights = NgramWeights(NgramSpec(), np.ones(NgramSpec().buckets, dtype=np.float32))
    listings, percepts, features = [], [], []
    for number, fake in enumerate(fake_N):
        title = f"{'mirror quality' if fake else 'honest'} bag {rng.integers(1000)}"
        price = Money(float(rng.uniform(5, 40) if fake else rng.uniform(30, 200)), "USD")
        listings.append(make_listing(id=f"{seed}-{number}", shop_id=f"{seed}-{number % 40}", title=title, price=price))
        views_PVD = rng.normal(size=(0 if number % 10 == 9 else 2, 5, 32)).astype(np.float32) + 2 * fake
        text_T = None if number % 10 == 8 else (rng.normal(size=32) + 2 * fake).astype(np.float32)
        signals_K = rng.normal(size=_SIGNALS).astype(np.float32)
        signals_K[0] += 2 * fake
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


QUICK = [name for name in PEERS if "sentence" not in name]


@pytest.mark.parametrize("name", QUICK)
def test_what_is_plain_to_see_is_learned(name: str, splits: dict[Split, Seen]) -> None:
    headline = entered(PEERS[name], splits).headline()
    assert headline[Head.COUNTERFEIT.value]["pr_auc"]["value"] > 0.9


def test_a_model_is_ahead_of_one_that_guesses_and_not_of_itself(splits: dict[Split, Seen]) -> None:
    def guess(_: Seen, others: Sequence[Seen], __: int) -> list[Floats]:
        return [np.random.default_rng(0).normal(size=len(other.behind)) for other in others]

    words = entered(PEERS["tf-idf + logistic regression"], splits)
    ahead = lead(words, entered(guess, splits))[Head.COUNTERFEIT.value]["pr_auc"]
    assert ahead["low"] > 0.3
    assert set(lead(words, words)[Head.COUNTERFEIT.value]["pr_auc"].values()) == {0.0}
