"""From a model's address to the bundle folder on disk; asked once, at start-up."""

import logging
import warnings
from pathlib import Path

SCHEME = "models:/"


def resolve(model: str, *, tracking_uri: str) -> Path:
    """The bundle folder that `models:/NAME@ALIAS`, `models:/NAME/VERSION` or a path stands for.

    MLflow is imported only where a registry has to be asked.

    Raises:
        ValueError: there is no such model or folder.
    """
    if model.startswith(SCHEME):
        return _registered(model, tracking_uri=tracking_uri)
    folder = Path(model)
    if not (folder / "bundle.json").is_file():
        raise ValueError(f"{model!r} is neither a bundle folder nor an address such as models:/listing-risk@champion")
    return folder.resolve()


def _registered(model: str, *, tracking_uri: str) -> Path:
    store = Path(tracking_uri.removeprefix("sqlite:///"))
    if tracking_uri.startswith("sqlite:///") and not store.is_file():  # else MLflow would create an empty one
        raise ValueError(f"{model} cannot be found: there is no {store}; train and promote a model first")
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow
        from mlflow.exceptions import MlflowException
        from mlflow.models import Model
    mlflow.set_tracking_uri(tracking_uri)
    mlflow.set_registry_uri(tracking_uri)
    try:
        local = Path(mlflow.artifacts.download_artifacts(artifact_uri=model))
    except (MlflowException, OSError) as error:
        raise ValueError(f"{model} cannot be found in {tracking_uri}: {error}") from error
    flavour = Model.load(str(local / "MLmodel")).flavors.get("python_function", {})
    bundle = flavour.get("artifacts", {}).get("bundle")
    if bundle is None:
        raise ValueError(f"{model} was not registered by Trueshelf: it has no artifact 'bundle'")
    return local / str(bundle["path"])
