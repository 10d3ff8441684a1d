"""`python -m training search`, with a recipe that trains nothing, and with the default one on a small market."""

import json
import shlex
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from training.cli import app
from training.cli.search import seconds
from training.settings import Settings
from training.store import connect
from trueshelf.listings import Dataset

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("settings")]


@contextmanager
def rehearsed(dataset: Dataset, config: Any, **others: object) -> Iterator[Callable[..., None]]:
    """Trials whose score is best at seed 70, reached over five epochs; dies once where a file asks for it."""
    del config, others

    def trial(config: Any, *, work: Path, report: Callable[[int, int, float], None]) -> None:
        work.mkdir(parents=True, exist_ok=True)
        for epoch in range(5):
            report(epoch, 5, (1 - abs(config.seed - 70) / 100) * (epoch + 1) / 5)
            order = dataset.folder.parent / "die"
            if epoch == 2 and order.exists() and int(order.read_text()) == len(list(work.parent.parent.glob("t*"))):
                order.unlink()
                raise KeyboardInterrupt

    yield trial


@pytest.fixture
def searchable(nothing: str, monkeypatch: pytest.MonkeyPatch) -> str:
    from dataclasses import replace

    from training.recipes import RECIPES, Rehearsal

    recipe = replace(RECIPES[nothing], rehearsal=Rehearsal(rehearsed, {"seed": "0..100"}))
    monkeypatch.setitem(RECIPES, nothing, recipe)
    return nothing


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def found(dataset: Path, recipe: str, *options: object) -> dict[str, Any]:
    result = run("search", "--dataset", dataset, "--recipe", recipe, "--json", *options)
    assert result.exit_code == 0, (result.stderr, result.exception)
    value = json.loads(result.stdout)
    assert isinstance(value, dict)
    return value


def test_the_best_is_a_command_and_every_trial_a_run_under_the_searchs(
    searchable: str, small: Dataset, settings: Settings
) -> None:
    first = found(small.folder, searchable, "--trials", 12)
    assert abs(first["best"]["seed"] - 70) < 20
    assert first["score"] == pytest.approx(1 - abs(first["best"]["seed"] - 70) / 100)
    assert first["finished"] + first["pruned"] == 12
    assert first["pruned"]
    assert shlex.split(first["command"])[-2:] == ["--set", f"seed={first['best']['seed']}"]
    client = connect(settings)
    (experiment,) = client.search_experiments(filter_string="name = 'listing-risk'")
    children = client.search_runs([experiment.experiment_id], f"tags.`mlflow.parentRunId` = '{first['run_id']}'")
    assert {int(child.data.tags["trial"]) for child in children} == set(range(12))
    assert sum(child.data.tags["outcome"] == "pruned" for child in children) == first["pruned"]
    assert all(child.info.status == "FINISHED" and "validation_pr_auc" in child.data.metrics for child in children)
    more = found(small.folder, searchable, "--trials", 13)
    assert (more["finished"] + more["pruned"], more["run_id"]) == (13, first["run_id"])
    assert more["score"] >= first["score"]


def test_a_kill_loses_the_running_trial_at_most(searchable: str, small: Dataset, settings: Settings) -> None:
    (small.folder.parent / "die").write_text("1")
    killed = run("search", "--dataset", small.folder, "--recipe", searchable, "--trials", 3)
    assert killed.exit_code not in (0, 2)
    again = found(small.folder, searchable, "--trials", 3)
    assert again["finished"] + again["pruned"] == 3
    assert not list(settings.work.glob("searches/*/trial-*"))


def test_mistakes_are_one_line(searchable: str, small: Dataset) -> None:
    for options in (["--space", "nothing=1..2"], ["--timeout", "soon"], ["--recipe", "photos"]):
        result = run("search", "--dataset", small.folder, "--recipe", searchable, *options)
        assert result.exit_code == 2
        assert result.stderr.count("\n") == 1


def test_a_time_is_read_with_its_unit() -> None:
    assert [seconds(text) for text in ("90", "90s", "1.5m", "2h")] == [90, 90, 90, 7200]


@pytest.mark.xdist_group("bundle")
def test_neither_calibration_nor_test_listings_are_read(
    market: Dataset, workspace_folder: Path, tmp_path: Path, settings: Settings
) -> None:
    """With all their photos gone the search finds the same."""
    settings.work.mkdir(exist_ok=True)
    for name in ("embeddings", "encoders"):
        if (workspace_folder / name).exists():
            (settings.work / name).symlink_to(workspace_folder / name)
    crippled = tmp_path / "crippled"
    shutil.copytree(market.folder, crippled)
    splits = market.splits()
    kept, gone = set[str](), set[str]()
    for row in market.table("listings").to_pylist():
        own = kept if splits[row["listing_id"]].value in ("train", "validation") else gone
        own |= set(row["photos"])
    for photo in gone - kept:
        (crippled / photo).unlink()
    options = ("--trials", 1, "--set", "epochs=2", "--set", "ocr=false", "--space", "dropout=0.3|0.31")
    whole = found(market.folder, "listings", *options)
    shutil.rmtree(settings.work / "searches")
    assert found(crippled, "listings", *options)["score"] == pytest.approx(whole["score"], abs=0.02)
    assert not list(settings.work.glob("searches/*/bundle"))
