"""`python -m training train`, with a recipe that trains nothing: runs, resuming, registering."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from training.cli import app
from training.environment import user
from training.registry import resolve
from training.settings import Settings
from training.store import connect
from trueshelf.listings import Dataset

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("settings")]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def trained(dataset: Dataset, *options: object) -> dict[str, Any]:
    result = run("train", "--dataset", dataset.folder, "--recipe", "nothing", "--json", *options)
    assert result.exit_code == 0, (result.stderr, result.exception)
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def test_a_run_is_written_down_and_its_model_registered(nothing: str, small: Dataset, settings: Settings) -> None:
    found = trained(small, "--set", "seed=5")
    client = connect(settings)
    run = client.get_run(found["run_id"])
    assert run.info.status == "FINISHED"
    assert run.data.params == {
        "recipe": nothing,
        "seed": "5",
        "die_at": "None",
        "end_at": "None",
        "image_encoder": "none",
    }
    assert run.data.tags["dataset_digest"] == small.digest
    assert run.data.tags["git_commit"]
    assert run.data.tags["mlflow.user"] == user()
    assert run.inputs is not None
    assert [item.dataset.name for item in run.inputs.dataset_inputs] == ["small"]
    assert [point.value for point in client.get_metric_history(found["run_id"], "loss")] == [0.9, 0.5, 0.4]
    artifacts = {item.path for item in client.list_artifacts(found["run_id"])}
    assert {"environment.txt", "model_card.md"} <= artifacts
    assert found["version"] == "1"
    for name in ("1", "latest", found["model"], found["run_id"]):
        model = resolve(name, settings)
        assert (model.version, model.dataset_digest) == ("1", small.digest)
        assert (model.folder / "bundle.json").read_text() == (Path(found["bundle"]) / "bundle.json").read_text()


@pytest.mark.usefixtures("nothing")
def test_the_same_run_is_not_repeated_unless_asked_for(small: Dataset) -> None:
    first, second = trained(small), trained(small)
    assert (first["already_there"], second["already_there"]) == (False, True)
    assert second["version"] == first["version"]
    assert second["report"] == first["report"]
    assert trained(small, "--set", "seed=1")["version"] == "2"
    again = trained(small, "--again")
    assert (again["already_there"], again["version"]) == (False, "3")
    assert again["run_id"] != first["run_id"]


@pytest.mark.usefixtures("nothing")
def test_a_killed_run_goes_on_in_the_same_mlflow_run(small: Dataset, settings: Settings) -> None:
    killed = run("train", "--dataset", small.folder, "--recipe", "nothing", "--set", "die_at=2")
    assert killed.exit_code not in (0, 2)
    client = connect(settings)
    (experiment,) = client.search_experiments(filter_string="name = 'listing-risk'")
    (run_found,) = client.search_runs([experiment.experiment_id])
    assert run_found.info.status == "KILLED"
    found = trained(small, "--set", "die_at=2")
    assert found["run_id"] == run_found.info.run_id
    assert client.get_run(found["run_id"]).info.status == "FINISHED"
    assert len(client.search_runs([experiment.experiment_id])) == 1
    points = client.get_metric_history(found["run_id"], "loss")
    assert [(point.step, point.value) for point in points] == [(0, 0.9), (1, 0.5), (2, 0.4)], "each step once"


@pytest.mark.usefixtures("nothing")
def test_a_run_that_is_asked_to_end_is_written_down_as_killed(small: Dataset, settings: Settings) -> None:
    before = signal.getsignal(signal.SIGTERM)
    assert run("train", "--dataset", small.folder, "--recipe", "nothing", "--set", "end_at=1").exit_code not in (0, 2)
    client = connect(settings)
    (experiment,) = client.search_experiments(filter_string="name = 'listing-risk'")
    assert [each.info.status for each in client.search_runs([experiment.experiment_id])] == ["KILLED"]
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.usefixtures("nothing")
def test_a_spoilt_record_of_a_finished_run_is_as_none(small: Dataset, settings: Settings) -> None:
    trained(small)
    (record,) = (settings.work / "runs").glob("*/done.json")
    record.write_text("")
    assert trained(small)["already_there"] is False


@pytest.mark.usefixtures("nothing")
def test_an_encoder_whose_files_changed_is_trained_with_anew(small: Dataset, tmp_path: Path) -> None:
    encoder = tmp_path / "encoder"
    encoder.mkdir()
    (encoder / "model.safetensors").write_bytes(b"one")
    options = ("--set", f"image_encoder={encoder}")
    assert trained(small, *options)["already_there"] is False
    assert trained(small, *options)["already_there"] is True
    (encoder / "model.safetensors").write_bytes(b"two")
    assert trained(small, *options)["already_there"] is False


@pytest.mark.usefixtures("nothing")
def test_mistakes_are_named(small: Dataset) -> None:
    for options, message in (
        (("--recipe", "nothing", "--set", "sead=1"), "did you mean seed?"),
        (("--recipe", "everything"), "there is no recipe 'everything'; there are"),
        (("--recipe", "listings", "--set", "members=0"), "members 0 must be at least 1"),
        (("--recipe", "listings", "--set", "alpha=2"), "alpha 2.0 must be below 1"),
        (("--recipe", "photos", "--set", "batch=0"), "batch 0 must be at least 1"),
        (("--recipe", "photos", "--set", "learning_rate=nan"), "learning_rate nan must be above 0"),
    ):
        result = run("train", "--dataset", small.folder, *options)
        assert result.exit_code == 2
        assert message in result.stderr
    for name in ("7", "champion", "models:/listing-risk@champion", "no-such-thing"):
        result = run("evaluate", name)
        assert result.exit_code == 2
        assert f"there is no model {name!r}: no model is registered yet" in result.stderr
    assert "'models:/other/1' is another model" in run("promote", "models:/other/1").stderr


@pytest.mark.usefixtures("nothing")
def test_recipes_are_listed_with_their_fields() -> None:
    result = run("recipes", "--json")
    config = {"seed": 0, "die_at": None, "end_at": None, "image_encoder": "none"}
    assert json.loads(result.stdout)["nothing"] == {"summary": "trains nothing", "config": config}
    assert "--set die_at=None" in result.stderr
