from pathlib import Path

import pytest

from serving.classify.registry import challenger_of, parted, resolve


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


@pytest.mark.parametrize("address", ["models:/", "models:/listing-risk", "models:/@champion", "models:/listing-risk/"])
def test_an_address_that_names_no_model_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=f"'{address}' names no model"):
        parted(address)


def test_the_challenger_has_the_champions_name() -> None:
    for address in ("models:/listing-risk@champion", "models:/listing-risk/3"):
        assert challenger_of(address) == "models:/listing-risk@challenger"
