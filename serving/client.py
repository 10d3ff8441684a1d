"""The API as seen from a client: a few lines of the standard library."""

import base64
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from trueshelf.listings import Listing, Money


@dataclass(frozen=True, slots=True)
class Client:
    """Talks to a service at an address."""

    host: str
    port: int
    timeout: float = 120.0

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    def judge(self, listings: Sequence[Listing]) -> list[dict[str, Any]]:
        """The results for some listings, in order.

        Raises:
            ValueError: the service refuses the request.
        """
        status, content = self._ask("POST", "/v1/verdicts", {"listings": [document(listing) for listing in listings]})
        if status != 200:
            raise ValueError(f"{self.address} answered {status}: {content.get('detail')}")
        results: list[dict[str, Any]] = content["results"]
        return results

    def model(self) -> dict[str, Any] | None:
        """The model that answers, as `/v1/model` tells; None where nothing answers or there is none yet."""
        try:
            status, content = self._ask("GET", "/v1/model")
        except (OSError, HTTPException, ValueError):
            return None
        return content if status == 200 else None

    def wait_until_ready(self, *, seconds: float, waiting: Callable[[str], None]) -> None:
        """Wait for the service to be up and to have a model; `waiting` is told why, about twice a second.

        Raises:
            ValueError: it is not ready after so many seconds, or will never be.
        """
        end = time.monotonic() + seconds
        while True:
            try:
                status, content = self._ask("GET", "/readyz")
            except (OSError, HTTPException) as error:
                why = f"nothing answers at {self.address} ({error})"
            else:
                if status == 200:
                    return
                why = str(content.get("detail"))
                if why.startswith("there is no model"):
                    raise ValueError(why)
            if time.monotonic() > end:
                raise ValueError(f"the service is not ready after {seconds:.0f} s: {why}")
            waiting(why)
            time.sleep(0.5)

    def _ask(self, method: str, path: str, content: object = None) -> tuple[int, dict[str, Any]]:
        connection = HTTPConnection(self.host, self.port, timeout=self.timeout)
        try:
            body = None if content is None else json.dumps(content, ensure_ascii=False).encode()
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
            return response.status, answer
        finally:
            connection.close()


def document(listing: Listing) -> dict[str, Any]:
    """A listing as the API takes it, with its photos as base64."""
    content = {
        "listing_id": listing.id,
        "shop_id": listing.shop_id,
        "title": listing.title,
        "description": listing.description,
        "brand": listing.brand,
        "category": listing.category,
        "price": _price(listing.price),
        "list_price": _price(listing.list_price),
        "photos": [base64.b64encode(photo.read()).decode() for photo in listing.photos],
        "attributes": dict(listing.attributes),
        "listed_at": None if listing.listed_at is None else listing.listed_at.isoformat(),
        "language": listing.language,
    }
    return {name: value for name, value in content.items() if value is not None}


def _price(money: Money | None) -> dict[str, Any] | None:
    return None if money is None else {"amount": money.amount, "currency": money.currency}
