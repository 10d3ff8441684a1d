"""Fits the fusion network to embedded listings: a plain PyTorch loop that a kill cannot spoil.

Shapes: N listings, H heads; the rest as in `trueshelf.models.network`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from training.checkpoints import restore_checkpoint, save_checkpoint, save_weights
from training.data.parts import UNKNOWN
from training.evaluation.metrics import average_precision
from training.examples import Examples, Inputs
from trueshelf.listings import Head
from trueshelf.models.network import INPUTS, FusionNetwork, Sizes

_BEST = "best.safetensors"


@dataclass(frozen=True, slots=True)
class FitConfig:
    """How the network is trained; see `training.recipes` for what the defaults mean."""

    hidden: int = 96
    dropout: float = 0.5
    modality_dropout: float = 0.15
    learning_rate: float = 1e-3
    weight_decay: float = 0.1
    batch: int = 32
    epochs: int = 40
    patience: int = 8
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Epoch:
    """What an epoch came to."""

    number: int
    training_loss: float
    validation_loss: float
    validation_pr_auc: float

    @property
    def measures(self) -> dict[str, float]:
        """What is drawn over the epochs."""
        return {name: value for name, value in asdict(self).items() if name != "number"}


@dataclass
class _State:
    network: FusionNetwork
    optimiser: torch.optim.Optimizer
    history: list[Epoch] = field(default_factory=list)
    best_score: float = -1.0
    best_epoch: int = -1

    @property
    def epoch(self) -> int:
        """The next one."""
        return len(self.history)

    @property
    def facts(self) -> dict[str, Any]:
        """All but the tensors, for a checkpoint."""
        history = [asdict(epoch) for epoch in self.history]
        return {"history": history, "best_score": self.best_score, "best_epoch": self.best_epoch}


def fit(
    train: Examples,
    validation: Examples,
    *,
    sizes: Sizes,
    config: FitConfig,
    work: Path,
    report: Callable[[Epoch], None],
) -> FusionNetwork:
    """The network of the epoch with the best mean validation PR-AUC.

    A checkpoint is written to `work` after each epoch. Called again with the same arguments, training reports the
    epochs that are done, goes on from there, and ends with the same weights as if it had never stopped.
    """
    state = _fresh(sizes, config)
    _restore(state, work)
    for done in state.history:
        report(done)
    device = next(state.network.parameters()).device
    while state.epoch < config.epochs and state.epoch - state.best_epoch <= config.patience:
        with _one_thread():
            training_loss = _epoch(state, train, config, device)
        logits_NH = logits(state.network, validation)
        epoch = Epoch(
            state.epoch,
            training_loss,
            _loss(logits_NH, validation.answers_NH),
            _score(logits_NH, validation.answers_NH),
        )
        if epoch.validation_pr_auc > state.best_score:
            state.best_score, state.best_epoch = epoch.validation_pr_auc, state.epoch
            save_weights(state.network, work / _BEST)
        state.history.append(epoch)
        save_checkpoint(work, state.epoch, state.network, state.optimiser, state.facts)
        report(epoch)
    state.network.load_state_dict(load_file(work / _BEST))
    return state.network.cpu().eval()


@torch.no_grad()
def logits(network: FusionNetwork, examples: Examples, *, batch: int = 512) -> npt.NDArray[np.float32]:
    """Logits [N, H] with everything that each listing has."""
    network.eval()
    device = next(network.parameters()).device
    parts = [network(*_tensors(inputs, device)).cpu().numpy() for inputs in examples.batches(batch)]
    return np.concatenate(parts) if parts else np.zeros((0, len(Head)), dtype=np.float32)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Small steps on two threads are no quicker than on one, and collapse when another process holds a core."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _fresh(sizes: Sizes, config: FitConfig) -> _State:
    torch.manual_seed(config.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = FusionNetwork(sizes, dropout=config.dropout).to(device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    return _State(network, optimiser)


def _restore(state: _State, work: Path) -> None:
    facts = restore_checkpoint(work, state.network, state.optimiser)
    if facts is not None:
        state.history = [Epoch(**epoch) for epoch in facts["history"]]
        state.best_score, state.best_epoch = facts["best_score"], facts["best_epoch"]


def _epoch(state: _State, train: Examples, config: FitConfig, device: torch.device) -> float:
    state.network.train()
    torch.manual_seed(config.seed * 100_003 + state.epoch)
    for group in state.optimiser.param_groups:
        group["lr"] = config.learning_rate * _cosine(state.epoch / config.epochs)
    order = torch.randperm(len(train)).tolist()
    losses = []
    for start in range(0, len(order), config.batch):
        rows = order[start : start + config.batch]
        *inputs, present_BM = _tensors(train.batch(rows), device)
        answers_BH = torch.from_numpy(train.answers_NH[rows]).to(device)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            logits_BH = state.network(*inputs, _dropped(present_BM, config.modality_dropout))
        loss = _masked_loss(logits_BH.float(), answers_BH)
        state.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(state.network.parameters(), 1.0)
        state.optimiser.step()
        losses.append(loss.item())
    return float(np.mean(losses))


def _cosine(progress: float) -> float:
    return 0.02 + 0.98 * 0.5 * (1 + float(np.cos(np.pi * progress)))


def _dropped(present_BM: Tensor, rate: float) -> Tensor:
    """Takes each modality away with probability `rate`, but never a listing's last one."""
    kept_BM = present_BM * (torch.rand_like(present_BM) >= rate)
    return torch.where(kept_BM.sum(dim=1, keepdim=True) > 0, kept_BM, present_BM)


def _masked_loss(logits_BH: Tensor, answers_BH: Tensor) -> Tensor:
    known_BH = (answers_BH != UNKNOWN).float()
    losses_BH = binary_cross_entropy_with_logits(logits_BH, answers_BH.clamp_min(0).float(), reduction="none")
    return (losses_BH * known_BH).sum() / known_BH.sum().clamp_min(1)


def _loss(logits_NH: npt.NDArray[np.float32], answers_NH: npt.NDArray[np.int64]) -> float:
    return float(_masked_loss(torch.from_numpy(logits_NH), torch.from_numpy(answers_NH)))


def _score(logits_NH: npt.NDArray[np.float32], answers_NH: npt.NDArray[np.int64]) -> float:
    """The mean PR-AUC over the heads that have both answers; 0 where none has."""
    scores = []
    for logits_N, answers_N in zip(logits_NH.T, answers_NH.T, strict=True):
        known = answers_N != UNKNOWN
        value = average_precision(answers_N[known], logits_N[known])
        if value is not None:
            scores.append(value)
    return float(np.mean(scores)) if scores else 0.0


def _tensors(inputs: Inputs, device: torch.device) -> list[Tensor]:
    return [torch.from_numpy(inputs[name]).to(device) for name in INPUTS]
