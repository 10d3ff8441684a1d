"""The three mark networks, learnt from every icon that is not kept aside, as the graphs that the project carries.

Learning stops and goes on where `work` says; a network that has been learnt by the same settings is not learnt again.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from training.marks.graphs import export_comparer, export_finder, export_namer
from training.marks.icons import brand_icons, learnt_icons
from training.marks.learning import LearningConfig, Report, learn_comparer, learn_finder, learn_namer
from training.marks.studio import Studio
from training.progress import Progress
from trueshelf.models.marks.files import MarkFile

MADE = "made.json"

_VERSION = 1
"""Raised when drawing, networks or losses change, so that nobody goes on with what older code began."""

_Learn = Callable[[Studio, LearningConfig, Path, Report], nn.Module]


@dataclass(frozen=True, slots=True)
class _Stage:
    name: str
    file: MarkFile
    learn: _Learn
    export: Callable[[nn.Module, Path], None]
    steps: int


def make_networks(
    out: Path, work: Path, progress: Progress, *, config: LearningConfig, icons: tuple[str, ...] | None = None
) -> None:
    """Learn the networks, on one thread, and write their graphs and how they were made into `out`.

    Args:
        work: where unfinished networks are kept.
        icons: to learn from, those of the brands first; by default all that are not kept aside.
    """
    learnt = icons or learnt_icons()
    kept = work / "marks" / _digest(config, learnt)
    kept.mkdir(parents=True, exist_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        progress("draw the icons", 0, len(learnt))
        studio = Studio.of(learnt, foremost=min(len(learnt), len(brand_icons())))
        progress("draw the icons", len(learnt), len(learnt))
        for stage in _stages(config):
            network = stage.learn(studio, config, kept / f"{stage.file.value}.kept", _told(stage, progress))
            stage.export(network, out / stage.file)
    finally:
        torch.set_num_threads(threads)
    made = {"settings": config.to_dict(), "icons": len(learnt), "made_by": "python -m training marks"}
    (out / MADE).write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")


def _stages(config: LearningConfig) -> tuple[_Stage, ...]:
    return (
        _Stage("find marks", MarkFile.FINDER, learn_finder, export_finder, config.finder_steps),
        _Stage("name marks", MarkFile.NAMER, learn_namer, export_namer, config.namer_steps),
        _Stage("compare marks", MarkFile.COMPARER, learn_comparer, export_comparer, config.comparer_steps),
    )


def _told(stage: _Stage, progress: Progress) -> Report:
    def report(step: int, _: float) -> None:
        progress(f"learn to {stage.name}", step + 1, stage.steps)

    return report


def _digest(config: LearningConfig, icons: tuple[str, ...]) -> str:
    facts = json.dumps([_VERSION, config.to_dict(), icons], sort_keys=True)
    return hashlib.sha256(facts.encode()).hexdigest()[:12]
