"""A small real model for all tests that need one: trained once a session on a small simulated market."""

from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from trueshelf.listings import Dataset

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all processes of one test session share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def market(shared_folder: Path) -> Dataset:
    """A simulated market of a few hundred listings, with splits."""
    from training.testing import small_market

    with FileLock(shared_folder / "market.lock"):
        return small_market(shared_folder / "market")


@pytest.fixture(scope="session")
def workspace_folder(shared_folder: Path) -> Path:
    """Where runs of this session share exported encoders and embeddings."""
    folder = shared_folder / "work"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def bundle_folder(market: Dataset, shared_folder: Path, workspace_folder: Path) -> Path:
    """A sealed bundle of the default recipe, looking at whole photos only; read-only."""
    from training.testing import small_bundle

    with FileLock(shared_folder / "bundle.lock"):
        return small_bundle(market, run=shared_folder / "run", shared=workspace_folder)
