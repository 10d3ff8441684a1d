"""A queue that several callers share: whoever has had the least is served next, by what the work costs."""

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(slots=True)
class _Flow(Generic[Item]):
    """What waits on one flow, in the order of its coming, and what has left of it has cost."""

    waiting: "deque[tuple[Item, float]] | Turns[Item]"
    spent: float


class Turns(Generic[Item]):
    """Several flows that take turns: the one that has had the least is next (start-time fair queueing, Goyal, Vin and
    Cheng 1996).

    A flow that comes, or comes back, begins where those that wait are, so that nobody saves up turns by being away. A
    flow's key may have several parts; flows that share the first part then share its turns, and so on.
    """

    def __init__(self) -> None:
        self._flows: dict[Hashable, _Flow[Item]] = {}
        self._floor = 0.0
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, key: tuple[Hashable, ...], item: Item, *, cost: float) -> None:
        """Put an item at the end of its flow."""
        first, *rest = key
        flow = self._flows.get(first)
        if flow is None:
            flow = self._flows[first] = _Flow(Turns() if rest else deque(), self._floor)
        if isinstance(flow.waiting, Turns):
            flow.waiting.add(tuple(rest), item, cost=cost)
        else:
            flow.waiting.append((item, cost))
        self._count += 1

    def peek(self) -> Item:
        """Whose turn it is.

        Raises:
            LookupError: nobody waits.
        """
        flow = self._flows[self._next()]
        return flow.waiting.peek() if isinstance(flow.waiting, Turns) else flow.waiting[0][0]

    def take(self) -> tuple[Item, float]:
        """Whose turn it is, now gone, and its cost.

        Raises:
            LookupError: nobody waits.
        """
        key = self._next()
        flow = self._flows[key]
        item, cost = flow.waiting.take() if isinstance(flow.waiting, Turns) else flow.waiting.popleft()
        self._floor = flow.spent
        flow.spent += cost
        self._count -= 1
        if not flow.waiting:
            del self._flows[key]
        return item, cost

    def _next(self) -> Hashable:
        if not self._flows:
            raise LookupError("nobody waits")
        return min(self._flows, key=lambda key: self._flows[key].spent)
