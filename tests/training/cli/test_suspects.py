"""`suspects`, from a folder and from a run of the registry."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from training.cli import app
from training.settings import Settings
from training.suspect_report import SUSPECTS, Counts, Suspects
from training.tracking import tracked

ROWS: list[dict[str, Any]] = [
    {
        "listing_id": f"l{number}",
        "head": head,
        "answer": "yes",
        "probability": 0.1,
        "margin": 0.8,
        "provenance": "report",
    }
    for number, head in enumerate(("counterfeit", "low_quality", "counterfeit"))
]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["suspects", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    heads = {"counterfeit": Counts(40, 2, 1.5, 0.5), "low_quality": Counts(30, 1, 1.0, 0.0)}
    (tmp_path / "run" / "bundle").mkdir(parents=True)
    Suspects(heads, ROWS).write(tmp_path / "run" / SUSPECTS)
    return tmp_path / "run"


def test_a_runs_folder_and_its_bundle_say_the_same(folder: Path) -> None:
    first, second = (run(place, "--json") for place in (folder, folder / "bundle"))
    assert first.exit_code == 0, first.stderr
    assert json.loads(first.stdout)["suspects"] == json.loads(second.stdout)["suspects"] == ROWS
    assert json.loads(first.stdout)["heads"]["low_quality"] == {
        "answers": 30,
        "suspected": 1,
        "wrong_yes": 1.0,
        "wrong_no": 0.0,
    }


def test_one_head_and_a_few_can_be_asked_for(folder: Path) -> None:
    found = json.loads(run(folder, "--head", "counterfeit", "--limit", 1, "--json").stdout)
    assert found["suspects"] == ROWS[:1]
    assert list(found["heads"]) == ["counterfeit"]


def test_people_get_a_table_and_the_counts(folder: Path) -> None:
    found = run(folder)
    assert "low_quality: 1 of 30 answers are suspected" in found.stderr
    assert "l2" in found.stderr


def test_what_left_no_report_is_a_mistake(settings: Settings, tmp_path: Path) -> None:
    del settings
    found = run(tmp_path)
    assert found.exit_code == 2
    assert "error:" in found.stderr


@pytest.mark.slow
@pytest.mark.xdist_group("bundle")
def test_a_registered_model_says_what_its_run_left(settings: Settings, bundle_folder: Path) -> None:
    with tracked(settings, settings.work / "run", name="a test", tags={"recipe": "listings"}) as tracker:
        version = tracker.bundle(bundle_folder)
        tracker.file(bundle_folder.parent / SUSPECTS)
    written = Suspects.read(bundle_folder.parent / SUSPECTS)
    found = json.loads(run(version, "--limit", 1000, "--json").stdout)
    assert found["suspects"] == list(written.rows)
    assert set(found["heads"]) == {"counterfeit", "low_quality"}
    with tracked(settings, settings.work / "other", name="a test", tags={"recipe": "listings"}) as tracker:
        bare = tracker.bundle(bundle_folder)
    assert "left no suspected_labels.parquet" in run(bare).stderr
