"""From listings to answers, beside the event loop: in chunks, so that a costly request never holds up a small one."""

import logging
from collections.abc import Sequence
from contextlib import nullcontext

import anyio
import anyio.to_thread

from serving.classify.logs import place_of
from serving.classify.model import Predict
from serving.classify.pixels import Costs, chunks
from serving.classify.wire import Refused
from trueshelf.listings import Listing
from trueshelf.models import ItemError, Verdict

log = logging.getLogger(__name__)

Answer = Verdict | ItemError | Refused

FAILED = "could not be judged because of a fault of ours; the log tells more under the request's id"


class Scorer:
    """Runs predictions in threads, a fixed number at a time; who waits is served in turn, chunk by chunk.

    A chunk cannot be less than a listing, and one listing may hold 16 huge photos: such chunks wait for one another, so
    that one slot is always left for the others.

    Args:
        slots: at least two.
    """

    def __init__(self, *, slots: int) -> None:
        self._slots = anyio.CapacityLimiter(slots)
        self._large = anyio.CapacityLimiter(slots - 1)

    async def __call__(self, items: Sequence[Listing | Refused], predict: Predict, *, costs: Costs) -> list[Answer]:
        """An answer for each item, in order; what is refused already stays so.

        Args:
            costs: of every photo of the listings.
        """
        listings = [item for item in items if isinstance(item, Listing)]
        answers: list[Answer] = []
        for chunk in chunks(listings, costs):
            async with self._large if chunk.is_large else nullcontext():
                answers += await anyio.to_thread.run_sync(judge, chunk.listings, predict, limiter=self._slots)
        return in_order(items, answers)


def in_order(items: Sequence[Listing | Refused], answers: Sequence[Answer]) -> list[Answer]:
    """An answer for each item: what was refused, and between it the answers for the listings, in their order."""
    rest = iter(answers)
    return [item if isinstance(item, Refused) else next(rest) for item in items]


def judge(listings: Sequence[Listing], predict: Predict) -> list[Answer]:
    """The predictor's answers; where it fails, each listing on its own, so that one cannot spoil the others'."""
    try:
        answers = list(predict(listings))
        assert [answer.listing_id for answer in answers] == [listing.id for listing in listings]
    except Exception as error:  # whatever a model stumbles over must stay with the listing that it stumbled over
        log.error("prediction failed", extra={"fields": {"error": type(error).__name__, "at": place_of(error)}})
        if len(listings) == 1:
            return [Refused(listings[0].id, "listing", FAILED)]
        return [answer for listing in listings for answer in judge([listing], predict)]
    return list(answers)
