"""Where a run is written down: MLflow's store under `mlruns/`, or nowhere.

A run that is killed and started again goes on in the same MLflow run: its id lies in the run's own folder.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from training.environment import git_commit, packages, user
from training.settings import MODEL_NAME, Settings
from training.state import read_state, write_state
from training.store import connect, experiment
from trueshelf.listings import Dataset

if TYPE_CHECKING:
    from mlflow import MlflowClient

RUN_FILE = "run.json"


class Tracker(Protocol):
    """What a recipe and the command around it write down."""

    def params(self, values: Mapping[str, Any]) -> None: ...

    def metric(self, name: str, value: float, *, step: int) -> None: ...

    def figure(self, path: Path) -> None: ...

    def file(self, path: Path) -> None: ...

    def text(self, name: str, content: str) -> None: ...

    def dataset(self, dataset: Dataset) -> None: ...

    def bundle(self, folder: Path) -> str:
        """Log and register a bundle; the version that it got."""
        ...


class NoTracker:
    """Writes nothing down."""

    def params(self, values: Mapping[str, Any]) -> None:
        del values

    def metric(self, name: str, value: float, *, step: int) -> None:
        del name, value, step

    def figure(self, path: Path) -> None:
        del path

    def file(self, path: Path) -> None:
        del path

    def text(self, name: str, content: str) -> None:
        del name, content

    def dataset(self, dataset: Dataset) -> None:
        del dataset

    def bundle(self, folder: Path) -> str:
        del folder
        return "0"


@dataclass(frozen=True, slots=True)
class MlflowTracker:
    """Writes into one MLflow run.

    Attributes:
        logged: for each metric written so far, its steps. A run that goes on reports its curves from the beginning.
    """

    client: "MlflowClient"
    run_id: str
    logged: dict[str, set[int]] = field(default_factory=dict)

    def params(self, values: Mapping[str, Any]) -> None:
        """Log parameters; a resumed run has the same ones already, since its folder is named by them."""
        for name, value in values.items():
            self.client.log_param(self.run_id, name, value)

    def metric(self, name: str, value: float, *, step: int) -> None:
        if name not in self.logged:
            self.logged[name] = {point.step for point in self.client.get_metric_history(self.run_id, name)}
        if step not in self.logged[name]:
            self.client.log_metric(self.run_id, name, value, step=step)
            self.logged[name].add(step)

    def figure(self, path: Path) -> None:
        self.client.log_artifact(self.run_id, str(path), "plots")

    def file(self, path: Path) -> None:
        self.client.log_artifact(self.run_id, str(path))

    def text(self, name: str, content: str) -> None:
        self.client.log_text(self.run_id, content, name)

    def dataset(self, dataset: Dataset) -> None:
        """Log a dataset, by its digest, as the run's input."""
        from mlflow.entities import Dataset as Entity
        from mlflow.entities import DatasetInput, InputTag

        folder, split = str(dataset.folder.resolve()), str(dataset.card.get("split", {}).get("digest", ""))
        entity = Entity(
            name=dataset.name,
            digest=dataset.digest[:36],  # the column's width
            source_type="local",
            source=json.dumps({"uri": folder}),
            profile=json.dumps({"digest": dataset.digest, "split_digest": split}),
        )
        self.client.log_inputs(self.run_id, [DatasetInput(entity, [InputTag("mlflow.data.context", "training")])])
        for tag, value in (("dataset_folder", folder), ("dataset_digest", dataset.digest)):
            self.client.set_tag(self.run_id, tag, value)

    def bundle(self, folder: Path) -> str:
        """Log a bundle as one MLflow model and register it, unless the run did so before it was killed."""
        import mlflow

        from training.registry import log_bundle, version_of_run

        version = version_of_run(self.run_id, self.client)
        if version is None:
            with mlflow.start_run(run_id=self.run_id):
                version = log_bundle(folder)
        tags = self.client.get_run(self.run_id).data.tags
        for name in ("git_commit", "dataset_digest", "dataset_folder", "recipe"):
            if name in tags:
                self.client.set_model_version_tag(MODEL_NAME, version, name, tags[name])
        self.client.set_tag(self.run_id, "model_version", version)
        return version


@contextmanager
def tracked(settings: Settings, folder: Path, *, name: str, tags: Mapping[str, str]) -> Iterator[MlflowTracker]:
    """The MLflow run that belongs to a run's folder: begun, or gone on with where an earlier attempt left off.

    Args:
        folder: the run's own; `run.json` in it holds the MLflow run's id.
        name: what MLflow shows for a run that is begun.
    """
    client = connect(settings)
    run_id = _earlier_run(client, folder)
    if run_id is None:
        run_id = client.create_run(experiment(client, settings), run_name=name).info.run_id
        write_state(folder / RUN_FILE, {"run_id": run_id})
    client.update_run(run_id, status="RUNNING")
    for tag, value in {**_origin(), **tags}.items():
        client.set_tag(run_id, tag, value)
    tracker = MlflowTracker(client, run_id)
    tracker.text("environment.txt", packages())
    try:
        yield tracker
    except BaseException as error:
        client.set_terminated(run_id, status="KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
        raise
    client.set_terminated(run_id, status="FINISHED")


def _origin() -> dict[str, str]:
    """Who ran what code; under MLflow's own names too, so that its pages show it."""
    commit = git_commit()
    return {
        "git_commit": commit,
        "mlflow.source.git.commit": commit.removesuffix("-dirty"),
        "mlflow.source.name": "python -m training",
        "mlflow.user": user(),
    }


def _earlier_run(client: "MlflowClient", folder: Path) -> str | None:
    from mlflow.exceptions import MlflowException

    record = read_state(folder / RUN_FILE)
    if record is None:
        return None
    run_id = str(record.get("run_id"))
    try:
        run = client.get_run(run_id)
    except MlflowException:
        return None
    return run_id if run.info.lifecycle_stage == "active" else None
