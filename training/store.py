"""MLflow's store under `mlruns/`: a SQLite file and a folder of artefacts, without a server."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from training.settings import MODEL_NAME, Settings, silence

if TYPE_CHECKING:
    from mlflow import MlflowClient


@contextmanager
def unwarned() -> Iterator[None]:
    """For calls of MLflow, which warns of code of its own and of options that were not used."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def connect(settings: Settings) -> "MlflowClient":
    """A client of the store, which is made where there is none; MLflow's chatter is turned down to warnings."""
    silence()
    settings.mlruns.mkdir(parents=True, exist_ok=True)
    with unwarned():
        import mlflow

    for name in ("mlflow", "alembic"):  # the import sets levels of its own
        logging.getLogger(name).setLevel(logging.ERROR)
    mlflow.set_tracking_uri(settings.tracking_uri)
    mlflow.set_registry_uri(settings.tracking_uri)
    return mlflow.MlflowClient(settings.tracking_uri, settings.tracking_uri)


def experiment(client: "MlflowClient", settings: Settings) -> str:
    """The id of the experiment that all runs are in, made where there is none."""
    found = client.get_experiment_by_name(MODEL_NAME)
    if found is not None:
        return str(found.experiment_id)
    return str(client.create_experiment(MODEL_NAME, artifact_location=(settings.mlruns / "artifacts").as_uri()))
