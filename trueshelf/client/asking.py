"""The conversations about the service itself: which model answers, and whether it is ready."""

from collections.abc import Callable
from dataclasses import dataclass

from trueshelf.client.errors import AnswerError, OutOfTimeError, ProblemError, UnavailableError, UnreachableError
from trueshelf.client.judging import TRANSIENT, Terms
from trueshelf.client.model import ModelDetails
from trueshelf.client.protocol import Ask, Pause, Talk, content_of

_POLL = 0.5  # seconds between two questions whether the service is ready
_ANSWER_SECONDS = 10.0  # that such a question may take


@dataclass(frozen=True, slots=True)
class _Status:
    status: str


def asking_for_the_model(terms: Terms) -> Talk[ModelDetails]:
    """The model that answers.

    Raises:
        TrueshelfError: there is none yet, or no service.
    """
    end, attempt = terms.clock() + terms.budget, 0
    while True:
        attempt += 1
        try:
            return content_of((yield Ask("GET", "/v1/model", max(end - terms.clock(), 0.001))), ModelDetails)
        except TRANSIENT as error:
            pause = terms.pause(error, attempt=attempt, left=end - terms.clock())
            if pause is None:
                raise
        yield Pause(pause)


def becoming_ready(*, seconds: float, waiting: Callable[[str], None], clock: Callable[[], float]) -> Talk[None]:
    """Ask until the service is up and has a model; `waiting` is told why it is not, about twice a second.

    Raises:
        AnswerError: another program answers.
        OutOfTimeError: the service is not ready after so many seconds.
        UnavailableError: it says that it will have no model.
    """
    end = clock() + seconds
    while True:
        try:
            if content_of((yield Ask("GET", "/readyz", _ANSWER_SECONDS)), _Status).status != "ready":
                raise AnswerError("what answers says nothing of being ready")
            return
        except UnavailableError as error:
            if error.request_id is not None and error.retry_after is None:
                raise  # there is nothing to come back for
            why = error.detail
        except ProblemError as error:
            raise AnswerError(f"what answers does not say whether it is ready: {error}") from error
        except (UnreachableError, OutOfTimeError) as error:
            why = str(error)
        if clock() > end:
            raise OutOfTimeError(f"the service is not ready after {seconds:.0f} s: {why}")
        waiting(why)
        yield Pause(_POLL)
