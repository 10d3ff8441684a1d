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
