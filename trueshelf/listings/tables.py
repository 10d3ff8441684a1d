"""The Arrow schemas of listings, shops, labels, splits and known photos, and the way between rows and records.

Photos are paths relative to the folder that holds the table; in a dataset folder a file's stem is the photo's SHA-256.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa

from trueshelf.listings.records import (
    Answer,
    Certification,
    Head,
    Label,
    Listing,
    Money,
    Photo,
    Provenance,
    Shop,
    ShopContext,
)

TIME = pa.timestamp("us", tz="UTC")

LISTINGS = pa.schema(
    [
        pa.field("listing_id", pa.string(), nullable=False),
        pa.field("shop_id", pa.string()),
        pa.field("title", pa.string()),
        pa.field("description", pa.string()),
        pa.field("brand", pa.string()),
        pa.field("category", pa.string()),
        pa.field("price_amount", pa.float64()),
        pa.field("price_currency", pa.string()),
        pa.field("list_price_amount", pa.float64()),
        pa.field("list_price_currency", pa.string()),
        pa.field("photos", pa.list_(pa.string())),
        pa.field("attributes", pa.map_(pa.string(), pa.string())),
        pa.field("listed_at", TIME),
        pa.field("language", pa.string()),
    ]
)

SHOP: pa.Field = pa.field(
    "shop",
    pa.struct(
        [
            pa.field("registered_at", TIME),
            pa.field("certification", pa.string()),
            pa.field("authorised_brands", pa.list_(pa.string())),
            pa.field("listings", pa.int64()),
            pa.field("listings_30_days", pa.int64()),
            pa.field("found_counterfeit", pa.int64()),
            pa.field("found_genuine", pa.int64()),
        ]
    ),
)
"""What was known of the shop; a dataset folder has no such column, since it follows from its tables."""

LISTINGS_WITH_SHOP = LISTINGS.append(SHOP)

SHOPS = pa.schema(
    [
        pa.field("shop_id", pa.string(), nullable=False),
        pa.field("operator_id", pa.string()),
        pa.field("name", pa.string()),
        pa.field("region", pa.string()),
        pa.field("registered_at", TIME),
        pa.field("certification", pa.string()),
        pa.field("authorised_brands", pa.list_(pa.string())),
    ]
)

LABELS = pa.schema(
    [
        pa.field("listing_id", pa.string(), nullable=False),
        pa.field("head", pa.string(), nullable=False),
        pa.field("answer", pa.string(), nullable=False),
        pa.field("provenance", pa.string(), nullable=False),
        pa.field("labelled_at", TIME),
        pa.field("detail", pa.string()),
    ]
)

SPLITS = pa.schema(
    [
        pa.field("listing_id", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("reason", pa.string()),
    ]
)

GALLERY = pa.schema(
    [
        pa.field("photo", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("brand", pa.string()),
        pa.field("source", pa.string(), nullable=False),
    ]
)

TABLES: Mapping[str, pa.Schema] = {
    "listings": LISTINGS,
    "shops": SHOPS,
    "labels": LABELS,
    "splits": SPLITS,
    "gallery": GALLERY,
}
"""Each table of a dataset folder by its name."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


def is_inside(path: str | None) -> bool:
    """Whether a photo's path stays inside the folder that holds the table."""
    return path is not None and not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts


def photo_at(path: Path) -> Photo:
    """The photo in a file: its digest is the stem where that is one, else computed from the bytes.

    Raises:
        OSError: the file's bytes are needed and cannot be read.
    """
    if _DIGEST.fullmatch(path.stem):
        return Photo(path.stem, path)
    return Photo(Photo.of(path.read_bytes()).digest, path)


def listing_from_row(row: Mapping[str, Any], *, folder: Path) -> Listing:
    """A listing from one row of a `LISTINGS` table whose photos lie under `folder`.

    Raises:
        ValueError: a photo's path leads out of the folder: a table from elsewhere must not make us read other files.
    """
    outside = next((path for path in row.get("photos") or () if not is_inside(path)), "")
    if outside != "":
        raise ValueError(f"listing {row['listing_id']}: the photo {outside!r} lies outside {folder}")
    return Listing(
        id=row["listing_id"],
        shop_id=row.get("shop_id"),
        shop=context_from_row(row["shop"]) if row.get("shop") is not None else None,
        title=row.get("title") or "",
        description=row.get("description") or "",
        brand=row.get("brand"),
        category=row.get("category"),
        price=_money(row.get("price_amount"), row.get("price_currency")),
        list_price=_money(row.get("list_price_amount"), row.get("list_price_currency")),
        photos=tuple(photo_at(folder / path) for path in row.get("photos") or ()),
        attributes=dict(row.get("attributes") or ()),
        listed_at=row.get("listed_at"),
        language=row.get("language"),
    )


def listing_to_row(listing: Listing, *, photos: Iterable[str]) -> dict[str, Any]:
    """One row of a `LISTINGS_WITH_SHOP` table; `photos` are the relative paths that its photos were written to."""
    return {
        "listing_id": listing.id,
        "shop_id": listing.shop_id,
        "shop": None if listing.shop is None else context_to_row(listing.shop),
        "title": listing.title,
        "description": listing.description,
        "brand": listing.brand,
        "category": listing.category,
        "price_amount": listing.price and listing.price.amount,
        "price_currency": listing.price and listing.price.currency,
        "list_price_amount": listing.list_price and listing.list_price.amount,
        "list_price_currency": listing.list_price and listing.list_price.currency,
        "photos": list(photos),
        "attributes": sorted(listing.attributes.items()),
        "listed_at": listing.listed_at,
        "language": listing.language,
    }


def context_from_row(row: Mapping[str, Any]) -> ShopContext:
    """What was known of a shop, from a `SHOP` cell.

    Raises:
        ValueError: the certification is not one that Trueshelf knows.
    """
    certification, brands = row.get("certification"), row.get("authorised_brands")
    return ShopContext(
        registered_at=row.get("registered_at"),
        certification=None if certification is None else Certification(certification),
        authorised_brands=None if brands is None else tuple(brands),
        listings=row.get("listings"),
        listings_30_days=row.get("listings_30_days"),
        found_counterfeit=row.get("found_counterfeit"),
        found_genuine=row.get("found_genuine"),
    )


def context_to_row(context: ShopContext) -> dict[str, Any]:
    """A `SHOP` cell."""
    return {
        "registered_at": context.registered_at,
        "certification": context.certification and context.certification.value,
        "authorised_brands": None if context.authorised_brands is None else list(context.authorised_brands),
        "listings": context.listings,
        "listings_30_days": context.listings_30_days,
        "found_counterfeit": context.found_counterfeit,
        "found_genuine": context.found_genuine,
    }


def listings_from_table(table: pa.Table, *, folder: Path) -> Iterator[Listing]:
    """The listings of a table, a batch in memory at a time."""
    for batch in table.to_batches(max_chunksize=1024):
        for row in batch.to_pylist():
            yield listing_from_row(row, folder=folder)


def shop_from_row(row: Mapping[str, Any]) -> Shop:
    """A shop from one row of a `SHOPS` table."""
    return Shop(
        id=row["shop_id"],
        operator_id=row.get("operator_id"),
        name=row.get("name") or "",
        region=row.get("region"),
        registered_at=row.get("registered_at"),
        certification=Certification(row["certification"]) if row.get("certification") else None,
        authorised_brands=None if row.get("authorised_brands") is None else tuple(row["authorised_brands"]),
    )


def shop_to_row(shop: Shop) -> dict[str, Any]:
    """One row of a `SHOPS` table."""
    return {
        "shop_id": shop.id,
        "operator_id": shop.operator_id,
        "name": shop.name,
        "region": shop.region,
        "registered_at": shop.registered_at,
        "certification": shop.certification and shop.certification.value,
        "authorised_brands": None if shop.authorised_brands is None else list(shop.authorised_brands),
    }


def label_from_row(row: Mapping[str, Any]) -> Label:
    """A label from one row of a `LABELS` table.

    Raises:
        ValueError: the head, answer or provenance is not one that Trueshelf knows.
    """
    return Label(
        listing_id=row["listing_id"],
        head=Head(row["head"]),
        answer=Answer(row["answer"]),
        provenance=Provenance(row["provenance"]),
        labelled_at=row.get("labelled_at"),
        detail=row.get("detail") or "",
    )


def label_to_row(label: Label) -> dict[str, str | datetime | None]:
    """One row of a `LABELS` table."""
    return {
        "listing_id": label.listing_id,
        "head": label.head.value,
        "answer": label.answer.value,
        "provenance": label.provenance.value,
        "labelled_at": label.labelled_at,
        "detail": label.detail,
    }


def _money(amount: float | None, currency: str | None) -> Money | None:
    return None if amount is None or currency is None else Money(amount, currency)
