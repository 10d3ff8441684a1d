"""`python -m training dataset seal`: a correction on purpose, and what stays refused without it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from training.cli import app
from trueshelf.listings import Answer, Dataset

Change = Callable[[list[dict[str, Any]]], None]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def rewrite(folder: Path, name: str, change: Change) -> None:
    table = pq.read_table(folder / f"{name}.parquet")
    rows = table.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), folder / f"{name}.parquet")


def invert(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        row["answer"] = {"yes": "no", "no": "yes"}[row["answer"]]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Eight listings without photos, half of them answered yes, all in train or test."""
    lines = [f"l{row},bag {row},{'yes' if row % 2 else 'no'},{'test' if row < 4 else 'train'}" for row in range(8)]
    (tmp_path / "table.csv").write_text("\n".join(["listing_id,title,counterfeit,split", *lines]))
    out = tmp_path / "out"
    assert run("dataset", "import", tmp_path / "table.csv", "--out", out).exit_code == 0
    return out


def test_a_correction_is_sealed_with_another_digest(dataset: Path) -> None:
    before = Dataset.open(dataset)
    rewrite(dataset, "labels", invert)
    rewrite(dataset, "splits", lambda rows: rows[0].update(split="train"))
    result = run("dataset", "seal", dataset, "--json")
    assert result.exit_code == 0, result.stderr
    after = Dataset.open(dataset)
    found = json.loads(result.stdout)
    assert found == {"folder": str(dataset), "sealed": True, "digest": after.digest, "before": before.digest}
    assert f"digest before: {before.digest}" in result.stderr
    assert f"digest now:    {after.digest}" in result.stderr
    assert before.digest != after.digest
    after.verify()
    assert run("dataset", "check", dataset).exit_code == 0
    assert after.card["split"]["listings"]["train"] == 5
    assert after.digest in (dataset / "README.md").read_text(encoding="utf-8")
    assert next(iter(after.labels())).answer is Answer.YES


def test_sealing_what_has_not_changed_changes_nothing(dataset: Path) -> None:
    assert run("dataset", "seal", dataset).exit_code == 0
    card = (dataset / "dataset.toml").read_bytes()
    assert run("dataset", "seal", dataset).exit_code == 0
    assert (dataset / "dataset.toml").read_bytes() == card


def test_what_fails_the_check_is_not_sealed(dataset: Path) -> None:
    before = (dataset / "dataset.toml").read_bytes()
    rewrite(dataset, "labels", lambda rows: rows[0].update(answer="maybe"))
    result = run("dataset", "seal", dataset)
    assert result.exit_code == 1
    assert "error: unknown answer (1)" in result.stderr
    assert (dataset / "dataset.toml").read_bytes() == before


@pytest.mark.usefixtures("settings")
def test_nothing_is_trained_on_tables_that_the_card_does_not_describe(nothing: str, dataset: Path) -> None:
    rewrite(dataset, "labels", invert)
    result = run("train", "--dataset", dataset, "--recipe", nothing)
    assert result.exit_code == 2
    assert "labels.parquet has changed since dataset.toml was written" in result.stderr
    assert f"python -m training dataset seal {dataset}" in result.stderr


def test_a_photo_from_outside_is_not_shown(dataset: Path) -> None:
    (dataset.parent / "secret.jpg").write_bytes(b"secret")
    rewrite(dataset, "listings", lambda rows: rows[0].update(photos=["../secret.jpg"]))
    result = run("dataset", "show", dataset)
    assert result.exit_code == 2
    assert "listing l0: the photo '../secret.jpg' lies outside" in result.stderr
    assert not (dataset / "contact_sheet.html").exists()
