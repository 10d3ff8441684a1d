"""The client for code that waits."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from trueshelf.client.asking import asking_for_the_model, becoming_ready
from trueshelf.client.backoff import Backoff
from trueshelf.client.errors import TrueshelfError
from trueshelf.client.judging import Terms, judging
from trueshelf.client.model import ModelDetails
from trueshelf.client.offers import MAX_BODY_BYTES, Illustrated, Offer, PhotoSource, requests_of
from trueshelf.client.protocol import Ask, Pause, Reply, Talk
from trueshelf.client.results import Result
from trueshelf.client.transport import BUDGET, Token, checked_address, failure_of, headers_of, late, reply_of
from trueshelf.listings.records import Listing

if TYPE_CHECKING:
    import httpx2

_T = TypeVar("_T")


class Client:
    """Asks the service at an address, from any number of threads.

    A request that was turned away (429, 502, 503, 504) or whose connection broke is sent again, and of its listings
    those alone whose error is not their own fault: after a pause that grows, is drawn by lot, and is not shorter than
    `Retry-After` asks for. Sending anything twice is safe, since a verdict changes nothing; each request nevertheless
    carries an `Idempotency-Key`, which all attempts with the same body share.

    Args:
        address: such as `http://127.0.0.1:3000`.
        token: shows who asks: a key, a token, or what gives one before every attempt.
        budget: seconds that each request may take with all its retries; the service is told how many are left.
        max_body_bytes: of one request, where the service was set up with another limit than its default.
        http: where requests need something of their own, such as certificates, a proxy or a gateway's headers; closed
            with this client.
    """

    def __init__(
        self,
        address: str,
        *,
        token: Token | None = None,
        budget: float = BUDGET,
        backoff: Backoff | None = None,
        max_body_bytes: int = MAX_BODY_BYTES,
        http: "httpx2.Client | None" = None,
    ) -> None:
        import httpx2  # here, so that importing stays quick

        self.address = checked_address(address)
        self._terms = Terms(budget=budget, backoff=backoff or Backoff())
        self._max_body_bytes = max_body_bytes
        self._token = token
        self._http = http or httpx2.Client()

    def judge(self, listing: Listing, photos: Sequence[PhotoSource] = ()) -> Result:
        """The result for one listing; see `judge_all`.

        Args:
            photos: those of a listing whose own record has none.
        """
        offer = Illustrated(listing, photos) if photos else listing
        [items] = requests_of([offer], max_body_bytes=self._max_body_bytes)
        [result] = self._carry_out(judging(items, self._terms))
        return result

    def judge_all(self, offers: Iterable[Offer]) -> Iterator[Result]:
        """A result for each of any number of listings, in order, each matched by the listing's id.

        Listings are taken and sent as the results are, up to 64 at a time, so that there may be more of them than fit
        in memory. Nothing is sent before the first result is asked for.

        Raises:
            TrueshelfError: a request as a whole was refused or has no answer. Results that came before it stand.
        """
        for items in requests_of(offers, max_body_bytes=self._max_body_bytes):
            yield from self._carry_out(judging(items, self._terms))

    def model(self) -> ModelDetails:
        """The model that answers, with its thresholds, guarantees and card.

        Raises:
            TrueshelfError: there is none yet, or no service.
        """
        return self._carry_out(asking_for_the_model(self._terms))

    def wait_until_ready(self, *, seconds: float, waiting: Callable[[str], None] = lambda _: None) -> None:
        """Wait for the service to be up and to have a model; `waiting` is told why not, about twice a second.

        Raises:
            TrueshelfError: it is not ready after so many seconds, will never be, or is another program.
        """
        self._carry_out(becoming_ready(seconds=seconds, waiting=waiting, clock=time.monotonic))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _carry_out(self, talk: Talk[_T]) -> _T:
        try:
            step = next(talk)
            while True:
                if isinstance(step, Pause):
                    time.sleep(step.seconds)
                    step = talk.send(None)
                    continue
                try:
                    reply = self._send(step)
                except TrueshelfError as error:
                    step = talk.throw(error)
                else:
                    step = talk.send(reply)
        except StopIteration as end:
            found: _T = end.value
            return found

    def _send(self, ask: Ask) -> Reply:
        import httpx2

        end = time.monotonic() + ask.seconds
        address = self.address + ask.path
        token = self._token() if callable(self._token) else self._token
        try:
            with self._http.stream(
                ask.method, address, content=ask.body, headers=headers_of(ask, token), timeout=ask.seconds
            ) as response:
                content = bytearray()
                for chunk in response.iter_bytes():
                    content += chunk
                    if time.monotonic() > end:
                        raise late(self.address, ask)
                return reply_of(response, bytes(content))
        except httpx2.RequestError as error:
            raise failure_of(error, self.address, ask) from error
