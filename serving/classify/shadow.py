"""Asks the challenger what it would have said about a share of the listings, once their callers have their answers.

Nothing of it is ever answered. While any request is in hand nothing is asked; what has waited too long, or does not
fit, is dropped.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Protocol

from serving.classify.apart import Timed
from serving.classify.comparisons import Comparison, Comparisons, said_by
from serving.classify.judging import Answer
from serving.classify.logs import place_of
from serving.classify.metrics import Metrics
from serving.classify.model import Refusal, ServedModel
from serving.classify.registry import Registered
from trueshelf.listings import Listing
from trueshelf.listings.digest import listing_digest
from trueshelf.models import Verdict

log = logging.getLogger(__name__)

WAITING: Final = 64
"""Listings that wait for a quiet moment."""

MOST_BYTES: Final = 64 * 2**20
"""Of their photos."""

PATIENCE: Final = 60.0
"""Seconds after which a listing that waits is dropped."""

_QUIET_SECONDS: Final = 0.05  # between looks for a quiet moment


class Judge(Protocol):
    """A challenger."""

    @property
    def model(self) -> ServedModel: ...

    def judge(self, listing: Listing) -> Timed: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Seen:
    """A listing as the champion judged it."""

    listing: Listing
    champion: ServedModel
    verdict: Verdict
    seconds: float
    at: float

    @property
    def size(self) -> int:
        return sum(len(photo.source) for photo in self.listing.photos if isinstance(photo.source, bytes))


class Shadow:
    """The challenger beside the champion.

    Args:
        share: of the listings, chosen by their digest, so that the same are chosen again.

    Attributes:
        busy: whether a caller waits; set by the API.
        refused: the challenger that was refused last.
        registered: where the registry has the challenger.
    """

    def __init__(self, comparisons: Comparisons, metrics: Metrics, *, share: float, patience: float = PATIENCE) -> None:
        self._comparisons = comparisons
        self._metrics = metrics
        self._patience = patience
        self._waiting: queue.Queue[_Seen | None] = queue.Queue(WAITING)
        self._bytes = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._judge: Judge | None = None
        self._thread = threading.Thread(target=self._work, name="shadow", daemon=True)
        self.share = share
        self.busy: Callable[[], bool] = lambda: False
        self.refused: Refusal | None = None
        self.registered: Registered | None = None

    @property
    def challenger(self) -> ServedModel | None:
        """The challenger, as a place of the registry has it."""
        judge = self._judge
        return None if judge is None else replace(judge.model, registered=self.registered)

    def put(self, judge: Judge | None) -> None:
        """Ask this challenger from now on; None for none."""
        before, self._judge = self._judge, judge
        if before is not None:
            before.close()

    def start(self) -> None:
        self._thread.start()

    def settle(self) -> None:
        """Wait until everything so far is compared or dropped."""
        self._waiting.join()

    def stop(self) -> None:
        """Compare what still waits for as long as it is quiet, then end."""
        self._stopped.set()
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()
        self.put(None)

    def saw(
        self, listings: Sequence[Listing], champion: ServedModel, answers: Sequence[Answer], seconds: Sequence[float]
    ) -> None:
        """Take note of what the champion has answered; costs next to nothing, and never waits."""
        challenger = self.challenger
        if challenger is None or challenger.digest == champion.digest:
            return
        try:
            for listing, answer, took in zip(listings, answers, seconds, strict=True):
                if isinstance(answer, Verdict) and chosen(listing, share=self.share):
                    self._enter(_Seen(listing, champion, answer, took, time.monotonic()))
        except Exception as error:  # nothing of ours may reach the lane that answers
            log.error("shadow failed", extra={"fields": {"error": type(error).__name__, "at": place_of(error)}})

    def _enter(self, seen: _Seen) -> None:
        with self._lock:
            fits = self._bytes + seen.size <= MOST_BYTES
            self._bytes += seen.size if fits else 0
        if not fits:
            self._metrics.shadowed("dropped")
            return
        try:
            self._waiting.put_nowait(seen)
        except queue.Full:
            self._leave(seen, "dropped")

    def _leave(self, seen: _Seen, outcome: str) -> None:
        with self._lock:
            self._bytes -= seen.size
        self._metrics.shadowed(outcome)

    def _work(self) -> None:
        while (seen := self._waiting.get()) is not None:
            outcome = "failed"
            try:
                outcome = self._compared(seen)
            except Exception as error:  # a challenger or a disk that fails is nobody's trouble but its own
                log.error("shadow failed", extra={"fields": {"error": type(error).__name__, "at": place_of(error)}})
            self._leave(seen, outcome)
            self._waiting.task_done()

    def _compared(self, seen: _Seen) -> str:
        while self.busy():
            late = time.monotonic() - seen.at > self._patience
            if late or (self._stopped.wait(_QUIET_SECONDS) and self.busy()):
                return "dropped"
        judge = self._judge
        if judge is None or judge.model.digest == seen.champion.digest:
            return "dropped"
        try:
            timed = judge.judge(seen.listing)
        except BrokenExecutor:
            log.exception("the challenger's process has ended")
            self.put(None)
            return "failed"
        said = said_by(timed.answer) if isinstance(timed.answer, Verdict) else None
        comparison = Comparison(
            at=datetime.now(UTC),
            champion=seen.champion.version,
            challenger=judge.model.version,
            listing_digest=listing_digest(seen.listing),
            seconds=(seen.seconds, timed.seconds),
            said=(said_by(seen.verdict), said),
        )
        self._comparisons.add(comparison)
        return "compared"


def chosen(listing: Listing, *, share: float) -> bool:
    """Whether a listing is of the share that is compared, by its digest."""
    return int(listing_digest(listing)[:8], 16) < share * 2**32
