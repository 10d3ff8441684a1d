"""The registered model `listing-risk`: bundles in, by version or alias; bundles out, as local folders."""

from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING

from training.settings import CHAMPION, MODEL_NAME, Settings
from training.store import connect, unwarned
from trueshelf.models.manifest import MANIFEST

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.models import ModelSignature

_BUNDLE = "artifacts/bundle"
_PACKAGES = ("numpy", "onnxruntime", "pillow", "tokenizers", "pyarrow", "rapidfuzz", "confusable-homoglyphs", "pandas")
_TEXTS = (
    *("shop_id", "title", "description", "brand", "category", "price_currency", "list_price_currency", "language"),
    *("attributes", "listed_at", "shop"),
)
_NUMBERS = ("price_amount", "list_price_amount")


@dataclass(frozen=True, slots=True)
class Model:
    """A model found.

    Attributes:
        folder: its bundle.
        version: in the registry; None for a bundle that is only a folder.
        run_id: the MLflow run that made it; None for a bundle that is only a folder.
        dataset_folder, dataset_digest: what it was made from, where the registry knows.
    """

    folder: Path
    version: str | None = None
    run_id: str | None = None
    dataset_folder: Path | None = None
    dataset_digest: str | None = None

    @property
    def label(self) -> str:
        return str(self.folder) if self.version is None else f"{MODEL_NAME}/{self.version}"


def log_bundle(folder: Path) -> str:
    """Log a bundle as one MLflow model of the active run and register it; the version that it got."""
    with unwarned():
        import mlflow.pyfunc

        info = mlflow.pyfunc.log_model(
            name=MODEL_NAME,
            python_model=str(Path(__file__).with_name("pyfunc_model.py")),
            artifacts={"bundle": str(folder)},
            signature=_signature(),
            pip_requirements=[f"{package}=={installed(package)}" for package in _PACKAGES],
            registered_model_name=MODEL_NAME,
        )
    return str(info.registered_model_version)


def resolve(model: str, settings: Settings) -> Model:
    """The model that a user names.

    Args:
        model: a bundle's folder; `models:/listing-risk@champion` or `models:/listing-risk/3`; or short: an alias as
            `champion`, a version such as `3`, `latest`, or the id of the run that made it.

    Raises:
        ValueError: nothing of that name exists.
    """
    folder = Path(model)
    if (folder / MANIFEST).is_file():
        return Model(folder)
    if folder.is_dir() and not model.isdigit():
        raise ValueError(f"{folder} is no model bundle: it holds no {MANIFEST}")
    return _downloaded(_find(model, connect(settings)))


def artifact(model: Model, name: str, settings: Settings) -> Path:
    """A local copy of a file that the run of a model left.

    Raises:
        ValueError: the model is not of a run, or its run left no such file.
    """
    from mlflow.exceptions import MlflowException

    if model.run_id is None:
        raise ValueError(f"{model.label} has no {name}: neither beside it, nor is it known what run made it")
    try:
        return Path(connect(settings).download_artifacts(model.run_id, name))
    except (MlflowException, OSError) as error:
        raise ValueError(f"the run {model.run_id} of {model.label} left no {name}; train anew to have it") from error


def registered(version: str, settings: Settings) -> bool:
    """Whether the registry has a version."""
    from mlflow.exceptions import MlflowException

    try:
        connect(settings).get_model_version(MODEL_NAME, version)
    except MlflowException:
        return False
    return True


def version_of_run(run_id: str, client: "MlflowClient") -> str | None:
    """The version that a run has registered; None where it has not."""
    versions = client.search_model_versions(f"name='{MODEL_NAME}' and run_id='{run_id}'")
    return str(versions[0].version) if versions else None


def champion_version(client: "MlflowClient") -> str | None:
    """The version that has the alias `champion`; None where no model has it."""
    from mlflow.exceptions import MlflowException

    try:
        return str(client.get_model_version_by_alias(MODEL_NAME, CHAMPION).version)
    except MlflowException:
        return None


def _find(model: str, client: "MlflowClient") -> "ModelVersion":
    from mlflow.exceptions import MlflowException

    name, short = _short(model)
    try:
        if short == "latest":
            return _newest(name, client)
        if short.isdigit():
            return client.get_model_version(name, short)
        made = client.search_model_versions(f"name='{name}' and run_id='{short}'") if short.isalnum() else []
        return made[0] if made else client.get_model_version_by_alias(name, short)
    except MlflowException as error:
        raise ValueError(_unknown(model, client)) from error


def _short(model: str) -> tuple[str, str]:
    """The registered name, and the version or alias in it."""
    if not model.startswith("models:/"):
        return MODEL_NAME, model
    name, separator, alias = model.removeprefix("models:/").partition("@")
    if not separator:
        name, separator, alias = name.partition("/")
    if not name or not alias:
        raise ValueError(f"{model!r} names no model: it is neither models:/NAME@ALIAS nor models:/NAME/VERSION")
    if name != MODEL_NAME:
        raise ValueError(f"{model!r} is another model: these commands are for {MODEL_NAME} alone")
    return name, alias


def _newest(name: str, client: "MlflowClient") -> "ModelVersion":
    versions = client.search_model_versions(f"name='{name}'")
    if not versions:
        raise ValueError("no model is registered yet: python -m training train --dataset DIR --recipe NAME makes one")
    return max(versions, key=lambda found: int(found.version))


def _unknown(model: str, client: "MlflowClient") -> str:
    versions = sorted(int(found.version) for found in client.search_model_versions(f"name='{MODEL_NAME}'"))
    there = f"versions {', '.join(map(str, versions))} are registered" if versions else "no model is registered yet"
    return f"there is no model {model!r}: {there}, and {model!r} is neither an alias, a run nor a bundle's folder"


def _downloaded(found: "ModelVersion") -> Model:
    import mlflow

    folder = Path(mlflow.artifacts.download_artifacts(f"models:/{found.name}/{found.version}")) / _BUNDLE
    if not (folder / MANIFEST).is_file():
        raise ValueError(f"version {found.version} of {found.name} holds no bundle: {folder} is missing")
    made_from = found.tags.get("dataset_folder")
    return Model(
        folder,
        str(found.version),
        found.run_id,
        None if made_from is None else Path(made_from),
        found.tags.get("dataset_digest"),
    )


def _signature() -> "ModelSignature":
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema, TensorSpec
    from mlflow.types.schema import Array

    columns: list[ColSpec | TensorSpec] = [ColSpec(DataType.string, "listing_id")]
    columns += [ColSpec(DataType.string, name, required=False) for name in _TEXTS]
    columns += [ColSpec(DataType.double, name, required=False) for name in _NUMBERS]
    columns.append(ColSpec(Array(DataType.binary), "photos", required=False))
    return ModelSignature(inputs=Schema(columns))
