"""A small real model for all tests that need one: trained once a session on a small simulated market."""

from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from trueshelf.listings import Dataset

SHOPS = 40

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
    from training.data.market import build_market

    folder = shared_folder / "market"
    with FileLock(shared_folder / "market.lock"):
        if not (folder / "dataset.toml").exists():
            build_market(folder, shops=SHOPS, seed=11, workers=2)
    return Dataset.open(folder)


@pytest.fixture(scope="session")
def workspace_folder(shared_folder: Path) -> Path:
    """Where runs of this session share exported encoders and embeddings."""
    folder = shared_folder / "work"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def bundle_folder(market: Dataset, shared_folder: Path, workspace_folder: Path) -> Path:
    """A sealed bundle of the default recipe, looking at whole photos only; read-only."""
    from training.progress import silent
    from training.recipes import Workspace
    from training.recipes.listings import run
    from training.recipes.listings_config import ListingsConfig
    from training.tracking import NoTracker
    from trueshelf.models.manifest import MANIFEST

    workspace = Workspace(run=shared_folder / "run", shared=workspace_folder)
    with FileLock(shared_folder / "bundle.lock"):
        if not (workspace.bundle / MANIFEST).exists():
            run(market, ListingsConfig(grid=0, epochs=6), workspace=workspace, tracker=NoTracker(), progress=silent)
    return workspace.bundle
