"""The API as seen from a client: a few lines of the standard library."""

import base64
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from trueshelf.listings import Listing, Money, ShopContext
from trueshelf.listings.tables import context_to_row

CHOOSE_A_PORT = "choose another port with TRUESHELF_PORT (or PORT, with make)"

_MODEL = {"name", "version", "precision", "heads"}


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
        """The model that answers, as `/v1/model` tells; None where there is none yet, or no service of ours."""
        try:
            status, content = self._ask("GET", "/v1/model")
        except (OSError, HTTPException, ValueError):
            return None
        return content if status == 200 and content.keys() >= _MODEL else None

    def wait_until_ready(self, *, seconds: float, waiting: Callable[[str], None]) -> None:
        """Wait for the service to be up and to have a model; `waiting` is told why, about twice a second.

        Raises:
            ValueError: it is not ready after so many seconds, will never be, or is another program.
        """
        end = time.monotonic() + seconds
        while True:
            try:
                status, content = self._ask("GET", "/readyz")
            except (OSError, HTTPException) as error:
                why = f"nothing answers at {self.address} ({error})"
            else:
                if (status, content.get("status")) == (200, "ready"):
                    return
                if status != 503:
                    raise self._stranger()
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
            answer = json.loads(response.read())
        except ValueError as error:
            raise self._stranger() from error
        finally:
            connection.close()
        if not isinstance(answer, dict):
            raise self._stranger()
        return response.status, answer

    def _stranger(self) -> ValueError:
        return ValueError(f"another program than Trueshelf answers at {self.address}; {CHOOSE_A_PORT}")


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
        "shop": None if listing.shop is None else shop_document(listing.shop),
    }
    return {name: value for name, value in content.items() if value is not None}


def shop_document(shop: ShopContext) -> dict[str, Any]:
    """What was known of a shop, as the API takes it."""
    known = {name: value for name, value in context_to_row(shop).items() if value is not None}
    return known | ({"registered_at": shop.registered_at.isoformat()} if shop.registered_at is not None else {})


def _price(money: Money | None) -> dict[str, Any] | None:
    return None if money is None else {"amount": money.amount, "currency": money.currency}
