"""Fetches the photos of a request, within bounds of size, time and number."""

import ssl
from collections.abc import Mapping, Sequence
from typing import Final

import anyio
from httpcore2 import (
    URL,
    AsyncConnectionPool,
    AsyncNetworkBackend,
    NetworkError,
    ProtocolError,
    Response,
    TimeoutException,
)

from serving.fetching.errors import FetchError
from serving.fetching.hosts import PhotoHosts, Place
from serving.fetching.network import PublicNetwork
from trueshelf.listings import Photo
from trueshelf.listings.images import ImageLimits

MOST_REDIRECTS: Final = 3
PHOTO_SECONDS: Final = 10.0
"""For one photo, from its name to its last byte."""

REQUEST_SECONDS: Final = 30.0
"""For all photos of a request, the wait for their turn included."""

REQUESTS: Final = 16
"""Requests whose photos are fetched at a time; what they hold is bounded by their number."""

WAITING: Final = 16
"""Requests that wait for that; of one more no photo is fetched."""

AT_ONCE: Final = 8
"""Photos of one request that are fetched at a time."""

_HEADERS = [
    (b"Accept", b"image/jpeg, image/png, image/webp, image/gif"),
    (b"Accept-Encoding", b"identity"),
    (b"User-Agent", b"trueshelf"),
]
_DIGITS = 12  # of an announced size; more bytes than so many say are too many anyway
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

Fetched = Photo | FetchError


class Fetcher:
    """Fetches photos.

    Args:
        most_bytes: of all photos of a request, as if they had been sent in its body.
        network: how hosts are connected to.
        certificates: whom the names of hosts are believed; the system's authorities by default.
    """

    def __init__(
        self,
        hosts: PhotoHosts,
        *,
        most_bytes: int,
        network: AsyncNetworkBackend | None = None,
        certificates: ssl.SSLContext | None = None,
    ) -> None:
        self._hosts = hosts
        self._most_bytes = most_bytes
        self._network = network or PublicNetwork()
        self._certificates = certificates
        self._requests = anyio.CapacityLimiter(REQUESTS)

    async def __call__(self, urls: Sequence[str], *, seconds: float) -> Mapping[str, Fetched]:
        """The photo behind each of a request's addresses, or why there is none.

        Args:
            seconds: that somebody waits for them.
        """
        busy = self._requests.statistics()
        if busy.borrowed_tokens >= busy.total_tokens and busy.tasks_waiting >= WAITING:
            return dict.fromkeys(urls, FetchError("too many photos are being fetched", status=504))
        found: dict[str, Fetched] = {}
        with anyio.move_on_after(min(seconds, REQUEST_SECONDS)):
            async with self._requests, self._pool() as pool:
                visit = _Visit(self._hosts, pool, most_bytes=self._most_bytes)
                waiting = iter(dict.fromkeys(urls))

                async def work() -> None:
                    for url in waiting:  # shared: each worker takes the next
                        found[url] = await visit.fetch(url)

                async with anyio.create_task_group() as workers:
                    for _ in range(AT_ONCE):
                        workers.start_soon(work)
        late = FetchError("the photos of the request were not there in time", status=504)
        return {url: found.get(url, late) for url in urls}

    def _pool(self) -> AsyncConnectionPool:
        return AsyncConnectionPool(
            ssl_context=self._certificates,
            max_connections=AT_ONCE,
            max_keepalive_connections=AT_ONCE,
            network_backend=self._network,
        )


class _Visit:
    """The photos of one request."""

    def __init__(self, hosts: PhotoHosts, pool: AsyncConnectionPool, *, most_bytes: int) -> None:
        self._hosts = hosts
        self._pool = pool
        self._most_bytes = self._left = most_bytes

    async def fetch(self, url: str) -> Fetched:
        try:
            with anyio.fail_after(PHOTO_SECONDS):
                return Photo.of(await self._content(self._hosts.place(url)))
        except FetchError as error:
            return error
        except (TimeoutError, TimeoutException):
            return FetchError(f"the photo was not there within {PHOTO_SECONDS:g} seconds", status=504)
        except NetworkError:
            return FetchError("the photo's host cannot be reached")
        except ProtocolError:
            return FetchError("the photo's host does not answer as HTTP wants it")

    async def _content(self, place: Place) -> bytes:
        for _ in range(MOST_REDIRECTS + 1):
            # In parts, so that nobody reads the address a second time, and differently.
            url = URL(scheme=place.scheme, host=place.host, port=place.port, target=place.target)
            async with self._pool.stream("GET", url, headers=_HEADERS) as response:
                if response.status not in _REDIRECTS:
                    return await self._photo(response)
                place = self._hosts.place_after(place, _header(response, b"location"))
        raise FetchError(f"the address leads on more than {MOST_REDIRECTS} times")

    async def _photo(self, response: Response) -> bytes:
        """The body, given up as soon as it is known to be too large."""
        if response.status != 200:
            raise FetchError(f"the photo's host answers {response.status}")
        if _header(response, b"content-encoding").lower() not in ("", "identity"):
            raise FetchError("the photo comes compressed, though that was not asked for")
        announced = _header(response, b"content-length")[:_DIGITS]
        self._check(int(announced) if announced.isdecimal() else 0)
        content = bytearray()
        try:
            async for chunk in response.aiter_stream():
                content += chunk
                self._left -= len(chunk)
                self._check(len(content))
        except BaseException:
            self._left += len(content)  # for the photos of other listings
            raise
        return bytes(content)

    def _check(self, size: int) -> None:
        if size > ImageLimits().max_bytes:
            raise FetchError(f"the photo has more than {ImageLimits().max_bytes} bytes")
        if self._left < 0:
            raise FetchError(f"the photos of the request have more than {self._most_bytes} bytes together")


def _header(response: Response, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in response.headers if key.lower() == name), "")
