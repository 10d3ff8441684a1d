"""What every recipe is: a frozen config and one function from a dataset to a sealed bundle."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from training.progress import Progress
from training.tracking import Tracker
from trueshelf.listings import Dataset


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where a run may write.

    Attributes:
        run: this run's own folder (checkpoints, plots, the bundle); the same run started again finds what it left.
        shared: what all runs share by content (embeddings, exported encoders); can be deleted at any time.
    """

    run: Path
    shared: Path

    @property
    def bundle(self) -> Path:
        return self.run / "bundle"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to.

    Attributes:
        bundle: the folder of the sealed bundle.
        report: the test split's report, as `evaluate --json` prints it.
    """

    bundle: Path
    report: Mapping[str, Any]


class Run(Protocol):
    """A recipe's function."""

    def __call__(
        self, dataset: Dataset, config: Any, *, workspace: Workspace, tracker: Tracker, progress: Progress
    ) -> Outcome:
        """Train on a dataset.

        Raises:
            ValueError: the dataset cannot be trained on; the message says what it lacks.
        """
        ...


class Trial(Protocol):
    """Fits with a config that differs in searched fields only, and exports nothing."""

    def __call__(self, config: Any, *, work: Path, report: Callable[[int, int, float], None]) -> None:
        """Fit; `report` is told of every epoch's number, how many there are at most, and the mean validation PR-AUC; it
        may end the trial by an exception.

        Args:
            work: the trial's own folder; what an earlier, killed call left is gone on with.
        """
        ...


class Rehearse(Protocol):
    """Prepares what all trials of a search share, from the training and the validation split."""

    def __call__(
        self, dataset: Dataset, config: Any, *, workspace: Workspace, progress: Progress
    ) -> AbstractContextManager[Trial]: ...


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How a recipe is searched.

    Attributes:
        prepare: for the trials.
        space: the fields that may be searched, each with the range or choices that are searched by default.
    """

    prepare: Rehearse
    space: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Recipe:
    """A named way to train.

    Attributes:
        summary: what `train --help` says of it.
        shared: whether processes that torchrun starts share the work.
        rehearsal: how its settings are searched for; None where they cannot be.
    """

    summary: str
    config: type[Any]
    run: Run
    shared: bool = False
    rehearsal: Rehearsal | None = None
