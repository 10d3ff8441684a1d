"""The client for `async` code."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from trueshelf.client.asking import asking_for_the_model, becoming_ready
from trueshelf.client.backoff import Backoff
from trueshelf.client.errors import TrueshelfError
from trueshelf.client.judging import Terms, judging
from trueshelf.client.model import ModelDetails
from trueshelf.client.offers import MAX_BODY_BYTES, Illustrated, Offer, PhotoSource, requests_of
from trueshelf.client.protocol import Ask, Pause, Reply, Talk
from trueshelf.client.results import Result
from trueshelf.client.transport import BUDGET, AsyncToken, checked_address, failure_of, headers_of, late, reply_of
from trueshelf.listings.records import Listing

if TYPE_CHECKING:
    import httpx2

_T = TypeVar("_T")


class AsyncClient:
    """Asks the service at an address, from any number of tasks, as `Client` does; what gives tokens may be `async`."""

    def __init__(
        self,
        address: str,
        *,
        token: AsyncToken | None = None,
        budget: float = BUDGET,
        backoff: Backoff | None = None,
        max_body_bytes: int = MAX_BODY_BYTES,
        http: "httpx2.AsyncClient | None" = None,
    ) -> None:
        import httpx2  # here, so that importing stays quick

        self.address = checked_address(address)
        self._terms = Terms(budget=budget, backoff=backoff or Backoff())
        self._max_body_bytes = max_body_bytes
        self._token = token
        self._http = http or httpx2.AsyncClient()

    async def judge(self, listing: Listing, photos: Sequence[PhotoSource] = ()) -> Result:
        """The result for one listing; see `judge_all`.

        Args:
            photos: those of a listing whose own record has none.
        """
        offer = Illustrated(listing, photos) if photos else listing
        [items] = requests_of([offer], max_body_bytes=self._max_body_bytes)
        [result] = await self._carry_out(judging(items, self._terms))
        return result

    async def judge_all(self, offers: Iterable[Offer]) -> AsyncIterator[Result]:
        """A result for each of any number of listings, in order, each matched by the listing's id.

        Listings are taken and sent as the results are, up to 64 at a time, so that there may be more of them than fit
        in memory. Nothing is sent before the first result is asked for.

        Raises:
            TrueshelfError: a request as a whole was refused or has no answer. Results that came before it stand.
        """
        for items in requests_of(offers, max_body_bytes=self._max_body_bytes):
            for result in await self._carry_out(judging(items, self._terms)):
                yield result

    async def model(self) -> ModelDetails:
        """The model that answers, with its thresholds, guarantees and card.

        Raises:
            TrueshelfError: there is none yet, or no service.
        """
        return await self._carry_out(asking_for_the_model(self._terms))

    async def wait_until_ready(self, *, seconds: float, waiting: Callable[[str], None] = lambda _: None) -> None:
        """Wait for the service to be up and to have a model; `waiting` is told why not, about twice a second.

        Raises:
            TrueshelfError: it is not ready after so many seconds, will never be, or is another program.
        """
        await self._carry_out(becoming_ready(seconds=seconds, waiting=waiting, clock=time.monotonic))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _carry_out(self, talk: Talk[_T]) -> _T:
        import anyio

        try:
            step = next(talk)
            while True:
                if isinstance(step, Pause):
                    await anyio.sleep(step.seconds)
                    step = talk.send(None)
                    continue
                try:
                    reply = await self._send(step)
                except TrueshelfError as error:
                    step = talk.throw(error)
                else:
                    step = talk.send(reply)
        except StopIteration as end:
            found: _T = end.value
            return found

    async def _shown(self) -> str | None:
        given = self._token() if callable(self._token) else self._token
        return await given if isinstance(given, Awaitable) else given

    async def _send(self, ask: Ask) -> Reply:
        import anyio
        import httpx2

        address = self.address + ask.path
        try:
            with anyio.fail_after(ask.seconds):
                token = await self._shown()
                response = await self._http.request(
                    ask.method, address, content=ask.body, headers=headers_of(ask, token), timeout=ask.seconds
                )
                return reply_of(response, response.content)
        except TimeoutError as error:
            raise late(self.address, ask) from error
        except httpx2.RequestError as error:
            raise failure_of(error, self.address, ask) from error
