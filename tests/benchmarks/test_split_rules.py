"""Each rule keeps apart what it knows of, and the strictest keeps all of it apart."""

from pathlib import Path

import pytest

from benchmarks.split_rules import RULES, STRICT, Dealer, Rule, without_listings
from training.data.leaks import find_leaks
from training.progress import silent
from trueshelf.listings import Dataset, Split

pytestmark = pytest.mark.slow


def leaks(dealer: Dealer, dataset: Dataset, *, forward: bool) -> set[str]:
    found = find_leaks(
        dealer.rows,
        dataset.splits(),
        operators={shop.id: shop.operator_id for shop in dataset.shops().values()},
        likenesses=dealer.likenesses,
        forward_in_time=forward,
    )
    return {leak.kind for leak in found}


def test_a_rule_lets_through_only_what_it_does_not_know(market: Dataset, tmp_path: Path) -> None:
    dealer = Dealer.of(market, silent)
    for name, rule in RULES.items():
        dealt = dealer.dealt(rule, tmp_path / name)
        found = leaks(dealer, dealt, forward=rule.times)
        assert set(dealt.splits()) == set(market.splits())
        assert {Split.TRAIN, Split.TEST} <= set(dealt.splits().values())
        if rule.shops:
            assert not found & {"shop", "operator"}
        if rule.likenesses:
            assert not found & {"photo", "text"}
        if rule.times:
            assert "time" not in found
        if name == STRICT:
            assert not found
        if rule == Rule():
            assert {"shop", "operator"} <= found


def test_held_out_listings_stay_in_the_test_part_only(market: Dataset, tmp_path: Path) -> None:
    held = {name for place, name in enumerate(sorted(market.splits())) if place % 2}
    without = without_listings(market, tmp_path / "without", held).splits()
    for name, split in market.splits().items():
        expected = Split.EXCLUDED if name in held and split is not Split.TEST else split
        assert without[name] is expected
