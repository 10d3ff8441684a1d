"""Fine-tunes the last stages of an image encoder on close views of photos, starting from a linear probe.

The probe is fitted first and the stages start to move from there (Kumar et al., "Fine-Tuning can Distort Pretrained
Features and Underperform Out-of-Distribution", 2022): on few photos, a random head would spoil the features before it
has learned anything. A photo is the mean of its close views; each step sees a few of them, drawn at random.

Shapes: N photos, O orientations, W close views, B batch, C channels, H height and X width of a map, D dimensions of an
embedding, K heads.
"""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, dropout

from training.activations import Maps
from training.checkpoints import restore_checkpoint, save_checkpoint, save_weights
from training.data.parts import UNKNOWN
from training.probe import Floats, Ints, Probe

_BEST = "best.safetensors"
_RISE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneConfig:
    """How the last stages are fine-tuned.

    Attributes:
        epochs: passes over the photos; the learning rate rises for the first fifth and falls to nothing at the end.
        patience: epochs without a lower loss on the photos held out, after which it ends.
        learning_rate: the highest, of AdamW on the stages.
        head_rate: the same on the linear head, which starts from the probe.
        close_views: of each photo in a step.
        batch: photos in a step.
        smoothing: of labels, some of which are wrong.
        dropout: share of the embedding's dimensions dropped in training.
        probe_strength: inverse strength of the ridge of the linear probe that it starts from, shared among the
            dimensions.
        seed: of everything random.
    """

    epochs: int = 6
    patience: int = 6
    learning_rate: float = 3e-4
    head_rate: float = 3e-4
    weight_decay: float = 0.05
    close_views: int = 4
    batch: int = 16
    smoothing: float = 0.05
    dropout: float = 0.2
    probe_strength: float = 30.0
    seed: int = 0


class Tail(nn.Module):
    """The last stages of an encoder with a linear head on the standardised mean of a photo's close views."""

    mean_D: Tensor
    spread_D: Tensor

    def __init__(self, stages: nn.Module, probe: Probe) -> None:
        super().__init__()
        self.stages = copy.deepcopy(stages)
        self.stages.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        heads, width = probe.weight_KD.shape
        self.register_buffer("mean_D", torch.from_numpy(probe.mean_D))
        self.register_buffer("spread_D", torch.from_numpy(probe.spread_D))
        self.head = nn.Linear(width, heads)
        self.head.load_state_dict({"weight": torch.from_numpy(probe.weight_KD), "bias": torch.from_numpy(probe.bias_K)})

    def forward(self, maps_BWCHX: Tensor, *, drop: float = 0.0) -> Tensor:
        """Logits [B,K]."""
        standardised_BD = (embed(self.stages, maps_BWCHX) - self.mean_D) / self.spread_D
        logits_BK: Tensor = self.head(dropout(standardised_BD, drop, training=drop > 0))
        return logits_BK

    @property
    def probe(self) -> Probe:
        """The head as it is now."""
        tensors = (self.mean_D, self.spread_D, self.head.weight, self.head.bias)
        return Probe(*(tensor.detach().numpy().copy() for tensor in tensors))


@dataclass(frozen=True, slots=True)
class Lesson:
    """Photos to learn from.

    Attributes:
        maps: [N,O,W,C,H,X], those of all photos.
        answers_NK: 1 yes, 0 no, -1 unknown.
        rows: the photos to learn from.
        held_out: photos whose loss decides which epoch was the best; with none it is the last.
    """

    maps: Maps
    answers_NK: Ints
    rows: Ints
    held_out: Ints


def embed(stages: nn.Module, maps_BWCHX: Tensor) -> Tensor:
    """The mean of the close views' embeddings: [B,D]."""
    # In this order of memory, the steps of these networks take half the time on a processor.
    maps_VCHX = maps_BWCHX.flatten(0, 1).contiguous(memory_format=torch.channels_last)
    embeddings_VD: Tensor = stages(maps_VCHX)
    return embeddings_VD.reshape(*maps_BWCHX.shape[:2], -1).mean(1)


@torch.inference_mode()
def embedded(stages: nn.Module, maps: Maps) -> Floats:
    """The embedding of each photo in each orientation, [N,O,D], with frozen weights."""
    stages.eval()
    return np.stack([embed(stages, torch.from_numpy(maps_OWCHX.astype(np.float32))).numpy() for maps_OWCHX in maps])


def tune(tail: Tail, lesson: Lesson, config: TuneConfig, *, work: Path, report: Callable[[int, float], None]) -> Tail:
    """Fine-tune a tail; the same seed gives the same weights, whether or not it was killed on the way.

    Batch norms keep the statistics of their pre-training: a batch of a few photos has none worth learning.

    Args:
        work: where an epoch's checkpoint and the best weights are kept; what an earlier, killed call left is gone on
            with.
        report: told of every epoch's number and mean training loss, of those done before a kill as well.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    tail.to(device).eval()
    optimiser = _optimiser(tail, config)
    losses, held, best = _restored(work, tail, optimiser)
    for epoch, loss in enumerate(losses):
        report(epoch, loss)
    while len(losses) < config.epochs and len(losses) - 1 - best < config.patience:
        losses.append(_epoch(tail, optimiser, lesson, config, epoch=len(losses), device=device))
        held.append(_held_out_loss(tail, lesson, device))
        if not len(lesson.held_out) or held[-1] <= min(held):
            best = len(losses) - 1
            save_weights(tail, work / _BEST)
        save_checkpoint(work, len(losses), tail, optimiser, {"losses": losses, "held_out": held, "best": best})
        report(len(losses) - 1, losses[-1])
    tail.load_state_dict(load_file(work / _BEST))
    return tail.cpu()


def _restored(work: Path, tail: Tail, optimiser: torch.optim.Optimizer) -> tuple[list[float], list[float], int]:
    facts: dict[str, Any] = restore_checkpoint(work, tail, optimiser) or {"losses": [], "held_out": [], "best": -1}
    return facts["losses"], facts["held_out"], facts["best"]


def _epoch(
    tail: Tail,
    optimiser: torch.optim.Optimizer,
    lesson: Lesson,
    config: TuneConfig,
    *,
    epoch: int,
    device: torch.device,
) -> float:
    rng = np.random.default_rng([config.seed, epoch])
    torch.manual_seed(config.seed * 100_003 + epoch)
    steps = max(1, len(lesson.rows) // config.batch)
    losses = []
    for step, batch in enumerate(np.array_split(rng.permutation(lesson.rows), steps)):
        _set_rates(optimiser, (epoch + step / steps) / config.epochs)
        maps_BWCHX = torch.from_numpy(_drawn(lesson.maps, batch, config.close_views, rng)).to(device)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            logits_BK = tail(maps_BWCHX, drop=config.dropout)
        loss = _loss(logits_BK.float(), lesson.answers_NK[batch], config.smoothing)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(loss.item())
    return float(np.mean(losses))


@torch.inference_mode()
def _held_out_loss(tail: Tail, lesson: Lesson, device: torch.device) -> float:
    """The mean loss on the photos held out, as they are, by all their close views; 0 with none."""
    if not len(lesson.held_out):
        return 0.0
    logits_NK = [
        tail(torch.from_numpy(lesson.maps[row, :1].astype(np.float32)).to(device)).float() for row in lesson.held_out
    ]
    return float(_loss(torch.cat(logits_NK), lesson.answers_NK[lesson.held_out], 0.0))


def _optimiser(tail: Tail, config: TuneConfig) -> torch.optim.Optimizer:
    groups = [
        {"params": list(module.parameters()), "lr": rate, "highest": rate}
        for module, rate in ((tail.stages, config.learning_rate), (tail.head, config.head_rate))
    ]
    return torch.optim.AdamW(groups, weight_decay=config.weight_decay)


def _set_rates(optimiser: torch.optim.Optimizer, progress: float) -> None:
    """One cycle: from a 25th up within the first fifth, then down to nothing, both along a cosine (Smith & Topin,
    "Super-Convergence", 2018)."""
    if progress < _RISE:
        share = 0.04 + 0.96 * (1 - math.cos(math.pi * progress / _RISE)) / 2
    else:
        share = (1 + math.cos(math.pi * (progress - _RISE) / (1 - _RISE))) / 2
    for group in optimiser.param_groups:
        group["lr"] = group["highest"] * share


def _drawn(maps: Maps, rows: Ints, close_views: int, rng: np.random.Generator) -> Floats:
    """A few close views of each photo, as it is or mirrored: [B,W,C,H,X]."""
    orientations, count = maps.shape[1:3]
    chosen = min(close_views, count)
    return np.stack(
        [
            maps[row, rng.integers(orientations)][rng.choice(count, chosen, replace=False)].astype(np.float32)
            for row in rows
        ]
    )


def _loss(logits_BK: Tensor, answers_BK: Ints, smoothing: float) -> Tensor:
    answers = torch.from_numpy(answers_BK).to(logits_BK.device)
    known_BK = (answers != UNKNOWN).float()
    target_BK = answers.clamp_min(0).float() * (1 - smoothing) + smoothing / 2
    losses_BK = binary_cross_entropy_with_logits(logits_BK, target_BK, reduction="none")
    return (losses_BK * known_BK).sum() / known_BK.sum().clamp_min(1)
