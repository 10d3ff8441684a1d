"""Where a training loop stands, on disk: weights and optimiser under a new name, then one file that points at them.

Random numbers are no part of it: a loop draws those of an epoch from the run's seed and the epoch's number, so that an
epoch is the same whether or not the run was killed before it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from training.state import read_state, write_state

_POINTER = "checkpoint.json"


def save_checkpoint(
    work: Path, number: int, network: nn.Module, optimiser: torch.optim.Optimizer, facts: Mapping[str, Any]
) -> None:
    """Write checkpoint `number`, point at it in one step, and remove the one before.

    Args:
        facts: what else the loop knows, as JSON values.
    """
    work.mkdir(parents=True, exist_ok=True)
    tensors = {f"network.{name}": tensor for name, tensor in weights(network).items()}
    for index, values in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{name}": tensor.detach().cpu().contiguous() for name, tensor in values.items()}
    name = f"checkpoint-{number}.safetensors"
    save_file(tensors, work / name)
    write_state(work / _POINTER, {"file": name, **facts})
    for old in work.glob("checkpoint-*.safetensors"):
        if old.name != name:
            old.unlink()


def restore_checkpoint(work: Path, network: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, Any] | None:
    """Load the last checkpoint and give its facts; None where there is none."""
    facts = read_state(work / _POINTER)
    if facts is None:
        return None
    tensors = load_file(work / facts["file"])
    network.load_state_dict({name[8:]: tensor for name, tensor in tensors.items() if name.startswith("network.")})
    slots: dict[int, dict[str, Any]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimiser."):
            _, index, slot = name.split(".", 2)
            slots.setdefault(int(index), {})[slot] = tensor
    optimiser.load_state_dict({**optimiser.state_dict(), "state": slots})
    return facts


def save_weights(network: nn.Module, path: Path) -> None:
    """Write a network's weights in the place of what was there, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    save_file(weights(network), part)
    part.replace(path)


def weights(network: nn.Module) -> dict[str, Tensor]:
    """A network's tensors, on the processor and in the order of memory that files are written in."""
    return {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
