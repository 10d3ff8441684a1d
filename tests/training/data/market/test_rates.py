"""What the marketplace promises to be like, counted in one that is drawn."""

import re
from collections import Counter
from pathlib import Path

import pytest

from training.data.market import rates
from training.data.market.build import Tables
from training.data.market.world import draw_world

CARD = Path(rates.__file__).with_name("README.md")
_ROW = re.compile(r"^\| `([A-Z_]+)` \| ([^|]+) \|", re.MULTILINE)


def test_shares_of_counterfeit_and_low_quality(market: Tables) -> None:
    for head, share in (("counterfeit", 0.15), ("low_quality", 0.20)):
        answers = Counter(row["answer"] for row in market.labels if row["head"] == head)
        known = answers["yes"] + answers["no"]
        assert answers["yes"] / known == pytest.approx(share, abs=0.035)
        assert answers["unknown"] / answers.total() == pytest.approx(rates.UNKNOWN_LABELS, abs=0.02)


def test_listings_per_shop(market: Tables) -> None:
    assert len(market.shops) == 400
    assert len(market.listings) / len(market.shops) == pytest.approx(8, abs=1.0)


def test_counterfeiters_keep_the_proportions_of_a_real_investigation() -> None:
    world = draw_world(0, 12_000)
    counterfeiters = [operator for operator in world.operators if operator.counterfeiter]
    shops = sum(len(operator.shops) for operator in counterfeiters)
    assert shops / len(counterfeiters) == pytest.approx(180_000 / 61_330, rel=0.12)
    assert len(counterfeiters) / len(world.suppliers) == pytest.approx(61_330 / 1_640, rel=0.2)
    assert shops / 12_000 == pytest.approx(0.205, abs=0.01)


def test_faults_are_named_and_come_in_every_kind(market: Tables) -> None:
    rows = [row for row in market.labels if row["head"] == "low_quality"]
    named = Counter(fault for row in rows for fault in re.findall("|".join(rates.FAULTS), row["detail"]))
    assert set(named) == set(rates.FAULTS)
    for row in rows:
        if row["answer"] != "unknown":
            assert (row["answer"] == "yes") == bool(row["detail"])


def test_the_two_questions_are_nearly_independent(market: Tables) -> None:
    answers: dict[str, dict[str, str]] = {}
    for row in market.labels:
        answers.setdefault(row["listing_id"], {})[row["head"]] = row["answer"]
    poor = {
        fake: [answer["low_quality"] == "yes" for answer in answers.values() if answer["counterfeit"] == fake]
        for fake in ("yes", "no")
    }
    shares = {fake: sum(values) / len(values) for fake, values in poor.items()}
    assert shares["yes"] < 2.2 * shares["no"]


def test_every_language_and_category_is_there(market: Tables) -> None:
    assert {row["language"] for row in market.listings} == set(rates.LANGUAGES)
    assert {row["category"] for row in market.listings} >= {"sneakers", "phones", "perfume", "ear_pads", "model_cars"}
    assert {row["price_currency"] for row in market.listings} - {None} <= set(rates.USD_PER_UNIT)


def test_the_card_states_the_rates_as_they_are() -> None:
    stated = _ROW.findall(CARD.read_text(encoding="utf-8"))
    assert len(stated) > 20
    for name, value in stated:
        assert value.strip() == _written(getattr(rates, name)), name


def _written(rate: object) -> str:
    if isinstance(rate, dict):
        return ", ".join(f"{key} {value}" for key, value in rate.items())
    return ", ".join(str(value) for value in rate) if isinstance(rate, tuple) else str(rate)
