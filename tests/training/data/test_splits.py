from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from training.data.duplicates import text_likeness
from training.data.leaks import find_leaks
from training.data.splits import OUTSIDE_WINDOW, PARTS, WITHOUT_TIME, plan_splits, split
from trueshelf.listings import Split

START = datetime(2025, 1, 1, tzinfo=UTC)

Row = dict[str, Any]


def listing(number: int, **fields: object) -> Row:
    return {"listing_id": f"l{number:05}", "title": "", "description": "", "photos": [], **fields}


TEXTS = [
    "",
    "short",
    *(f"{word} " * 20 for word in ("leather bag", "running shoe", "gold watch", "silk scarf", "blue jeans")),
]


@st.composite
def markets(draw: st.DrawFn) -> tuple[list[Row], dict[str, str | None]]:
    """Listings with or without shops, operators, times, and with texts that are often the same."""
    shops = draw(st.integers(1, 12))
    timed = draw(st.booleans())
    rows = [
        listing(
            number,
            shop_id=draw(st.one_of(st.none(), st.integers(0, shops - 1).map("s{}".format))),
            description=draw(st.sampled_from(TEXTS)) or f"{number} " * 30,
            listed_at=START + timedelta(days=draw(st.integers(0, 300))) if timed else None,
        )
        for number in range(draw(st.integers(1, 60)))
    ]
    operators = {f"s{shop}": draw(st.one_of(st.none(), st.integers(0, 4).map("o{}".format))) for shop in range(shops)}
    return rows, operators


def split_of(rows: Sequence[Row], operators: Mapping[str, str | None], *, seed: int = 0) -> dict[str, Split]:
    plan = split(rows, operators=operators, likenesses=[text_likeness(rows)], seed=seed)
    return {str(row["listing_id"]): Split(str(row["split"])) for row in plan.rows}


@settings(deadline=None, max_examples=60)
@given(market=markets(), seed=st.integers(0, 3))
def test_every_listing_is_in_one_split_and_no_edge_crosses(
    market: tuple[list[Row], dict[str, str | None]], seed: int
) -> None:
    rows, operators = market
    likenesses = [text_likeness(rows)]
    plan = split(rows, operators=operators, likenesses=likenesses, seed=seed)
    assert [row["listing_id"] for row in plan.rows] == [row["listing_id"] for row in rows]
    splits = {str(row["listing_id"]): Split(str(row["split"])) for row in plan.rows}
    leaks = find_leaks(
        rows, splits, operators=operators, likenesses=likenesses, forward_in_time=plan.card["forward_in_time"]
    )
    assert list(leaks) == []
    assert all((row["reason"] is not None) == (row["split"] == "excluded") for row in plan.rows)


@settings(deadline=None, max_examples=30)
@given(market=markets(), data=st.data())
def test_the_order_of_rows_has_no_say(market: tuple[list[Row], dict[str, str | None]], data: st.DataObject) -> None:
    rows, operators = market
    shops = [{"shop_id": shop, "operator_id": operator} for shop, operator in operators.items()]
    shuffled = data.draw(st.permutations(rows))
    plans = [plan_splits(order, shops, folder=Path(), workers=1) for order in (rows, shuffled)]
    assert list(plans[0].rows) == list(plans[1].rows)
    assert plans[0].card == plans[1].card


def lively_market(shops: int = 80, each: int = 6) -> list[Row]:
    """Shops that open one after the other and list for a month each."""
    return [
        listing(
            shop * each + number,
            shop_id=f"s{shop}",
            listed_at=START + timedelta(days=4 * shop + 5 * number, hours=shop),
        )
        for shop in range(shops)
        for number in range(each)
    ]


def test_parts_follow_each_other_in_time_and_come_near_their_shares() -> None:
    rows = lively_market()
    splits = split_of(rows, {})
    times = {part: [row["listed_at"] for row in rows if splits[row["listing_id"]] is part] for part in PARTS}
    for earlier, later in combinations(PARTS, 2):
        assert max(times[earlier]) < min(times[later])
    kept = sum(map(len, times.values()))
    assert kept > 0.6 * len(rows)
    assert len(times[Split.TRAIN]) == pytest.approx(0.55 * kept, rel=0.25)
    assert len(times[Split.TEST]) == pytest.approx(0.175 * kept, rel=0.35)


def test_reasons_say_why_a_listing_is_excluded() -> None:
    rows = lively_market()
    rows[0]["listed_at"] = None
    for number in (12, -1):
        rows[number]["description"] = "the very same words, copied from one shop into another shop's listing"
    reasons = {
        row["listing_id"]: row["reason"]
        for row in split(rows, operators={}, likenesses=[text_likeness(rows)], seed=0).rows
    }
    assert reasons["l00000"] == WITHOUT_TIME
    assert reasons["l00012"] == "its text is nearly the same as one in a later part"
    assert reasons["l00479"] is None
    assert OUTSIDE_WINDOW in reasons.values()


def test_without_times_units_are_dealt_out_by_the_seed() -> None:
    rows = [listing(number, shop_id=f"s{number // 5}") for number in range(400)]
    first, again, other = split_of(rows, {}), split_of(rows, {}), split_of(rows, {}, seed=1)
    assert first == again != other
    assert list(first.values()).count(Split.TRAIN) == pytest.approx(220, abs=5)
    assert Split.EXCLUDED not in first.values()


def test_listings_without_a_shop_stay_with_their_near_duplicates() -> None:
    copied = "a description of some length that was copied word for word"
    rows = [
        listing(number, description=copied if number in (3, 17, 60) else f"{number} " * 40) for number in range(100)
    ]
    splits = split_of(rows, {})
    assert len({splits["l00003"], splits["l00017"], splits["l00060"]}) == 1
    assert Split.EXCLUDED not in splits.values()


def test_one_text_everywhere_does_not_chain_all_listings_into_one_part() -> None:
    rows = [
        listing(number, description="the marketplace's own boilerplate, forty characters long") for number in range(50)
    ]
    counts = list(split_of(rows, {}).values())
    assert counts.count(Split.TEST) > 0
    assert counts.count(Split.EXCLUDED) > 30


@pytest.mark.parametrize("timed", [True, False])
def test_every_part_has_its_share_of_rare_answers(timed: bool) -> None:
    rows = lively_market() if timed else [listing(number, shop_id=f"s{number // 6}") for number in range(480)]
    rare = {f"s{shop}" for shop in (3, 20, 31, 34, 41, 47, 52, 60, 66, 72)}
    labels = [
        {"listing_id": row["listing_id"], "head": "counterfeit", "answer": "yes" if row["shop_id"] in rare else "no"}
        for row in rows
    ]
    plan = plan_splits(rows, (), labels, folder=Path(), workers=1)
    splits = {row["listing_id"]: row["split"] for row in plan.rows}
    yes = [splits[row["listing_id"]] for row in rows if row["shop_id"] in rare]
    assert all(yes.count(part.value) >= 3 for part in PARTS)


def test_an_empty_dataset_has_an_empty_split() -> None:
    assert list(split([], operators={}, likenesses=[], seed=0).rows) == []
