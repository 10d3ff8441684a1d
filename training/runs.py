"""One training run from beginning to end: its folder, its MLflow run, its recipe, its registered model.

A run's folder is named by what determines the run: dataset, recipe and config. The same run asked for again is found
finished, or goes on where it was killed.
"""

import fcntl
import hashlib
import json
import shutil
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from training.progress import Progress
from training.recipes import Recipe, Workspace
from training.registry import registered
from training.settings import Settings
from training.state import read_state, write_state
from training.stopwatch import Stopwatch
from training.tracking import tracked
from trueshelf.listings import Dataset

PROFILE = "profile.json"
"""How many seconds each stage of a run took, in its folder and in MLflow."""

_DONE = "done.json"
_LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Trained:
    """A finished run.

    Attributes:
        version: of the registered model.
        report: the test split's report, as `evaluate --json` prints it.
        seconds: how long each stage took this time; a run that went on after a kill has not repeated what was done.
        already_there: the run had been finished before, and nothing was done.
    """

    run_id: str
    version: str
    bundle: Path
    report: Mapping[str, Any]
    seconds: Mapping[str, float] = field(default_factory=dict)
    already_there: bool = False


def train_run(
    dataset: Dataset,
    recipe_name: str,
    recipe: Recipe,
    config: Any,
    *,
    settings: Settings,
    again: bool,
    progress: Progress,
) -> Trained:
    """Train, log and register; or find that this was done.

    Args:
        again: train anew even where the same run is finished, or has left something behind.

    Raises:
        ValueError: the dataset cannot be trained on, is not what its card says, or another process is at the same run.
    """
    dataset.verify()
    workspace = Workspace(settings.work / "runs" / run_digest(dataset, recipe_name, config), settings.work)
    with terminated_like_interrupted(), locked(workspace.run):
        if again:
            _emptied(workspace.run)
        done = _finished(workspace, settings)
        if done is not None:
            return done
        name = f"{recipe_name} on {dataset.name}"
        with tracked(settings, workspace.run, name=name, tags={"recipe": recipe_name}) as tracker:
            tracker.params({"recipe": recipe_name, **asdict(config)})
            tracker.dataset(dataset)
            watch = Stopwatch(progress)
            outcome = recipe.run(dataset, config, workspace=workspace, tracker=tracker, progress=watch)
            watch("register", 0, 1)
            version = tracker.bundle(outcome.bundle)
            watch("register", 1, 1)
            write_state(workspace.run / PROFILE, watch.seconds)
            tracker.text(PROFILE, json.dumps(watch.seconds, indent=2))
        trained = Trained(tracker.run_id, version, outcome.bundle, outcome.report, watch.seconds)
        record = {"run_id": trained.run_id, "version": version, "report": outcome.report}
        write_state(workspace.run / _DONE, record)
        return trained


def run_digest(dataset: Dataset, recipe_name: str, config: Any) -> str:
    """What names a run's folder: the dataset, the recipe, its config, and the files of an encoder that is a folder.

    The code is no part of it: a run that was killed goes on under code that was mended since.
    """
    values = asdict(config)
    facts = {
        "dataset": dataset.digest,
        "recipe": recipe_name,
        "config": values,
        "encoders": {name: _content(Path(values[name])) for name in sorted(values) if name.endswith("_encoder")},
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:20]


def _content(folder: Path) -> str | None:
    """The digest of a folder's files; None for an encoder that is no folder, whose name says enough."""
    if not folder.is_dir():
        return None
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                digest.update(f"{path.relative_to(folder)} {hashlib.file_digest(file, 'sha256').hexdigest()}".encode())
    return digest.hexdigest()


def _finished(workspace: Workspace, settings: Settings) -> Trained | None:
    """The finished run in a folder; None where it is not finished, or its model has left the registry since."""
    record = read_state(workspace.run / _DONE)
    if record is None:
        return None
    if not registered(record["version"], settings):
        _emptied(workspace.run)
        return None
    return Trained(record["run_id"], record["version"], workspace.bundle, record["report"], already_there=True)


@contextmanager
def terminated_like_interrupted() -> Iterator[None]:
    """Let a run that is asked to end (SIGTERM) end as by Ctrl-C, so that MLflow is told; threads get no signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def locked(run: Path) -> Iterator[None]:
    """Keep other processes out of a run's folder.

    Raises:
        ValueError: another one is in it.
    """
    run.mkdir(parents=True, exist_ok=True)
    with (run / _LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"another process is training this very run, in {run}") from None
        yield


def _emptied(run: Path) -> None:
    for entry in run.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name != _LOCK:
            entry.unlink()
