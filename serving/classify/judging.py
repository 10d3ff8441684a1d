"""From listings to answers, whatever the model does: each listing gets its own answer, or an error of its own."""

import logging
import math
from collections.abc import Callable, Mapping, Sequence

from serving.classify.logs import place_of
from serving.classify.model import Predict
from serving.classify.wire import Refused
from trueshelf.listings import Listing
from trueshelf.models import HeadVerdict, ItemError, Verdict

log = logging.getLogger(__name__)

Answer = Verdict | ItemError | Refused

FAILED = "could not be judged because of a fault of ours; the log tells more under the request's id"


class Crossed(Exception):  # noqa: N818 - what the answers are
    """A model's answers are not one for each listing."""


def log_failure(_listing: Listing, error: Exception) -> None:
    """Say where the model failed, and nothing of what the listing says."""
    log.error("prediction failed", extra={"fields": {"error": type(error).__name__, "at": place_of(error)}})


def judge(
    listings: Sequence[Listing], predict: Predict, *, failed: Callable[[Listing, Exception], None] = log_failure
) -> list[Answer]:
    """An answer for each listing, in order, matched by the listing's id.

    Where the model fails, or its answers are not one for each listing, halves are tried, so that what it stumbles over
    fails alone after about log2 N more calls.

    Args:
        listings: each with an id of its own.
        failed: told of each listing that the model failed on by itself.
    """
    if not listings:
        return []
    try:
        answers = _matched(listings, predict(listings))
    except Exception as error:  # whatever a model stumbles over must stay with the listing that it stumbled over
        if len(listings) == 1:
            failed(listings[0], error)
            return [Refused(listings[0].id, "listing", FAILED, status=500)]
        middle = len(listings) // 2
        halves = (listings[:middle], listings[middle:])
        return [answer for half in halves for answer in judge(half, predict, failed=failed)]
    return [answers[listing.id] for listing in listings]


def in_order(items: Sequence[Listing | Refused], answers: Sequence[Answer]) -> list[Answer]:
    """An answer for each item: what was refused, and between it the answers for the listings, in their order."""
    rest = iter(answers)
    return [item if isinstance(item, Refused) else next(rest) for item in items]


def _matched(listings: Sequence[Listing], answers: Sequence[Verdict | ItemError]) -> Mapping[str, Answer]:
    """The answers by listing.

    Raises:
        Crossed: a listing has no answer or several, there is one for a listing that was not asked about, or one with a
            probability that is no number.
    """
    found: dict[str, Answer] = {answer.listing_id: answer for answer in answers}
    asked = {listing.id for listing in listings}
    if not len(asked) == len(listings) == len(answers) or found.keys() != asked:
        raise Crossed(f"{len(answers)} answers about {len(found)} listings for {len(listings)}")
    for answer in answers:
        if isinstance(answer, Verdict) and not all(map(_is_probability, answer.heads.values())):
            raise Crossed("a probability is no number from 0 to 1")
    return found


def _is_probability(head: HeadVerdict) -> bool:
    return math.isfinite(head.probability) and 0 <= head.probability <= 1
