"""`evaluate`, `promote` and `compare`, and MLflow's own way of loading, with a real bundle."""

import json
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from training.cli import app
from training.data.seal import seal_dataset
from training.promotion import Outcome, history
from training.settings import CHAMPION, MODEL_NAME, Settings
from training.store import connect
from training.tracking import tracked
from trueshelf.listings import Dataset, Head, Listing
from trueshelf.listings.tables import context_to_row
from trueshelf.models.bundle import Bundle
from trueshelf.models.verdict import ItemError

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bundle")]

MEASURES = ("roc_auc", "pr_auc", "recall_at_precision_90", "recall_at_bound", "false_action_rate", "ece")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def printed(result: Result) -> dict[str, Any]:
    assert result.exit_code in (0, 1), (result.stderr, result.exception)
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


@pytest.fixture
def register(settings: Settings, market: Dataset, bundle_folder: Path, workspace_folder: Path) -> Settings:
    """A registry with the session's bundle as versions 1 and 2; its photos are embedded already."""
    settings.work.mkdir()
    shutil.copytree(workspace_folder / "embeddings", settings.work / "embeddings")
    for number in (1, 2):
        with tracked(settings, settings.work / f"run{number}", name="a test", tags={"recipe": "listings"}) as tracker:
            tracker.dataset(market)
            assert tracker.bundle(bundle_folder) == str(number)
    return settings


@pytest.mark.usefixtures("register")
def test_evaluate_prints_every_measure_with_its_interval(bundle_folder: Path, market: Dataset) -> None:
    by_version = printed(run("evaluate", "models:/listing-risk/1", "--json"))
    by_folder = printed(run("evaluate", bundle_folder, "--dataset", market.folder, "--json"))
    assert by_version["heads"] == by_folder["heads"]
    assert set(by_version["heads"]) == {"counterfeit", "low_quality"}
    for head in by_version["heads"].values():
        assert head["n"] >= head["positives"] >= 0
        assert all(set(head[measure]) == {"value", "low", "high"} for measure in MEASURES)
    int8 = printed(run("evaluate", bundle_folder, "--dataset", market.folder, "--precision", "int8", "--json"))
    assert int8["model"] == f"{by_folder['model']} in int8"
    assert int8["heads"] != by_folder["heads"]
    both = printed(run("evaluate", bundle_folder, "--dataset", market.folder, "--precision", "both", "--json"))
    assert both["precisions"] == {"fp32": by_folder, "int8": int8}
    for head, flips in both["flips"].items():
        thresholds = [each["thresholds"][head]["review"] for each in both["precisions"].values()]
        assert thresholds[0] != thresholds[1]
        assert flips["listings"] >= flips["flips"] >= flips["flips_at_act"]
    unknown = run("evaluate", bundle_folder, "--json")
    assert unknown.exit_code == 2
    assert "give --dataset DIR" in unknown.stderr


@pytest.fixture
def copied(market: Dataset, tmp_path: Path) -> Path:
    """The session's market, with tables of the test's own."""
    folder = tmp_path / "copied"
    shutil.copytree(market.folder, folder, ignore=shutil.ignore_patterns("images"))
    (folder / "images").symlink_to(market.folder / "images")
    return folder


@pytest.mark.usefixtures("register")
def test_a_dataset_from_elsewhere_is_measured_whole(copied: Path) -> None:
    splits = pq.read_table(copied / "splits.parquet")
    alone = splits.set_column(1, splits.schema.field("split"), pa.array(["train"] * len(splits)))
    pq.write_table(alone, copied / "splits.parquet")
    changed = run("evaluate", "1", "--dataset", copied, "--json")
    assert changed.exit_code == 2
    assert "splits.parquet has changed since dataset.toml was written" in changed.stderr
    seal_dataset(Dataset.open(copied))
    empty = run("evaluate", "1", "--dataset", copied)
    assert empty.exit_code == 2
    assert f"is empty; there are {len(splits)} in train: choose another --split, or all" in empty.stderr
    found = printed(run("evaluate", "1", "--dataset", copied, "--split", "all", "--json"))
    assert (found["split"], found["listings"] + found["errors"]) == ("all", len(splits))


@pytest.mark.parametrize("command", [("evaluate", "1"), ("promote", "1"), ("compare", "1", "2")])
def test_nothing_is_measured_on_a_dataset_that_has_changed(register: Settings, copied: Path, command: Any) -> None:
    for number in (1, 2):
        connect(register).set_model_version_tag(MODEL_NAME, str(number), "dataset_folder", str(copied))
    labels = pq.read_table(copied / "labels.parquet")
    pq.write_table(labels.slice(1), copied / "labels.parquet")
    result = run(*command)
    assert result.exit_code == 2
    assert "labels.parquet has changed since dataset.toml was written" in result.stderr
    seal_dataset(Dataset.open(copied))
    sealed = run(*command)
    assert sealed.exit_code == 2
    assert f"{copied} has changed since listing-risk/1 was made from it" in sealed.stderr


def test_promote_puts_through_the_gate_and_keeps_history(register: Settings) -> None:
    first = run("promote", "1", "--by", "ada", "--json")
    found = printed(first)
    assert {check["name"] for check in found["checks"]} >= {"golden", "latency"}
    passed = all(check["passed"] for check in found["checks"])
    assert (first.exit_code, found["outcome"]) == ((0, "promoted") if passed else (1, "refused"))
    assert [(row.by, row.candidate) for row in history(register)] == [("ada", "1")]
    assert passed or "it failed:" in first.stderr


def test_a_challenger_is_measured_against_the_champion(register: Settings) -> None:
    connect(register).set_registered_model_alias(MODEL_NAME, CHAMPION, "1")
    assert printed(run("promote", "champion", "--json"))["outcome"] == "already_champion"
    found = printed(run("promote", "latest", "--json"))
    assert (found["version"], found["champion_before"]) == ("2", "1")
    assert any(check["name"].endswith("_against_champion") for check in found["checks"])
    rows = [(row.champion_before, row.candidate) for row in history(register)]
    assert rows == [(None, "1"), ("1", "2")], "the champion set by hand is in the history too"


def test_a_bundle_that_was_altered_does_not_become_champion(register: Settings) -> None:
    for path in register.mlruns.rglob("fusion.onnx"):
        path.write_bytes(path.read_bytes() + b"x")
    result = run("promote", "2", "--json")
    found = printed(result)
    assert (result.exit_code, found["outcome"], found["champion"]) == (1, "refused", None)
    assert [check["name"] for check in found["checks"]] == ["golden"]
    assert "fusion.onnx" in found["checks"][0]["detail"]
    assert history(register)[0].outcome is Outcome.REFUSED


@pytest.mark.usefixtures("register")
def test_a_folder_cannot_be_promoted(bundle_folder: Path) -> None:
    result = run("promote", bundle_folder)
    assert result.exit_code == 2
    assert "must be registered" in result.stderr


@pytest.mark.usefixtures("register")
def test_a_model_compared_with_itself_differs_by_nothing() -> None:
    found = printed(run("compare", "1", "2", "--json"))
    assert len(found["models"]) == 2
    for measures in found["differences"].values():
        assert all(measure["value"] in (0, None) for measure in measures.values())


def row(listing: Listing) -> dict[str, Any]:
    """A listing as MLflow is given it."""
    return {
        "listing_id": listing.id,
        "title": listing.title,
        "description": listing.description,
        "brand": listing.brand,
        "category": listing.category,
        "price_amount": listing.price and listing.price.amount,
        "price_currency": listing.price and listing.price.currency,
        "list_price_amount": listing.list_price and listing.list_price.amount,
        "list_price_currency": listing.list_price and listing.list_price.currency,
        "photos": [photo.read() for photo in listing.photos],
        "language": listing.language,
        "attributes": json.dumps(dict(listing.attributes)),
        "listed_at": listing.listed_at and listing.listed_at.isoformat(),
        "shop": listing.shop and json.dumps(context_to_row(listing.shop), default=datetime.isoformat),
    }


@pytest.mark.usefixtures("register")
def test_mlflow_loads_the_model_and_gives_the_same_verdicts(market: Dataset, bundle_folder: Path) -> None:
    import mlflow.pyfunc

    known = [listing for listing in market.listings() if listing.shop and listing.shop.listings and listing.attributes]
    listings = [replace(known[0], id="of no shop", shop_id=None, shop=None, listed_at=None, attributes={}), *known[:6]]
    assert all(listing.listed_at for listing in listings[1:])
    model = mlflow.pyfunc.load_model("models:/listing-risk/1")
    broken = row(listings[0]) | {"listing_id": "broken", "photos": [b"<svg/>"]}
    wrong = {"attributes": "[1]", "listed_at": "2025-03-14T09:26:53", "shop": '{"region": "north"}'}
    spoilt = [row(listings[0]) | {"listing_id": name, name: value} for name, value in wrong.items()]
    answers = model.predict(pd.DataFrame([*map(row, listings), *spoilt, broken]))
    assert answers["listing_id"].tolist() == [*(listing.id for listing in listings), *wrong, "broken"]
    for found, expected in zip(answers.to_dict("records"), Bundle.load(bundle_folder).predict(listings), strict=False):
        assert not isinstance(expected, ItemError)
        for head in Head:
            assert found[f"{head.value}_probability"] == pytest.approx(expected.heads[head].probability, abs=1e-4)
        assert found["action"] == expected.action.value
        codes = [(reason["code"], reason["head"]) for reason in json.loads(found["reasons"])]
        assert codes == [(reason.code, reason.head) for reason in expected.reasons]
    errors = answers["error"].tolist()[len(listings) :]
    assert errors[:3] == [
        "attributes: must be a JSON object, not '[1]'",
        "listed_at: '2025-03-14T09:26:53' says nothing of its time zone; write 2025-03-14T09:26:53Z for instance",
        "shop: region: no such field of a shop",
    ]
    assert errors[3].startswith("photos[0]: ")
