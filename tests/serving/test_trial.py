from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console
from typer.testing import CliRunner

from serving.cli import app
from serving.trial import handful, show
from trueshelf.client import Client, Failed, Judged, Labels, ListingError
from trueshelf.listings import Dataset
from trueshelf.listings.tables import LABELS, LISTINGS, SPLITS
from trueshelf.testing import make_listing


@pytest.fixture
def dataset(tmp_path: Path, photo: bytes) -> Dataset:
    """Sixty listings, two thirds of them in the test part; one has a broken photo."""
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.jpg").write_bytes(photo)
    (tmp_path / "images" / "cut.jpg").write_bytes(photo[:100])
    ids = [f"L-{index}" for index in range(60)]
    listings: list[dict[str, Any]] = [
        {"listing_id": each, "title": f"Bag {each}", "photos": ["images/a.jpg"], "brand": "[b]Nike"} for each in ids
    ]
    listings[1]["photos"] = ["images/cut.jpg"]
    splits = [{"listing_id": each, "split": "train" if index % 3 == 0 else "test"} for index, each in enumerate(ids)]
    labels = [
        {
            "listing_id": each,
            "head": "counterfeit",
            "answer": "yes" if index % 4 == 1 else "no",
            "provenance": "simulated",
        }
        for index, each in enumerate(ids)
    ]
    (tmp_path / "dataset.toml").write_text('name = "few"')
    for name, schema, rows in (
        ("listings", LISTINGS, listings),
        ("splits", SPLITS, splits),
        ("labels", LABELS, labels),
    ):
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), tmp_path / f"{name}.parquet")
    return Dataset.open(tmp_path)


def test_a_handful_covers_every_action_from_the_test_part_only(running: Client, dataset: Dataset) -> None:
    found = handful(dataset, running, running.model(), count=6)

    assert len(found) == 6
    assert all(dataset.splits()[listing.id] == "test" for listing, _ in found)
    assert all(listing.id == result.listing_id for listing, result in found)
    actions = [result.verdict.action for _, result in found if isinstance(result, Judged)]
    assert set(actions) == {"act", "review", "pass"}


def test_a_result_is_shown_with_its_reasons_as_it_is_written(running: Client) -> None:
    listing = make_listing(title="[bold]Bag[/bold]", brand=None)
    console = Console(record=True, width=120)

    show(listing, running.judge(listing), console)
    show(listing, Failed("x", ListingError("photos[0]", "is cut off", 422)), console)

    text = console.export_text()
    assert "[bold]Bag[/bold]" in text
    assert "The text has a word that sellers use for copies." in text
    assert "photos[0]: is cut off" in text


def test_reasons_are_shown_in_the_verdicts_order_with_their_signs(running: Client) -> None:
    listing = make_listing()
    result = running.judge(listing)
    assert isinstance(result, Judged)
    [reason] = result.verdict.reasons
    reasons = tuple(
        replace(reason, contribution=contribution, label=Labels(label, ""), evidence={})
        for contribution, label in ((0.6, "first"), (0.2, "second"), (-0.998, "third"), (None, "fourth"), (9, "fifth"))
    )
    result = replace(result, verdict=replace(result.verdict, reasons=reasons))
    console = Console(record=True, width=120)

    show(listing, result, console)

    lines = [line.strip("│ \n") for line in console.export_text().splitlines()]
    assert [line.split() for line in lines if "counterfeit" in line and "→" not in line] == [
        ["+0.60", "counterfeit", "first"],
        ["+0.20", "counterfeit", "second"],
        ["-1.00", "counterfeit", "third"],
        ["counterfeit", "fourth"],
    ]


def test_try_prints_verdicts_and_where_to_go_next(port: int, dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUESHELF_PORT", str(port))
    monkeypatch.setenv("TRUESHELF_DATA", str(dataset.folder))

    found = CliRunner().invoke(app, ["try", str(dataset.folder), "--count", "3"])

    assert found.exit_code == 0, found.output
    assert f"http://127.0.0.1:{port}/docs" in found.stdout
    told = " ".join(found.stdout.split())
    assert "counterfeit: acts above 0.900; at most 1.0% of listings that do not deserve it are acted on" in told
    assert "low quality: 12 are too few; 299 are needed" in told
    assert f"mlflow ui --backend-store-uri sqlite:///{dataset.folder}/mlruns/mlflow.db" in found.stdout
