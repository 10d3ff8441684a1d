"""Training of the two networks on pictures that are drawn as they are needed; nothing random but the seed.

Shapes: as in `training.marks.scenes`.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TypeVar

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, smooth_l1_loss

from training.marks.networks import ComparerNetwork, FinderNetwork
from training.marks.scenes import Pairs, Patches, Studio, pairs, patches

_Batch = TypeVar("_Batch")


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningConfig:
    """How long and how fast; what determines the networks beside the marks and the code."""

    finder_steps: int = 150
    comparer_steps: int = 300
    batch: int = 48
    learning_rate: float = 3e-3
    seed: int = 0

    def to_dict(self) -> dict[str, float]:
        return asdict(self)


Report = Callable[[int, float], None]


def learn_finder(studio: Studio, config: LearningConfig, report: Report) -> FinderNetwork:
    """A finder of marks like the studio's, and of marks that it has not seen."""
    torch.manual_seed(config.seed)
    network = FinderNetwork()

    def loss(batch: Patches) -> Tensor:
        logits_BGK, boxes_B4GK = network(batch.pixels_B3SS)
        near, known = batch.places_BGG > 0, batch.places_BGG >= 0
        found = _focal(logits_BGK[known], batch.places_BGG[known])
        boxes = boxes_B4GK.movedim(1, -1)[near], batch.boxes_B4GG.movedim(1, -1)[near]
        return 20 * found + smooth_l1_loss(*boxes, beta=0.2)

    batches = _ahead(lambda random: patches(studio, config.batch, random), config.finder_steps, config.seed)
    _learn(list(network.parameters()), batches, loss, config.finder_steps, config.learning_rate, report)
    return network.eval()


def learn_comparer(studio: Studio, config: LearningConfig, report: Report) -> ComparerNetwork:
    """A comparer of crops with marks like the studio's, and with marks that it has not seen."""
    torch.manual_seed(config.seed + 1)
    network = ComparerNetwork()

    def loss(batch: Pairs) -> Tensor:
        logits_B2, shifts_B4, differences_BFF = network(batch.pixels_B3SS, batch.references_B1MM)
        here = batch.present_B > 0
        present = binary_cross_entropy_with_logits(logits_B2[:, 0], batch.present_B)
        true = binary_cross_entropy_with_logits(logits_B2[here, 1], batch.true_B[here])
        shifted = smooth_l1_loss(shifts_B4[here], batch.shifts_B4[here], beta=0.05)
        where = binary_cross_entropy_with_logits(differences_BFF[here], batch.differences_BFF[here])
        return present + 1.5 * true + 8 * shifted + 3 * where

    batches = _ahead(lambda random: pairs(studio, config.batch, random), config.comparer_steps, config.seed + 1)
    _learn(list(network.parameters()), batches, loss, config.comparer_steps, config.learning_rate, report)
    return network.eval()


def _focal(logits: Tensor, answers: Tensor) -> Tensor:
    """Focal loss (Lin et al., 2017) with γ = 2, so that the many empty places do not drown the few marks."""
    loss = binary_cross_entropy_with_logits(logits, answers, reduction="none")
    return ((1 - (-loss).exp()) ** 2 * loss).mean()


def _learn(
    parameters: list[Tensor],
    batches: Iterator[_Batch],
    loss: Callable[[_Batch], Tensor],
    steps: int,
    rate: float,
    report: Report,
) -> None:
    optimiser = torch.optim.AdamW(parameters, lr=rate, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps, pct_start=0.15)
    for step, batch in enumerate(batches):
        value = loss(batch)
        optimiser.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        report(step, float(value.detach()))


def _ahead(draw: Callable[[torch.Generator], _Batch], steps: int, seed: int) -> Iterator[_Batch]:
    """Batches in order, each from its own random numbers, the next one drawn while this one is learnt from."""

    def drawn(step: int) -> _Batch:
        return draw(torch.Generator().manual_seed(seed * 1_000_003 + step))

    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(drawn, 0)
        for step in range(steps):
            batch = coming.result()
            if step + 1 < steps:
                coming = pool.submit(drawn, step + 1)
            yield batch
