"""No single column gives a label away: a tree of depth 3 on it, judged on other operators, stays under ROC-AUC 0.75."""

import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeClassifier

from training.data.market.build import Tables
from training.data.market.offers import offers
from training.data.market.photos import take
from training.data.market.pictures import shots
from training.data.market.world import draw_world

LIMIT = 0.75
HEADS = ("counterfeit", "low_quality")

Row = Mapping[str, Any]
Floats = npt.NDArray[np.float64]


def numbers(*values: Callable[[Row], float | None]) -> Callable[[Sequence[Row]], Floats]:
    """Columns as they are; what is missing is far below everything."""
    return lambda rows: np.array([[-1e18 if (v := value(row)) is None else v for value in values] for row in rows])


def kinds(value: Callable[[Row], object]) -> Callable[[Sequence[Row]], Floats]:
    """One column for each of the 25 most frequent values."""

    def encode(rows: Sequence[Row]) -> Floats:
        values = [value(row) for row in rows]
        frequent = [kind for kind, _ in Counter(values).most_common(25)]
        return np.array([[float(value == kind) for kind in frequent] for value in values])

    return encode


COLUMNS: dict[str, Callable[[Sequence[Row]], Floats]] = {
    "listing_id": numbers(lambda row: int(row["listing_id"][1:], 16)),
    "shop_id": numbers(lambda row: int(row["shop_id"][1:], 16)),
    "operator_id": numbers(lambda row: int(row["operator_id"][1:], 16)),
    "title": numbers(lambda row: len(row["title"])),
    "description": numbers(lambda row: len(row["description"]), lambda row: row["description"].count("\n")),
    "brand": kinds(lambda row: row["brand"]),
    "category": kinds(lambda row: row["category"]),
    "price_amount": numbers(lambda row: row["price_amount"]),
    "price_currency": kinds(lambda row: row["price_currency"]),
    "list_price_amount": numbers(lambda row: row["list_price_amount"]),
    "list_price_currency": kinds(lambda row: row["list_price_currency"]),
    "attributes": kinds(lambda row: dict(row["attributes"]).get("condition")),
    "attributes, how many": numbers(lambda row: len(row["attributes"])),
    "listed_at": numbers(lambda row: row["listed_at"].timestamp(), lambda row: row["listed_at"].hour),
    "language": kinds(lambda row: row["language"]),
    "name": numbers(lambda row: len(row["name"])),
    "region": kinds(lambda row: row["region"]),
    "registered_at": numbers(lambda row: row["registered_at"].timestamp()),
    "age": numbers(lambda row: (row["listed_at"] - row["registered_at"]).total_seconds()),
    "certification": kinds(lambda row: row["certification"]),
    "authorised_brands": numbers(lambda row: len(row["authorised_brands"])),
}


@pytest.mark.parametrize("head", HEADS)
def test_no_column_of_listings_or_shops(market: Tables, head: str) -> None:
    shops = {shop["shop_id"]: shop for shop in market.shops}
    rows = [{**shops[row["shop_id"]], **row} for row in market.listings]
    answers = {label["listing_id"]: label["answer"] for label in market.labels if label["head"] == head}
    rows = [row for row in rows if answers[row["listing_id"]] != "unknown"]
    yes = np.array([answers[row["listing_id"]] == "yes" for row in rows])
    operators = np.array([int(row["operator_id"][1:], 16) for row in rows])
    aucs = {name: held_out_auc(column(rows), yes, operators) for name, column in COLUMNS.items()}
    assert {name: auc for name, auc in aucs.items() if auc >= LIMIT} == {}
    columns = {*market.listings[0], *market.shops[0]} - {"photos"}
    assert columns <= set(COLUMNS)


@pytest.mark.slow
def test_no_fact_about_photos() -> None:
    world = draw_world(11, 60)
    facts, yes, operators = [], [], []
    for operator in world.operators:
        for index in operator.shops:
            for offer in offers(world, world.shop(operator, index)):
                taken = shots(world, offer)
                content = take(taken[0])
                width, height = Image.open(io.BytesIO(content)).size
                facts.append([len(taken), width, height, width / height, len(content), len(content) / (width * height)])
                yes.append([offer.counterfeit, bool(offer.faults)])
                operators.append(operator.index)
    facts_NF, yes_N2 = np.array(facts), np.array(yes)
    for head in range(2):
        for fact in range(facts_NF.shape[1]):
            assert held_out_auc(facts_NF[:, fact : fact + 1], yes_N2[:, head], np.array(operators)) < LIMIT


def held_out_auc(features_NF: Floats, yes_N: npt.NDArray[np.bool_], operators_N: npt.NDArray[np.int64]) -> float:
    """Mean ROC-AUC over two halves of the operators, each judged by a tree that was grown on the other."""
    halves = operators_N % 2 == 0
    aucs = []
    for grown_N in (halves, ~halves):
        tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(features_NF[grown_N], yes_N[grown_N])
        aucs.append(roc_auc_score(yes_N[~grown_N], tree.predict_proba(features_NF[~grown_N])[:, 1]))
    return float(np.mean(aucs))
