"""Listings as the API takes them, cut into requests."""

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

from trueshelf.client.results import Failed, ListingError
from trueshelf.listings.records import Listing, Money, Photo, ShopContext

MOST_LISTINGS = 64
"""Of one request."""

MAX_BODY_BYTES = 25 * 2**20
"""Of one request, unless the service was set up otherwise."""


@dataclass(frozen=True, slots=True)
class PhotoUrl:
    """The address of a photo, which the service fetches where it was set up to (`TRUESHELF_PHOTO_HOSTS`)."""

    url: str


PhotoSource: TypeAlias = Photo | bytes | Path | PhotoUrl
"""A photo, its encoded bytes, the file that holds them, or its address."""

_BEFORE, _BETWEEN, _AFTER = b'{"listings":[', b",", b"]}"


@dataclass(frozen=True, slots=True)
class Illustrated:
    """A listing with photos that lie elsewhere than in its own record, which then has none."""

    listing: Listing
    photos: Sequence[PhotoSource]


Offer: TypeAlias = Listing | Illustrated


@dataclass(frozen=True, slots=True)
class Sent:
    """A listing as it is sent."""

    listing_id: str
    content: bytes


def requests_of(offers: Iterable[Offer], *, max_body_bytes: int) -> Iterator[list[Sent | Failed]]:
    """The listings in order, cut so that each part fits one request and has no id twice.

    A listing that cannot be sent, because a photo's file cannot be read or all of it is too large, has failed already.
    """
    part: list[Sent | Failed] = []
    ids: set[str] = set()
    size = 0
    most = max_body_bytes - len(_BEFORE) - len(_AFTER)
    for offer in offers:
        item = _prepared(offer, most=most)
        more = len(item.content) + len(_BETWEEN) if isinstance(item, Sent) else 0
        if part and (len(part) == MOST_LISTINGS or item.listing_id in ids or size + more > most):
            yield part
            part, ids, size = [], set(), 0
        part.append(item)
        ids.add(item.listing_id)
        size += more
    if part:
        yield part


def body_of(items: Iterable[Sent]) -> bytes:
    """The request's body."""
    return _BEFORE + _BETWEEN.join(item.content for item in items) + _AFTER


def document_of(listing: Listing, photos: Sequence[PhotoSource]) -> dict[str, Any]:
    """A listing as JSON has it, with its photos as base64; what is None is left out.

    Raises:
        OSError: the file of a photo cannot be read.
    """
    content = {
        "listing_id": listing.id,
        "shop_id": listing.shop_id,
        "title": listing.title,
        "description": listing.description,
        "brand": listing.brand,
        "category": listing.category,
        "price": _price(listing.price),
        "list_price": _price(listing.list_price),
        "photos": [_photo(photo) for photo in photos],
        "attributes": dict(listing.attributes),
        "listed_at": None if listing.listed_at is None else listing.listed_at.isoformat(),
        "language": listing.language,
        "shop": None if listing.shop is None else _shop(listing.shop),
    }
    return _known(content)


def _prepared(offer: Offer, *, most: int) -> Sent | Failed:
    listing, photos = (offer, offer.photos) if isinstance(offer, Listing) else (offer.listing, offer.photos)
    if isinstance(offer, Illustrated) and listing.photos:
        raise ValueError(f"listing {listing.id!r} has photos in its record and others beside it")
    try:
        # Halves of characters are escaped, so that the service refuses the one listing that has them.
        content = json.dumps(document_of(listing, photos), separators=(",", ":")).encode()
    except OSError as error:
        return Failed(listing.id, ListingError("photos", f"cannot be read: {error}", 422))
    if len(content) + len(_BETWEEN) > most:
        return Failed(
            listing.id, ListingError("listing", f"has {len(content)} bytes, more than a request may have", 413)
        )
    return Sent(listing.id, content)


def _photo(photo: PhotoSource) -> str | dict[str, str]:
    if isinstance(photo, PhotoUrl):
        return asdict(photo)
    content = photo if isinstance(photo, bytes) else photo.read() if isinstance(photo, Photo) else photo.read_bytes()
    return base64.b64encode(content).decode()


def _price(money: Money | None) -> dict[str, Any] | None:
    return None if money is None else {"amount": money.amount, "currency": money.currency}


def _shop(shop: ShopContext) -> dict[str, Any]:
    registered_at = None if shop.registered_at is None else shop.registered_at.isoformat()
    brands = None if shop.authorised_brands is None else list(shop.authorised_brands)
    return _known(asdict(shop) | {"registered_at": registered_at, "authorised_brands": brands})


def _known(content: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if value is not None}
