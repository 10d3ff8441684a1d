"""The processes that train together: one leads, and the others help with every task that it hands out.

    torchrun --nproc-per-node 2 -m training train --dataset datasets/market

Only the leader reads the dataset, writes files and logs. The helpers get what they need from it, pickled from one
process to another of the same run; where one process ends in an error, torchrun ends all.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import TypeVar

import torch
from torch import Tensor, distributed

T = TypeVar("T")

_PATIENCE = timedelta(days=2)
"""Helpers wait while the leader embeds all listings."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process among those that train together.

    Attributes:
        rank: its number; 0 leads.
        count: of all processes.
        local: its number among those of this machine, which is its GPU's.
    """

    rank: int = 0
    count: int = 1
    local: int = 0

    @property
    def leads(self) -> bool:
        return self.rank == 0

    @property
    def device(self) -> torch.device:
        return torch.device("cuda", self.local) if torch.cuda.is_available() else torch.device("cpu")

    def own(self, rows: Sequence[T]) -> Sequence[T]:
        """This process's share of some rows; the shares of all processes are the rows."""
        return rows[self.rank :: self.count]

    def add(self, tensors: Iterable[Tensor]) -> None:
        """Put the sum over all processes in the place of each tensor; all call it with tensors of the same shapes."""
        if self.count == 1:
            return
        parts = list(tensors)
        flat = torch.cat([part.flatten() for part in parts])
        distributed.all_reduce(flat)
        for part, summed in zip(parts, torch.split(flat, [part.numel() for part in parts]), strict=True):
            part.copy_(summed.view_as(part))

    def wait(self) -> None:
        """Until all processes are here."""
        if self.count > 1:
            distributed.barrier()

    def hand_out(self, task: object) -> None:
        """Give every helper a task; None when there are no more."""
        if self.count > 1:
            distributed.broadcast_object_list([task], src=0, device=torch.device("cpu"))

    def tasks(self) -> Iterator[object]:
        """What the leader hands out, until there is no more."""
        while True:
            received: list[object] = [None]
            distributed.broadcast_object_list(received, src=0, device=torch.device("cpu"))
            if received[0] is None:
                return
            yield received[0]


def ranks() -> Ranks:
    """This process among those that have joined; alone where none have."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return Ranks()
    return Ranks(distributed.get_rank(), distributed.get_world_size(), distributed.get_node_local_rank())


@contextmanager
def joined() -> Iterator[Ranks]:
    """The processes that torchrun has started, joined; this one alone where torchrun has started none."""
    if not (distributed.is_available() and distributed.is_torchelastic_launched()):
        yield Ranks()
        return
    # Its functions keep the group that there is when it is imported, as an optimiser's first step does. A group that is
    # kept is not destroyed, and its threads, still letting go of tensors, can abort a process that ends.
    import_module("torch.distributed.nn")
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    distributed.init_process_group(backend, timeout=_PATIENCE)
    here = ranks()
    if here.device.type == "cuda":
        torch.cuda.set_device(here.device)
    yield here
    if here.leads:
        here.hand_out(None)
    here.wait()
    distributed.destroy_process_group()
