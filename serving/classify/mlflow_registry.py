"""The registry of an MLflow store."""

import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlparse

from serving.classify.registry import SCHEME, Registered, RegistryAway, parted

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

_SQLITE: Final = "sqlite:///"
_ABSENT: Final = frozenset({"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"})
_OPTIONS: Final = {
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # A connection that is kept goes on answering from a database file that is there no more.
    "MLFLOW_SQLALCHEMYSTORE_POOLCLASS": "NullPool",
}


class MlflowRegistry:
    """Finds models in an MLflow store. MLflow is imported when it is first asked, or by `prepare`.

    Args:
        tracking_uri: of the store; an SQLite file that is not there is never made.
    """

    def __init__(self, tracking_uri: str) -> None:
        self._uri = tracking_uri

    def prepare(self) -> None:
        """Import MLflow, which takes seconds that no question should be charged with."""
        for name, value in _OPTIONS.items():
            os.environ.setdefault(name, value)
        with warnings.catch_warnings(), suppress(ImportError):  # told by `find`
            warnings.simplefilter("ignore")
            import mlflow  # noqa: F401
        for name in ("mlflow", "alembic"):  # what goes wrong is raised, and told by whoever asked
            logging.getLogger(name).setLevel(logging.CRITICAL)

    def find(self, address: str) -> Registered | None:
        """The version that an address stands for; None where no version has that name.

        Raises:
            RegistryAway: the store does not answer.
            ValueError: it is no address.
        """
        name, version, alias = parted(address)
        with self._away(f"{address} cannot be found"):
            client = self._client()
            if alias:
                found = _known(lambda: client.get_model_version_by_alias(name, alias))
            else:
                found = _known(lambda: client.get_model_version(name, version))
            return None if found is None else _registered(found, client)

    def fetch(self, found: Registered, *, into: Path | None = None) -> Path:
        """Where a version's bundle lies: in its copy in a folder, or else where MLflow has it or puts it.

        Raises:
            RegistryAway: the store does not give the version away.
            ValueError: the version holds no bundle of ours.
        """
        address = f"{SCHEME}{found.name}/{found.version}"
        with self._away(f"{address} cannot be fetched"):
            self._client()
            from mlflow.artifacts import download_artifacts

            local = Path(download_artifacts(artifact_uri=address, dst_path=None if into is None else str(into)))
        return _bundle_in(local, address)

    def _client(self) -> "MlflowClient":
        store = Path(self._uri.removeprefix(_SQLITE))
        if self._uri.startswith(_SQLITE) and not store.is_file():  # else MLflow would create an empty one
            raise FileNotFoundError(f"there is no {store}; train and promote a model first")
        self.prepare()
        import mlflow

        mlflow.set_tracking_uri(self._uri)
        mlflow.set_registry_uri(self._uri)
        return mlflow.MlflowClient(self._uri, self._uri)

    @contextmanager
    def _away(self, what: str) -> Iterator[None]:
        """Whatever the store and the many libraries under it raise says that the registry is away."""
        try:
            yield
        except Exception as error:
            raise RegistryAway(f"{what} in {self._uri}: {_first_line(error)}") from error


def _known(ask: "Callable[[], ModelVersion]") -> "ModelVersion | None":
    """What MLflow answers; None where it answers that there is no such thing."""
    from mlflow.exceptions import MlflowException

    try:
        return ask()
    except MlflowException as error:
        if error.error_code in _ABSENT:
            return None
        raise


def _registered(version: "ModelVersion", client: "MlflowClient") -> Registered:
    place = client.get_model_version_download_uri(version.name, version.version)
    content = f"{place} {version.last_updated_timestamp} {_marks_of(place)}"
    return Registered(str(version.name), str(version.version), version.run_id or None, content)


def _marks_of(place: str) -> str:
    """Sizes and times of a local artefact's files; nothing of one that lies elsewhere, which MLflow never alters."""
    parts = urlparse(place)
    if parts.scheme not in ("", "file"):
        return ""
    folder = Path(unquote(parts.path)) / "artifacts"
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return " ".join(f"{path.name}:{path.stat().st_size}:{path.stat().st_mtime_ns}" for path in files)


def _bundle_in(local: Path, address: str) -> Path:
    from mlflow.models import Model

    model = local / "MLmodel"
    flavours = Model.load(str(model)).flavors if model.is_file() else {}
    bundle = flavours.get("python_function", {}).get("artifacts", {}).get("bundle")
    if bundle is None:
        raise ValueError(f"{address} was not registered by Trueshelf: it has no artifact 'bundle'")
    return local / str(bundle["path"])


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
