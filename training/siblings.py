"""Trains the members of an ensemble side by side, each in a process of its own on one thread.

Every member leaves its checkpoints in its own folder, as `training.fit` does anyway: whoever then asks for it finds it
finished, or goes on from where its process was killed.
"""

import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from training.examples import Examples
from training.fit import FitConfig, fit
from training.progress import Progress
from training.ranks import ranks
from training.state import read_state
from trueshelf.models.network import Sizes

FEWEST_LISTINGS = 4000
"""With fewer to learn from, starting processes takes longer than they save."""

_LOOK_EVERY = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class Member:
    """What one member is trained with."""

    config: FitConfig
    work: Path


def train_side_by_side(
    members: Sequence[Member],
    train: Examples,
    validation: Examples,
    *,
    sizes: Sizes,
    processes: int,
    progress: Progress,
) -> None:
    """Train members up to their last epochs; `fit` gives each of them afterwards.

    Nothing is done where there are few listings, one processor, or processes that train each member together. A member
    whose process fails is left as it is, to fail again where its error is seen.
    """
    if len(train) < FEWEST_LISTINGS or ranks().count > 1 or min(processes, len(members)) < 2:
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy locks that other threads hold
    waiting = [context.Process(target=_fit, args=(member, train, validation, sizes)) for member in members]
    running: list[BaseProcess] = []
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                running.append(waiting.pop(0))
                running[-1].start()
            time.sleep(_LOOK_EVERY)
            running = [process for process in running if process.is_alive()]
            epochs = sum(member.config.epochs for member in members)
            progress("train members", sum(map(_epochs, members)), epochs)
    finally:
        for process in running:
            process.terminate()


def _epochs(member: Member) -> int:
    """How many epochs a member has behind it."""
    return len((read_state(member.work / "checkpoint.json") or {"history": []})["history"])


def _fit(member: Member, train: Examples, validation: Examples, sizes: Sizes) -> None:
    import torch

    torch.set_num_threads(1)
    fit(train, validation, sizes=sizes, config=member.config, work=member.work, report=lambda _: None)
