"""A recipe that trains nothing, and a small dataset for it: for tests of all that lies around a recipe."""

import json
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from training.data.folder import write_dataset
from training.evaluation.table import NAMES
from training.progress import Progress
from training.settings import Settings
from training.store import connect
from training.tracking import Tracker
from trueshelf.listings import Dataset
from trueshelf.models.manifest import MANIFEST

if TYPE_CHECKING:
    from training.recipes import Outcome, Workspace  # at run time only where needed: it imports torch

CURVE = (0.9, 0.5, 0.4)


MEASURE = {"value": 0.5, "low": 0.4, "high": 0.6}
REPORT = {
    "model": "",
    "dataset": "",
    "split": "test",
    "generated": False,
    "listings": 4,
    "shops": 2,
    "errors": 0,
    "heads": {"counterfeit": {"n": 4, "positives": 2, "tail": 1, **dict.fromkeys(NAMES, MEASURE)}},
    "thresholds": {
        "counterfeit": {"review": 0.4, "act": None, "why_not": "2 shops are too few", "categories": {}, "groups": 1}
    },
    "field": {"counterfeit": {}},
    "prevalence": {"counterfeit": None},
    "slices": {"counterfeit": {}},
}


@dataclass(frozen=True)
class NothingConfig:
    seed: int = 0
    die_at: int | None = None
    end_at: int | None = None
    image_encoder: str = "none"


def run(
    dataset: Dataset, config: NothingConfig, *, workspace: "Workspace", tracker: Tracker, progress: Progress
) -> "Outcome":
    """Logs a curve, dying where it is told to unless it has died there before, or asked to end where it is told to."""
    scar = workspace.run / "scar"
    for step, loss in enumerate(CURVE):
        if step == config.die_at and not scar.exists():
            scar.touch()
            raise KeyboardInterrupt
        if step == config.end_at:
            signal.raise_signal(signal.SIGTERM)
        tracker.metric("loss", loss, step=step)
        progress("train nothing", step + 1, len(CURVE))
    workspace.bundle.mkdir(exist_ok=True)
    (workspace.bundle / MANIFEST).write_text(json.dumps({"dataset": dataset.digest}))
    tracker.text("model_card.md", "# Nothing")
    from training.recipes import Outcome

    return Outcome(workspace.bundle, REPORT)


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a recipe that trains nothing."""
    from training.recipes import RECIPES, Recipe

    monkeypatch.setitem(RECIPES, "nothing", Recipe("trains nothing", NothingConfig, run))
    return "nothing"


@pytest.fixture(scope="session")
def empty_store(shared_folder: Path) -> Path:
    """The file of an MLflow store with nothing in it; MLflow takes seconds to make one."""
    settings = Settings(shared_folder / "empty_store")
    with FileLock(shared_folder / "empty_store.lock"):
        if not settings.mlruns.exists():
            connect(settings).search_experiments()
    return settings.mlruns / "mlflow.db"


@pytest.fixture
def settings(empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A data folder of the test's own, with an empty MLflow store; commands find it in the environment."""
    settings = Settings(tmp_path)
    settings.mlruns.mkdir()
    shutil.copyfile(empty_store, settings.mlruns / "mlflow.db")
    monkeypatch.setenv("TRUESHELF_DATA", str(tmp_path))
    return settings


@pytest.fixture
def small(tmp_path: Path) -> Dataset:
    """Four listings with labels and no splits."""
    listings = [{"listing_id": f"l{number}", "title": "bag"} for number in range(4)]
    labels = [
        {"listing_id": f"l{number}", "head": "counterfeit", "answer": answer, "provenance": "reviewer"}
        for number, answer in enumerate(("yes", "no", "yes", "no"))
    ]
    card = {"source": "a test", "licence": "none", "made": "by a test"}
    return write_dataset(tmp_path / "small", name="small", card=card, listings=listings, labels=labels)
