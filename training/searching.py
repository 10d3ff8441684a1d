"""A search for the settings that rank validation listings best: trials by Optuna, kept in SQLite, logged to MLflow.

Optuna proposes by its tree-structured Parzen estimator and ends a trial that is worse than the median of the others
at the same epoch. The study lies in a folder that is named by dataset, recipe, fixed settings and space, so that the
same search asked for again goes on. A kill loses the running trial at most: it is proposed again, and finds its last
checkpoint.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.progress import Progress
from training.recipes import Recipe, Rehearsal, Trial, Workspace
from training.runs import locked, run_digest, terminated_like_interrupted
from training.settings import Settings
from training.space import Space, space_of
from training.store import unwarned
from training.tracking import MlflowTracker, tracked
from trueshelf.listings import Dataset

if TYPE_CHECKING:
    import optuna

_STARTS = 5
"""Trials that are drawn at random before any is proposed or pruned."""

_WARM_UP = 3
"""Epochs before a trial may be pruned."""

_WORK = "work"
"""What a trial in the study is noted to have as its folder."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search has come to.

    Attributes:
        best: the searched fields of the best trial, as `--set` takes them.
        score: its mean validation PR-AUC.
        finished, pruned: how many trials ran to their end, and how many were ended early.
        run_id: of the parent run.
    """

    best: Mapping[str, Any]
    score: float
    finished: int
    pruned: int
    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is searched, and where it is written down."""

    recipe_name: str
    recipe: Recipe
    config: Any
    dimensions: Mapping[str, str]
    settings: Settings

    @property
    def rehearsal(self) -> Rehearsal:
        """How trials are run.

        Raises:
            ValueError: the recipe cannot be searched.
        """
        if self.recipe.rehearsal is None:
            raise ValueError(f"the recipe {self.recipe_name} cannot be searched")
        return self.recipe.rehearsal

    @property
    def space(self) -> Space:
        return space_of(self.recipe.config, self.dimensions)

    def folder(self, dataset: Dataset) -> Path:
        """The search's own, named by what determines it."""
        facts = [run_digest(dataset, self.recipe_name, self.config), dict(self.dimensions)]
        name = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:20]
        return self.settings.work / "searches" / name


def search(dataset: Dataset, asked: Search, *, trials: int, timeout: float | None, progress: Progress) -> Found:
    """Search until so many trials have come to an end in all, or until the time is up.

    Args:
        timeout: seconds after which no trial is begun.

    Raises:
        ValueError: the recipe cannot be searched, or the dataset not trained on.
    """
    dataset.verify()
    rehearsal, space, folder = asked.rehearsal, asked.space, asked.folder(dataset)
    name = f"search of {asked.recipe_name} on {dataset.name}"
    with terminated_like_interrupted(), locked(folder):
        study = _study(folder, asked.config.seed)
        with tracked(asked.settings, folder, name=name, tags={"recipe": asked.recipe_name}) as tracker:
            tracker.params({"recipe": asked.recipe_name, "space": json.dumps(dict(asked.dimensions), sort_keys=True)})
            tracker.dataset(dataset)
            left = trials - len(_ended(study))
            if left > 0:
                workspace = Workspace(folder, asked.settings.work)
                with rehearsal.prepare(dataset, asked.config, workspace=workspace, progress=progress) as trial:
                    objective = _Objective(asked, space, trial, folder, tracker, progress, trials)
                    study.optimize(objective, n_trials=left, timeout=timeout)
            return _found(study, asked, space, tracker)


@dataclass(frozen=True, slots=True)
class _Objective:
    """Runs one trial: the best mean validation PR-AUC of its epochs."""

    asked: Search
    space: Space
    trial: Trial
    folder: Path
    parent: MlflowTracker
    progress: Progress
    trials: int

    def __call__(self, drawn: "optuna.Trial") -> float:
        import optuna

        values = {name: dimension.draw(name, drawn) for name, dimension in self.space.items()}
        config = replace(self.asked.config, **values)
        work = self.folder / f"trial-{_digest(values)}"
        drawn.set_user_attr(_WORK, work.name)
        tags = {"mlflow.parentRunId": self.parent.run_id, "trial": str(drawn.number)}
        scores: list[float] = []
        with tracked(self.asked.settings, work, name=f"trial {drawn.number}", tags=tags) as tracker:
            tracker.params(asdict(config))

            def report(epoch: int, epochs: int, score: float) -> None:
                scores.append(score)
                tracker.metric("validation_pr_auc", score, step=epoch)
                drawn.report(max(scores), epoch)
                self.progress(f"trial {drawn.number + 1} of {self.trials}", epoch + 1, epochs)
                if drawn.should_prune():
                    raise optuna.TrialPruned

            try:
                self.trial(config, work=work / "fit", report=report)
            except optuna.TrialPruned:
                tracker.client.set_tag(tracker.run_id, "outcome", "pruned")
                pruned = True
            else:
                tracker.client.set_tag(tracker.run_id, "outcome", "finished")
                pruned = False
        shutil.rmtree(work)
        if pruned:
            raise optuna.TrialPruned
        return max(scores)


def _study(folder: Path, seed: int) -> "optuna.Study":
    """The study in a folder, begun or gone on with; what was running when it was killed is proposed first."""
    with unwarned():
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        storage = optuna.storages.RDBStorage(f"sqlite:///{folder / 'study.db'}")
        study = optuna.create_study(storage=storage, study_name="search", direction="maximize", load_if_exists=True)
    _propose_lost(study, folder)
    # A sampler that starts anew with the same seed would draw the same trials again.
    study.sampler = optuna.samplers.TPESampler(n_startup_trials=_STARTS, seed=seed + len(study.trials))
    study.pruner = optuna.pruners.MedianPruner(n_startup_trials=_STARTS, n_warmup_steps=_WARM_UP)
    return study


def _propose_lost(study: "optuna.Study", folder: Path) -> None:
    """Propose those trials first that were running when the search was killed: what they left is still there."""
    import optuna

    states = optuna.trial.TrialState
    for running in study.get_trials(states=(states.RUNNING,)):
        study.tell(running.number, state=states.FAIL)
    lost = {trial.user_attrs.get(_WORK): trial.params for trial in study.get_trials(states=(states.FAIL,))}
    for name, params in lost.items():
        if name and (folder / name).exists():
            study.enqueue_trial(params)


def _ended(study: "optuna.Study") -> "list[optuna.trial.FrozenTrial]":
    import optuna

    return study.get_trials(states=(optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED))


def _found(study: "optuna.Study", asked: Search, space: Space, tracker: MlflowTracker) -> Found:
    import optuna

    ended = _ended(study)
    complete = [trial for trial in ended if trial.state is optuna.trial.TrialState.COMPLETE]
    if not complete:
        raise ValueError(f"no trial of {asked.recipe_name} came to its end; give more time or trials")
    best = study.best_trial
    fixed = optuna.trial.FixedTrial(best.params)
    values = {name: dimension.draw(name, fixed) for name, dimension in space.items()}
    score = float(best.value or 0.0)
    tracker.text("best.json", json.dumps({"score": score, "set": values}, indent=2))
    tracker.metric("best_validation_pr_auc", score, step=len(ended))
    return Found(values, score, len(complete), len(ended) - len(complete), tracker.run_id)


def _digest(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(dict(values), sort_keys=True).encode()).hexdigest()[:12]
