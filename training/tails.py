"""Fine-tunes the last stages of an image encoder on close views of photos, starting from a linear probe.

The probe is fitted first and the stages start to move from there (Kumar et al., "Fine-Tuning can Distort Pretrained
Features and Underperform Out-of-Distribution", 2022): on few photos, a random head would spoil the features before it
has learned anything. A photo is the mean of its close views; each step sees a few of them, drawn at random.

Shapes: N photos, O orientations, W close views, B batch, C channels, H height and X width of a map, D dimensions of an
embedding, K heads.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, dropout

from training.activations import Maps
from training.data.parts import UNKNOWN
from training.probe import Floats, Ints, Probe


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneConfig:
    """How the last stages are fine-tuned.

    Attributes:
        epochs: passes over the photos; the learning rate rises for the first fifth and falls to nothing at the end.
        learning_rate: the highest, of AdamW on the stages.
        head_rate: the same on the linear head, which starts from the probe.
        close_views: of each photo in a step.
        batch: photos in a step.
        smoothing: of labels, some of which are wrong.
        dropout: share of the embedding's dimensions dropped in training.
        seed: of everything random.
    """

    epochs: int
    learning_rate: float
    head_rate: float
    weight_decay: float
    close_views: int
    batch: int
    smoothing: float
    dropout: float
    seed: int


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


def tune(
    tail: Tail,
    maps: Maps,
    answers_NK: Ints,
    rows: Ints,
    config: TuneConfig,
    *,
    report: Callable[[int, float], None],
) -> Tail:
    """Fine-tune a tail on the photos in `rows`; the same seed gives the same weights.

    Batch norms keep the statistics of their pre-training: a batch of a few photos has none worth learning.

    Args:
        report: told of every epoch's number and mean training loss.
    """
    rng = np.random.default_rng(config.seed)
    torch.manual_seed(config.seed)
    tail.eval()
    steps = max(1, len(rows) // config.batch)
    optimiser, schedule = _optimiser(tail, config, steps)
    for epoch in range(config.epochs):
        losses = []
        for batch in np.array_split(rng.permutation(rows), steps):
            maps_BWCHX = torch.from_numpy(_drawn(maps, batch, config.close_views, rng))
            loss = _loss(tail(maps_BWCHX, drop=config.dropout), answers_NK[batch], config.smoothing)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        report(epoch, float(np.mean(losses)))
    return tail


def _optimiser(
    tail: Tail, config: TuneConfig, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    rates = [config.learning_rate, config.head_rate]
    groups = [
        {"params": module.parameters(), "lr": rate}
        for module, rate in zip((tail.stages, tail.head), rates, strict=True)
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=rates, total_steps=config.epochs * steps, pct_start=0.2
    )
    return optimiser, schedule


def _drawn(maps: Maps, rows: Ints, close_views: int, rng: np.random.Generator) -> Floats:
    """A few close views of each photo, as it is or mirrored: [B,W,C,H,X]."""
    orientations, count = maps.shape[1:3]
    return np.stack(
        [
            maps[row, rng.integers(orientations)][rng.choice(count, close_views, replace=False)].astype(np.float32)
            for row in rows
        ]
    )


def _loss(logits_BK: Tensor, answers_BK: Ints, smoothing: float) -> Tensor:
    answers = torch.from_numpy(answers_BK)
    known_BK = (answers != UNKNOWN).float()
    target_BK = answers.clamp_min(0).float() * (1 - smoothing) + smoothing / 2
    losses_BK = binary_cross_entropy_with_logits(logits_BK, target_BK, reduction="none")
    return (losses_BK * known_BK).sum() / known_BK.sum().clamp_min(1)
