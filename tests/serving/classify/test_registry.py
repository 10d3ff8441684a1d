from pathlib import Path

import pytest

from serving.classify.registry import resolve


def test_a_bundle_folder_stands_for_itself(tmp_path: Path) -> None:
    (tmp_path / "bundle.json").write_text("{}")

    assert resolve(str(tmp_path), tracking_uri="sqlite:////nowhere/mlflow.db") == tmp_path.resolve()


def test_a_folder_without_a_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="neither a bundle folder nor an address"):
        resolve(str(tmp_path), tracking_uri="sqlite:////nowhere/mlflow.db")


def test_a_store_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    store = tmp_path / "mlruns" / "mlflow.db"

    with pytest.raises(ValueError, match=r"there is no .*mlflow\.db; train and promote a model first"):
        resolve("models:/listing-risk@champion", tracking_uri=f"sqlite:///{store}")

    assert not store.parent.exists()


@pytest.mark.slow
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of MLflow itself
def test_what_training_registers_is_found_by_version_and_alias(tmp_path: Path) -> None:
    from training.registry import log_bundle
    from training.settings import MODEL_NAME, Settings
    from training.store import connect, experiment

    made = tmp_path / "made"
    made.mkdir()
    (made / "bundle.json").write_text('{"made": "here"}')
    settings = Settings(tmp_path / "data")
    client = connect(settings)
    import mlflow

    with mlflow.start_run(experiment_id=experiment(client, settings)):
        version = log_bundle(made)
    client.set_registered_model_alias(MODEL_NAME, "champion", version)

    for address in (f"models:/{MODEL_NAME}/{version}", f"models:/{MODEL_NAME}@champion"):
        folder = resolve(address, tracking_uri=settings.tracking_uri)
        assert folder != made
        assert (folder / "bundle.json").read_text() == '{"made": "here"}'
    with pytest.raises(ValueError, match="models:/listing-risk@challenger cannot be found in sqlite"):
        resolve(f"models:/{MODEL_NAME}@challenger", tracking_uri=settings.tracking_uri)
