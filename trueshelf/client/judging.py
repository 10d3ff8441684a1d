"""The conversation about some listings: sent, sent again where that may help, and each given its own answer."""

import random
import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from trueshelf.client.backoff import Backoff, Draw
from trueshelf.client.errors import (
    AnswerError,
    OverloadedError,
    ProblemError,
    TrueshelfError,
    UnavailableError,
    UnreachableError,
)
from trueshelf.client.model import Model
from trueshelf.client.offers import Sent, body_of
from trueshelf.client.protocol import Ask, Pause, Reply, Talk, content_of
from trueshelf.client.results import Failed, Judged, ListingError, Result, Verdict

TRANSIENT = (OverloadedError, UnavailableError, UnreachableError)
"""What may be over when the same is asked again."""

_ON_THE_WAY = 1.0  # seconds of a budget that are kept for the answer's way back


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long a request may take with all its retries, in seconds, and how it is sent again."""

    budget: float
    backoff: Backoff
    clock: Callable[[], float] = time.monotonic
    draw: Draw = random.uniform

    def __post_init__(self) -> None:
        if not self.budget > 0:
            raise ValueError(f"budget is {self.budget}, not a number of seconds above 0")

    def pause(self, failure: TrueshelfError | None, *, attempt: int, left: float) -> float | None:
        """Seconds to wait before the next attempt; None where there shall be none."""
        if failure is not None and not isinstance(failure, TRANSIENT):
            return None
        after = failure.retry_after if isinstance(failure, ProblemError) else None
        return self.backoff.pause(attempt, retry_after=after or 0.0, left=left, draw=self.draw)


@dataclass(frozen=True, slots=True)
class _Result:
    listing_id: str | None
    verdict: Verdict | None = None
    error: ListingError | None = None


@dataclass(frozen=True, slots=True)
class _Verdicts:
    model: Model
    results: tuple[_Result, ...]


def judging(items: Sequence[Sent | Failed], terms: Terms) -> Talk[list[Result]]:
    """A result for each of the listings of one request, in order.

    Listings whose error is not their own fault are sent again, and they alone. Once the service has answered about all
    listings, what goes wrong with those that were sent again remains theirs.

    Raises:
        TrueshelfError: the service has not answered about the listings.
    """
    results: dict[str, Result] = {item.listing_id: item for item in items if isinstance(item, Failed)}
    waiting = {item.listing_id: item for item in items if isinstance(item, Sent)}
    end, attempt, key = terms.clock() + terms.budget, 0, uuid.uuid4().hex
    while waiting:
        attempt += 1
        failure: TrueshelfError | None = None
        try:
            reply = yield _ask(waiting.values(), key=key, seconds=end - terms.clock())
            results |= _results(reply, list(waiting))
            again = {name: item for name, item in waiting.items() if _is_transient(results[name])}
            if len(again) < len(waiting):
                waiting, key = again, uuid.uuid4().hex  # of another body
        except TrueshelfError as error:
            failure = error
        pause = terms.pause(failure, attempt=attempt, left=end - terms.clock())
        if pause is None:
            if failure is not None and not waiting.keys() <= results.keys():
                raise failure
            break
        if waiting:
            yield Pause(pause)
    return [results[item.listing_id] for item in items]


def _ask(items: Collection[Sent], *, key: str, seconds: float) -> Ask:
    seconds = max(seconds, 0.001)
    told = seconds - min(_ON_THE_WAY, seconds / 10)
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": key,
        "X-Request-Timeout": f"{told:.4f}",
    }
    return Ask("POST", "/v1/verdicts", seconds, body_of(items), headers)


def _results(reply: Reply | None, ids: Sequence[str]) -> Mapping[str, Result]:
    """The results of a reply by listing.

    Raises:
        AnswerError: they are not one for each listing, or one is another listing's.
    """
    told = content_of(reply, _Verdicts)
    if len(told.results) != len(ids):
        raise AnswerError(f"{len(told.results)} results came for {len(ids)} listings")
    return {name: _result(each, name, told.model) for name, each in zip(ids, told.results, strict=True)}


def _result(told: _Result, listing_id: str, model: Model) -> Result:
    # A listing whose very id is at fault is answered without one.
    nameless = told.listing_id is None and told.verdict is None
    if told.listing_id != listing_id and not nameless:
        raise AnswerError(f"the result for {listing_id!r} is that of {told.listing_id!r}")
    if (told.verdict is None) == (told.error is None):
        raise AnswerError(f"the result for {listing_id!r} has neither a verdict nor an error, or both")
    if told.verdict is not None:
        return Judged(listing_id, told.verdict, model)
    assert told.error is not None
    return Failed(listing_id, told.error)


def _is_transient(result: Result) -> bool:
    return isinstance(result, Failed) and result.error.status >= 500
