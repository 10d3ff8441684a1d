"""Fits the fusion network to embedded listings: a plain PyTorch loop that a kill cannot spoil.

Shapes: N listings, H heads; the rest as in `trueshelf.models.network`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from training.auxiliary import AuxiliaryHeads
from training.checkpoints import restore_checkpoint, save_checkpoint, save_weights
from training.examples import Examples, Inputs
from training.loss import Loss
from training.ranks import Ranks, ranks
from training.validation import mean_loss, mean_pr_auc
from trueshelf.listings import Head
from trueshelf.models.network import INPUTS, Evidence, FusionNetwork, Sizes

_BEST = "best.safetensors"
_BATCH, _FEW, _MOST_DOUBLINGS = 32, 2048, 4
_ALONE = Ranks()


@dataclass(frozen=True, slots=True)
class FitConfig:
    """How the network is trained; see `training.recipes` for what the defaults mean.

    Attributes:
        batch: listings in a step, over all processes; 0 to choose it by how many there are to learn from, and with it
            what the learning rate, epochs and patience for few listings become.
        accumulate: how many parts a process reads its share of them in.
        auxiliary: the weight of the loss of what else the networks are asked; 0 does not ask.
        bfloat16: kinds of devices on which products are taken in bfloat16.
    """

    hidden: int = 96
    dropout: float = 0.5
    modality_dropout: float = 0.15
    learning_rate: float = 1e-3
    weight_decay: float = 0.1
    batch: int = 0
    epochs: int = 40
    patience: int = 8
    seed: int = 0
    accumulate: int = 1
    loss: Loss = field(default_factory=Loss)
    auxiliary: float = 0.0
    bfloat16: tuple[str, ...] = ("cuda",)


@dataclass(frozen=True, slots=True)
class Task:
    """All that a process needs to take part in training."""

    train: Examples
    validation: Examples
    sizes: Sizes
    config: FitConfig
    work: Path


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
    auxiliary: AuxiliaryHeads | None
    optimiser: torch.optim.Optimizer
    history: list[Epoch] = field(default_factory=list)
    best_score: float = -1.0
    best_epoch: int = -1

    @property
    def epoch(self) -> int:
        """The next one."""
        return len(self.history)

    @property
    def taught(self) -> nn.Module:
        """All that learns: the network, and what it is asked by in training only."""
        return self.network if self.auxiliary is None else nn.ModuleList([self.network, self.auxiliary])

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

    Where several processes train together (`training.ranks`), each takes its share of every batch.

    A checkpoint is written to `work` after each epoch. Called again with the same arguments, training reports the
    epochs that are done, goes on from there, and ends with the same weights as if it had never stopped.
    """
    task = Task(train, validation, sizes, paced(config, len(train)), work)
    ranks().hand_out(task)
    return _fitted(task, report)


def paced(config: FitConfig, listings: int) -> FitConfig:
    """The settings with a batch for so many training listings, and what goes with it.

    Up to 4,095 listings are read 32 at a time; with every doubling beyond the batch doubles, up to 512. Adam's learning
    rate grows with the batch's square root (Malladi et al. 2022, "On the SDEs and Scaling Rules for Adaptive Gradient
    Algorithms"); epochs and patience, which are then longer, become fewer by as much.
    """
    if config.batch:
        return config
    doublings = min(_MOST_DOUBLINGS, max(0, (listings // _FEW).bit_length() - 1))
    gain = 2 ** (doublings / 2)
    return replace(
        config,
        batch=_BATCH << doublings,
        learning_rate=config.learning_rate * gain,
        epochs=max(1, round(config.epochs / gain)),
        patience=max(1, round(config.patience / gain)),
    )


def help_out(here: Ranks) -> None:
    """Take part in all that the leader fits, until it has no more."""
    for task in here.tasks():
        assert isinstance(task, Task)
        _fitted(task, report=lambda _: None)


def _fitted(task: Task, report: Callable[[Epoch], None]) -> FusionNetwork:
    here, config = ranks(), task.config
    state = _fresh(task, here.device)
    _restore(state, task.work)
    for done in state.history:
        report(done)
    while state.epoch < config.epochs and state.epoch - state.best_epoch <= config.patience:
        with _one_thread():
            training_loss = _epoch(state, task.train, config, here)
        epoch = _measured(state, training_loss, task.validation, here)
        if epoch.validation_pr_auc > state.best_score:
            state.best_score, state.best_epoch = epoch.validation_pr_auc, state.epoch
            if here.leads:
                save_weights(state.network, task.work / _BEST)
        state.history.append(epoch)
        if here.leads:
            save_checkpoint(task.work, state.epoch, state.taught, state.optimiser, state.facts)
        report(epoch)
    here.wait()
    state.network.load_state_dict(load_file(task.work / _BEST))
    return state.network.cpu().eval()


@torch.no_grad()
def logits(
    network: FusionNetwork, examples: Examples, *, batch: int = 512, here: Ranks = _ALONE
) -> npt.NDArray[np.float32]:
    """Logits [N, H] with everything that each listing has; the processes share the batches out among them."""
    network.eval()
    device = next(network.parameters()).device
    logits_NH = torch.zeros((len(examples), len(Head)), device=device)
    for start in here.own(range(0, len(examples), batch)):
        rows = range(start, min(start + batch, len(examples)))
        logits_NH[rows.start : rows.stop] = network(*_tensors(examples.batch(rows), device))
    here.add([logits_NH])
    found_NH: npt.NDArray[np.float32] = logits_NH.cpu().numpy()
    return found_NH


@contextmanager
def _one_thread() -> Iterator[None]:
    """Small steps on two threads are no quicker than on one, and collapse when another process holds a core."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _fresh(task: Task, device: torch.device) -> _State:
    config, targets_NA, auxiliary = task.config, task.train.targets_NA, None
    torch.manual_seed(config.seed)
    network = FusionNetwork(task.sizes, dropout=config.dropout).to(device)
    parameters = [*network.parameters()]
    if config.auxiliary and targets_NA is not None:
        auxiliary = AuxiliaryHeads(task.sizes.hidden, np.maximum(targets_NA.max(axis=0) + 1, 1).tolist()).to(device)
        parameters += auxiliary.parameters()
    optimiser = torch.optim.AdamW(parameters, lr=config.learning_rate, weight_decay=config.weight_decay, fused=True)
    return _State(network, auxiliary, optimiser)


def _restore(state: _State, work: Path) -> None:
    facts = restore_checkpoint(work, state.taught, state.optimiser)
    if facts is not None:
        state.history = [Epoch(**epoch) for epoch in facts["history"]]
        state.best_score, state.best_epoch = facts["best_score"], facts["best_epoch"]


def _epoch(state: _State, train: Examples, config: FitConfig, here: Ranks) -> float:
    """The mean loss of its steps."""
    state.taught.train()
    torch.manual_seed(config.seed * 100_003 + state.epoch)
    for group in state.optimiser.param_groups:
        group["lr"] = config.learning_rate * _cosine(state.epoch / config.epochs)
    order = torch.randperm(len(train)).tolist()
    if not here.leads:  # what is dropped out differs between processes, as it does between listings
        torch.manual_seed((config.seed * 100_003 + state.epoch) * 1_009 + here.rank)
    steps = range(0, len(order), config.batch)
    loss = sum(_step(state, train, order[start : start + config.batch], config, here) for start in steps)
    total = torch.tensor(loss, dtype=torch.float64, device=here.device)
    here.add([total])
    return float(total) / len(steps)


def _step(state: _State, train: Examples, rows: Sequence[int], config: FitConfig, here: Ranks) -> float:
    """One step over the rows of a batch; this process's part of their mean loss.

    Every part is divided by the weight of the whole batch, and what is asked beside the heads by the whole batch's
    known targets, so that the gradients' sum, over parts and processes, is that of the batch read at once.
    """
    state.optimiser.zero_grad()
    own, loss, whole = here.own(rows), 0.0, (max(float(train.weights(rows).sum()), 1e-6), train.asked(rows))
    size = -(-len(rows) // (here.count * config.accumulate))
    for start in range(0, len(own), size):
        part = _loss(state, train, own[start : start + size], config, here.device, whole)
        part.backward()  # type: ignore[no-untyped-call]
        loss += part.item()
    here.add(_gradients(state.taught))
    nn.utils.clip_grad_norm_(state.taught.parameters(), 1.0)
    state.optimiser.step()
    return loss


def _loss(
    state: _State,
    train: Examples,
    rows: Sequence[int],
    config: FitConfig,
    device: torch.device,
    whole: tuple[float, int],
) -> Tensor:
    """What some rows of a batch add to its mean losses; `whole` is what the batch's answers weigh, and how many else
    there are."""
    *inputs, present_BM = _tensors(train.batch(rows), device)
    left_BM = _dropped(present_BM, config.modality_dropout)
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type in config.bfloat16):
        towers_BMF = state.network.towers(Evidence(*inputs))
        logits_BH = state.network.fuse(towers_BMF, left_BM)
    answers_BH, weights_BH = torch.from_numpy(train.answers_NH[rows]), torch.from_numpy(train.weights(rows))
    loss = config.loss(logits_BH.float(), answers_BH.to(device), weights_BH.to(device)) / whole[0]
    if state.auxiliary is None or train.targets_NA is None:
        return loss
    targets_BA = torch.from_numpy(train.targets_NA[rows]).to(device)
    vectors_BMF = towers_BMF[..., : state.network.sizes.hidden].float()
    asked: Tensor = state.auxiliary(vectors_BMF, present_BM, targets_BA)
    return loss + config.auxiliary * asked / whole[1]


def _gradients(network: nn.Module) -> list[Tensor]:
    """The gradient of every parameter; zeros where a process had nothing to read."""
    for parameter in network.parameters():
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    return [parameter.grad for parameter in network.parameters() if parameter.grad is not None]


def _measured(state: _State, training_loss: float, validation: Examples, here: Ranks) -> Epoch:
    logits_NH = logits(state.network, validation, here=here)
    loss, score = (of(logits_NH, validation.answers_NH) for of in (mean_loss, mean_pr_auc))
    return Epoch(state.epoch, training_loss, loss, score)


def _cosine(progress: float) -> float:
    return 0.02 + 0.98 * 0.5 * (1 + float(np.cos(np.pi * progress)))


def _dropped(present_BM: Tensor, rate: float) -> Tensor:
    """Takes each modality away with probability `rate`, but never a listing's last one."""
    kept_BM = present_BM * (torch.rand_like(present_BM) >= rate)
    return torch.where(kept_BM.sum(dim=1, keepdim=True) > 0, kept_BM, present_BM)


def _tensors(inputs: Inputs, device: torch.device) -> list[Tensor]:
    return [torch.from_numpy(inputs[name]).to(device) for name in INPUTS]
