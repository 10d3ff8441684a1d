"""MLflow itself: what training registers is found and fetched, and a store that is away is told."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from serving.classify.mlflow_registry import MlflowRegistry
from serving.classify.prompt import Prompt
from serving.classify.registry import RegistryAway, resolve
from training.registry import log_bundle
from training.settings import MODEL_NAME, Settings
from training.store import connect, experiment

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # of MLflow itself
    pytest.mark.xdist_group("mlflow"),
]

CHAMPION = f"models:/{MODEL_NAME}@champion"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store with two versions, of which the second is the champion."""
    settings = Settings(tmp_path_factory.mktemp("data"))
    MlflowRegistry(settings.tracking_uri).prepare()  # before MLflow opens the store: it keeps what it has opened
    client = connect(settings)
    import mlflow

    for number in (1, 2):
        made = tmp_path_factory.mktemp("made")
        (made / "bundle.json").write_text(f'{{"made": {number}}}')
        with mlflow.start_run(experiment_id=experiment(client, settings)):
            version = log_bundle(made)
    client.set_registered_model_alias(MODEL_NAME, "champion", version)
    return settings


@pytest.fixture
def registry(settings: Settings) -> MlflowRegistry:
    return MlflowRegistry(settings.tracking_uri)


@contextmanager
def gone(settings: Settings) -> Iterator[None]:
    """The store's file is elsewhere for a while."""
    store = settings.mlruns / "mlflow.db"
    store.rename(store.with_suffix(".away"))
    yield
    store.with_suffix(".away").rename(store)


def test_what_training_registers_is_found_by_version_and_alias(settings: Settings) -> None:
    for address in (f"models:/{MODEL_NAME}/2", CHAMPION):
        folder = resolve(address, tracking_uri=settings.tracking_uri)
        assert (folder / "bundle.json").read_text() == '{"made": 2}'
    with pytest.raises(ValueError, match="models:/listing-risk@challenger cannot be found in sqlite"):
        resolve(f"models:/{MODEL_NAME}@challenger", tracking_uri=settings.tracking_uri)


def test_a_copy_is_fetched_of_the_version_that_was_found(registry: MlflowRegistry, tmp_path: Path) -> None:
    found = registry.find(f"models:/{MODEL_NAME}/1")
    assert found is not None
    assert (found.name, found.version) == (MODEL_NAME, "1")
    assert found.run_id

    bundle = registry.fetch(found, into=tmp_path)

    assert bundle.is_relative_to(tmp_path)
    assert (bundle / "bundle.json").read_text() == '{"made": 1}'
    assert registry.find(f"models:/{MODEL_NAME}/1") == found


def test_a_version_that_was_altered_where_it_lies_is_found_to_be_another(
    registry: MlflowRegistry, settings: Settings
) -> None:
    address = f"models:/{MODEL_NAME}/1"
    before = registry.find(address)
    (resolve(address, tracking_uri=settings.tracking_uri) / "bundle.json").write_text('{"made": 7}')

    assert registry.find(address) != before


def test_a_name_that_no_version_has_is_told_from_a_store_that_is_away(
    registry: MlflowRegistry, settings: Settings
) -> None:
    for absent in (f"{MODEL_NAME}@challenger", f"{MODEL_NAME}/9", "other@champion", "other/1"):
        assert registry.find(f"models:/{absent}") is None
    with (
        gone(settings),
        pytest.raises(RegistryAway, match=r"there is no .*mlflow\.db; train and promote a model first"),
    ):
        registry.find(CHAMPION)
    assert registry.find(CHAMPION) is not None


def test_a_store_that_comes_back_as_another_file_is_asked_anew(registry: MlflowRegistry, settings: Settings) -> None:
    store = settings.mlruns / "mlflow.db"
    first = registry.find(CHAMPION)
    content = store.read_bytes()
    with gone(settings):
        store.write_bytes(content)
        connect(settings).set_registered_model_alias(MODEL_NAME, "champion", "1")
        moved = registry.find(CHAMPION)
        store.unlink()

    assert first is not None
    assert moved is not None
    assert (first.version, moved.version) == ("2", "1")


def test_a_locked_store_counts_as_away_in_time(registry: MlflowRegistry, settings: Settings) -> None:
    registry.prepare()
    prompt = Prompt(registry, ask=0.5)
    with closing(sqlite3.connect(settings.mlruns / "mlflow.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(RegistryAway, match=r"has not answered in 0\.5 s"):
            prompt.find(CHAMPION)
        other.execute("ROLLBACK")
