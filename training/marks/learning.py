"""Training of the three networks on pictures that are drawn as they are needed; nothing random but the seed.

Each goes on where it was stopped. Shapes: as in `training.marks.scenes`.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    linear,
    normalize,
    smooth_l1_loss,
)

from training.marks.networks import ComparerNetwork, FinderNetwork, NamerNetwork
from training.marks.scenes import Crops, Pairs, Patches, crops, pairs, patches
from training.marks.studio import Studio
from trueshelf.models.marks.geometry import EMBEDDED

_Batch = TypeVar("_Batch")
Report = Callable[[int, float], None]

_SHARPNESS = 16.0
"""By which cosines become logits (NormFace, Wang et al., 2017)."""

_KEPT_EVERY = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningConfig:
    """How long and how fast; what determines the networks beside the marks and the code."""

    finder_steps: int = 1_200
    namer_steps: int = 3_000
    comparer_steps: int = 4_500
    batch: int = 64
    learning_rate: float = 3e-3
    seed: int = 0

    def to_dict(self) -> dict[str, float]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Lesson(Generic[_Batch]):
    """What one network learns.

    Attributes:
        module: the network, and what is only needed to learn.
        draw: pictures from random numbers.
        loss: of a batch.
    """

    module: nn.Module
    draw: Callable[[torch.Generator], _Batch]
    loss: Callable[[_Batch], Tensor]
    steps: int


def learn_finder(studio: Studio, config: LearningConfig, kept: Path, report: Report) -> FinderNetwork:
    """A finder of marks like the studio's, and of marks that it has not seen."""
    torch.manual_seed(config.seed)
    network = FinderNetwork()

    def loss(batch: Patches) -> Tensor:
        logits_BGK, boxes_B4GK = network(batch.pixels_B3SS)
        near, known = batch.places_BGG > 0, batch.places_BGG >= 0
        found = _focal(logits_BGK[known], batch.places_BGG[known])
        boxes = boxes_B4GK.movedim(1, -1)[near], batch.boxes_B4GG.movedim(1, -1)[near]
        return 20 * found + smooth_l1_loss(*boxes, beta=0.2)

    lesson = Lesson(network, lambda random: patches(studio, config.batch, random), loss, config.finder_steps)
    learn(lesson, config, kept, report)
    return network.eval()


def learn_namer(studio: Studio, config: LearningConfig, kept: Path, report: Report) -> NamerNetwork:
    """An embedding in which crops of one mark lie together, learnt by naming each of the studio's marks."""
    torch.manual_seed(config.seed + 1)
    network = NamerNetwork()
    proxies = nn.Parameter(torch.randn(len(studio.ink_N1MM), EMBEDDED))

    def loss(batch: Crops) -> Tensor:
        cosines_BN = linear(network(batch.pixels_B3SS), normalize(proxies))
        return cross_entropy(_SHARPNESS * cosines_BN, batch.marks_B)

    module = nn.Module()
    module.add_module("network", network)
    module.register_parameter("proxies", proxies)
    lesson = Lesson(module, lambda random: crops(studio, config.batch, random), loss, config.namer_steps)
    learn(lesson, config, kept, report)
    return network.eval()


def learn_comparer(studio: Studio, config: LearningConfig, kept: Path, report: Report) -> ComparerNetwork:
    """A comparer of crops with marks like the studio's, and with marks that it has not seen."""
    torch.manual_seed(config.seed + 2)
    network = ComparerNetwork()

    def loss(batch: Pairs) -> Tensor:
        logits_B2, shifts_B4, ways_BK, differences_BFF = network(batch.pixels_B3SS, batch.references_B1MM)
        here, wrong = batch.present_B > 0, batch.ways_BK.sum(dim=1) > 0
        present = binary_cross_entropy_with_logits(logits_B2[:, 0], batch.present_B)
        true = binary_cross_entropy_with_logits(logits_B2[here, 1], batch.true_B[here])
        shifted = smooth_l1_loss(shifts_B4[here], batch.shifts_B4[here], beta=0.05)
        ways = binary_cross_entropy_with_logits(ways_BK[wrong], batch.ways_BK[wrong])
        where = binary_cross_entropy_with_logits(differences_BFF[here], batch.differences_BFF[here])
        return present + 1.5 * true + 8 * shifted + ways + 3 * where

    lesson = Lesson(network, lambda random: pairs(studio, config.batch, random), loss, config.comparer_steps)
    learn(lesson, config, kept, report)
    return network.eval()


def _focal(logits: Tensor, answers: Tensor) -> Tensor:
    """Focal loss (Lin et al., 2017) with γ = 2, so that the many empty places do not drown the few marks."""
    loss = binary_cross_entropy_with_logits(logits, answers, reduction="none")
    return ((1 - (-loss).exp()) ** 2 * loss).mean()


def learn(lesson: Lesson[_Batch], config: LearningConfig, kept: Path, report: Report) -> None:
    """Run the lesson's steps, each on pictures of its own random numbers, from where `kept` says it was stopped."""
    module = lesson.module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(module.parameters(), lr=config.learning_rate, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=lesson.steps, pct_start=0.1
    )
    begun = _resumed(kept, module, optimiser, schedule)
    for step in range(begun, lesson.steps):
        value = lesson.loss(lesson.draw(torch.Generator().manual_seed(config.seed * 1_000_003 + step)))
        optimiser.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        report(step, float(value.detach()))
        if (step + 1) % _KEPT_EVERY == 0 or step + 1 == lesson.steps:
            _keep(kept, step + 1, module, optimiser, schedule)


_Schedule = torch.optim.lr_scheduler.LRScheduler


def _keep(kept: Path, step: int, module: nn.Module, optimiser: torch.optim.Optimizer, schedule: _Schedule) -> None:
    half = kept.with_suffix(".part")
    states = {"module": module.state_dict(), "optimiser": optimiser.state_dict(), "schedule": schedule.state_dict()}
    torch.save({"step": step, **states}, half)
    half.replace(kept)


def _resumed(kept: Path, module: nn.Module, optimiser: torch.optim.Optimizer, schedule: _Schedule) -> int:
    """The step to go on with."""
    if not kept.exists():
        return 0
    saved = torch.load(kept, weights_only=True)
    module.load_state_dict(saved["module"])
    optimiser.load_state_dict(saved["optimiser"])
    schedule.load_state_dict(saved["schedule"])
    return int(saved["step"])
