"""Brings what several callers ask before the model: in turns, in batches as they come, and never more than fits.

No batch is waited for. A lane that is free takes what is there, so a lone listing is judged at once; batches form by
themselves while all lanes are busy, where anything is gained by them.
"""

import asyncio
import contextvars
import math
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Final

import anyio
import anyio.to_thread

from serving.classify.fairness import Turns
from serving.classify.judging import Answer, judge, log_failure
from serving.classify.load import Load, total
from serving.classify.logs import request_id
from serving.classify.model import ServedModel
from serving.classify.pixels import CHUNK_LISTINGS, CHUNK_PHOTOS, CHUNK_PIXELS
from serving.classify.wire import Refused
from trueshelf.listings import Listing

BATCH: Final = Load(
    listings=CHUNK_LISTINGS, photos=CHUNK_PHOTOS, pixels=CHUNK_PIXELS, characters=40_000, content=64 * 2**20
)
"""What goes before the model together; a single listing may be more."""

ROOM: Final = Load(listings=1_024, photos=16_384, pixels=4_000_000_000, characters=10_000_000, content=512 * 2**20)
"""What may wait and be judged at a time, over all callers."""

Judged = Callable[[Sequence[Listing], ServedModel, Sequence[Answer], Sequence[float]], None]
"""Told of listings, the model that judged them, its answers, and the seconds that each took."""

LATE = "was not judged in the time that the request had"
STUCK = "could not be judged: the model took too long"

# Of the time that a request has. Were the queue as long as all of it, every listing would be judged just when nobody
# waits for it any more.
_WAITING: Final = 0.5
_LEARNING: Final = 0.1  # the weight of the newest batch in what a unit of cost takes


class Overloaded(Exception):  # noqa: N818 - what the service is
    """There is no room for more work, or none that would be done in time.

    Attributes:
        seconds: after which there should be.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"overloaded for about {seconds:.0f} s")
        self.seconds = max(1, math.ceil(seconds))


@dataclass(eq=False, slots=True)
class _Ticket:
    """A listing that waits for its answer."""

    listing: Listing
    load: Load
    model: ServedModel
    answer: "asyncio.Future[Answer]"
    request_id: str | None = field(default_factory=request_id.get)


class Batcher:
    """Judges listings of many callers on a few lanes.

    Args:
        lanes: batches that are judged at a time, each in a thread.
        batch: the most that goes before the model together.
        room: the most that waits or is judged; all of one request is let in where nothing else waits.
        patience: seconds after which a batch is given up and its lane goes on without it, for a thread cannot be ended.
        judged: told of each batch when its callers have their answers; must not wait.
    """

    def __init__(
        self,
        *,
        lanes: int,
        batch: Load = BATCH,
        room: Load = ROOM,
        patience: float = 120.0,
        judged: Judged = lambda *_: None,
    ) -> None:
        self._lanes = lanes
        self._judged = judged
        self._batch = batch
        self._room = room
        self._patience = patience
        self._ordinary: Turns[_Ticket] = Turns()
        self._large: Turns[_Ticket] = Turns()
        self._running: set[asyncio.Task[None]] = set()
        self._running_large = 0
        self._large_last = False
        self._held = Load()
        self._requests = count()
        self._seconds_a_unit = 0.0
        # Lanes bound what runs; given-up threads must not keep others from starting.
        self._threads = anyio.CapacityLimiter(math.inf)

    @property
    def held(self) -> Load:
        """What waits or is being judged."""
        return self._held

    def wait(self) -> float:
        """Seconds until what is held now should be done, as far as that is known."""
        return self._held.cost * self._seconds_a_unit / self._lanes

    def admit(self, load: Load, *, seconds: float) -> None:
        """Say whether so much more could be judged in so many seconds.

        Raises:
            Overloaded: it could not, with as much time again to spare.
        """
        if self._held.listings == 0:
            return
        if not (self._held + load).within(self._room):
            raise Overloaded(self.wait() / 2)
        if (late := self.wait() - _WAITING * seconds) > 0:
            raise Overloaded(late)

    async def __call__(
        self,
        listings: Sequence[Listing],
        loads: Sequence[Load],
        model: ServedModel,
        *,
        caller: Hashable = None,
        seconds: float = math.inf,
    ) -> list[Answer]:
        """An answer for each listing, in order; what is not judged in time is refused.

        When the caller is cancelled, what still waits is dropped.

        Raises:
            Overloaded: there is no room for it.
        """
        if not listings:
            return []
        self.admit(total(loads), seconds=seconds)
        request, loop = next(self._requests), asyncio.get_running_loop()
        tickets = [
            _Ticket(listing, load, model, loop.create_future()) for listing, load in zip(listings, loads, strict=True)
        ]
        for ticket in tickets:
            self._enter(ticket, caller=caller, request=request)
        self._wake()
        try:
            with anyio.move_on_after(seconds):
                await asyncio.wait([ticket.answer for ticket in tickets])
            return [_answer_of(ticket) for ticket in tickets]
        finally:
            for ticket in tickets:
                ticket.answer.cancel()

    def _enter(self, ticket: _Ticket, *, caller: Hashable, request: int) -> None:
        self._held += ticket.load
        ticket.answer.add_done_callback(lambda _: self._leave(ticket.load))
        queue = self._ordinary if ticket.load.within(self._batch) else self._large
        queue.add((caller, request), ticket, cost=ticket.load.cost)

    def _leave(self, load: Load) -> None:
        self._held -= load

    def _wake(self) -> None:
        """Start as many lanes as there are and as have work."""
        while len(self._running) < self._lanes and (batch := self._next()):
            # In a context of its own: a lane works for whoever comes, not for the request that happened to start it.
            self._running.add(asyncio.create_task(self._lane(batch), context=contextvars.Context()))

    async def _lane(self, batch: list[_Ticket]) -> None:
        while batch:
            await self._judge(batch)
            batch = self._next()
        # Before anything else can run: a ticket that came in between would find no lane and wake none.
        task = asyncio.current_task()
        assert task is not None
        self._running.discard(task)

    def _next(self) -> list[_Ticket]:
        """The next batch: of one model, no listing twice, as much as goes together; empty where nobody waits."""
        for queue in self._queues():
            batch: list[_Ticket] = []
            while queue:
                ticket = queue.peek()
                if not ticket.answer.done():
                    if batch and not self._joins(ticket, batch):
                        break
                    batch.append(ticket)
                queue.take()
            if batch:
                self._large_last = queue is self._large
                self._running_large += self._large_last
                return batch
        return []

    def _queues(self) -> list[Turns[_Ticket]]:
        """Where to look for work, first things first: large listings leave one lane to the others, and where there is
        only one, take turns with them."""
        large_may = self._running_large < max(1, self._lanes - 1)
        if not large_may:
            return [self._ordinary]
        return [self._ordinary, self._large] if self._large_last else [self._large, self._ordinary]

    def _joins(self, ticket: _Ticket, batch: Sequence[_Ticket]) -> bool:
        together = total(each.load for each in (*batch, ticket))
        known = {each.listing.id for each in batch}
        return ticket.model is batch[0].model and ticket.listing.id not in known and together.within(self._batch)

    async def _judge(self, batch: Sequence[_Ticket]) -> None:
        started = time.perf_counter()
        try:
            with anyio.move_on_after(self._patience):
                work = partial(self._at_work, batch)
                answers = await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._threads)
                seconds = time.perf_counter() - started
                self._learn(batch, seconds)
                for ticket, answer in zip(batch, answers, strict=True):
                    _give(ticket, answer)
                self._judged([ticket.listing for ticket in batch], batch[0].model, answers, _parts(batch, seconds))
        finally:
            self._running_large -= not batch[0].load.within(self._batch)
            for ticket in batch:  # those without an answer: the thread was given up
                _give(ticket, Refused(ticket.listing.id, "listing", STUCK, status=504))

    def _at_work(self, batch: Sequence[_Ticket]) -> list[Answer]:
        """In a thread: every listing's answer; a failure is logged under the id of the request that it came with."""
        requests = {ticket.listing.id: ticket.request_id for ticket in batch}

        def failed(listing: Listing, error: Exception) -> None:
            token = request_id.set(requests[listing.id])
            log_failure(listing, error)
            request_id.reset(token)

        return judge([ticket.listing for ticket in batch], batch[0].model.predict, failed=failed)

    def _learn(self, batch: Sequence[_Ticket], seconds: float) -> None:
        found = seconds / total(ticket.load for ticket in batch).cost
        weight = _LEARNING if self._seconds_a_unit else 1.0
        self._seconds_a_unit += weight * (found - self._seconds_a_unit)


def _parts(batch: Sequence[_Ticket], seconds: float) -> list[float]:
    """Each listing's part of the seconds that all of them took, by cost."""
    whole = total(ticket.load for ticket in batch).cost
    return [seconds * ticket.load.cost / whole for ticket in batch]


def _give(ticket: _Ticket, answer: Answer) -> None:
    if not ticket.answer.done():
        ticket.answer.set_result(answer)


def _answer_of(ticket: _Ticket) -> Answer:
    if ticket.answer.done():
        return ticket.answer.result()
    return Refused(ticket.listing.id, "listing", LATE, status=504)
