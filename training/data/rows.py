"""What one row of an imported table says: a listing, its labels, its photos."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from training.data.columns import IMAGE, Columns
from training.data.fields import parse_amount, parse_answer, parse_split, parse_time
from training.data.records import Record
from trueshelf.listings import Head, Provenance
from trueshelf.listings.currencies import default_rates
from trueshelf.listings.images import ImageError, decode

_SEPARATORS = re.compile(r"[;|]")
_URL = re.compile(r"[a-z]+://", re.IGNORECASE)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportConfig:
    """How a table is read.

    Attributes:
        images: the folder that paths of photos are relative to.
        columns: assignments of the form `field=header`; see `training.data.columns`.
        positive, negative: cells that mean yes and no to every label.
        currency: of prices in rows that name none.
        provenance: where the labels come from.
        seed: of the split, where there are no times.
    """

    images: Path | None = None
    columns: Sequence[str] = ()
    positive: Collection[str] = ()
    negative: Collection[str] = ()
    currency: str = ""
    provenance: Provenance = Provenance.REVIEWER
    name: str = ""
    source: str = ""
    licence: str = "not stated"
    seed: int = 0
    workers: int | None = None


class RowError(ValueError):
    """Why one row cannot be used; `kind` is the reason without the row's own values."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """A row that can be used.

    Attributes:
        listing: a row of the table `listings`, as yet without photos.
        photos: the photos as they are encoded, each of which can be decoded.
        split: None where the table has no column for it.
    """

    listing: dict[str, Any]
    labels: list[dict[str, Any]]
    photos: list[bytes]
    operator_id: str | None
    split: str | None


def read_row(number: int, record: Record, columns: Columns, config: ImportConfig, *, default_id: str) -> ImportedRow:
    """Read a row.

    Raises:
        RowError: this row cannot be used.
        ValueError: a label or split is not of the known words; the columns are probably not what they were taken for.
    """
    labels, split = _labels(number, record, columns, config), _split(number, record, columns)
    listing = _listing(record, columns, config, default_id=default_id)
    photos = _photos(record, columns, config)
    if not photos and not listing["title"]:
        raise RowError("there is neither a photo nor a title")
    return ImportedRow(listing, labels, photos, columns.text(record, "operator_id") or None, split)


def _listing(record: Record, columns: Columns, config: ImportConfig, *, default_id: str) -> dict[str, Any]:
    text = {name: columns.text(record, name) for name in ("title", "description")}
    optional = {name: columns.text(record, name) or None for name in ("shop_id", "brand", "category", "language")}
    currency = columns.text(record, "currency").upper() or config.currency
    prices: dict[str, Any] = {}
    for name in ("price", "list_price"):
        amount = _cell(parse_amount, record, columns, name)
        if amount is not None and currency not in default_rates():
            raise RowError("currency is not an ISO 4217 code such as USD", repr(currency))
        prices |= {f"{name}_amount": amount, f"{name}_currency": None if amount is None else currency}
    attributes = {name: record[header].strip() for name, header in columns.attributes.items()}
    return {
        "listing_id": columns.text(record, "listing_id") or default_id,
        **text,
        **optional,
        **prices,
        "shop_id": optional["shop_id"] or columns.text(record, "operator_id") or None,
        "attributes": sorted((name, value) for name, value in attributes.items() if value),
        "listed_at": _cell(parse_time, record, columns, "listed_at"),
    }


def _labels(number: int, record: Record, columns: Columns, config: ImportConfig) -> list[dict[str, Any]]:
    given = _cell(parse_time, record, columns, "labelled_at")
    return [_label(number, record, columns, head, given, config) for head in columns.heads]


def _label(
    number: int, record: Record, columns: Columns, head: Head, given: datetime | None, config: ImportConfig
) -> dict[str, Any]:
    header = columns.headers[head.value][0]
    try:
        answer = parse_answer(record[header], head, positive=config.positive, negative=config.negative)
    except ValueError as error:
        raise ValueError(f"row {number}, column {header!r}: {error}") from None
    return {"head": head.value, "answer": answer.value, "provenance": config.provenance.value, "labelled_at": given}


def _split(number: int, record: Record, columns: Columns) -> str | None:
    if "split" not in columns:
        return None
    try:
        return parse_split(columns.text(record, "split")).value
    except ValueError as error:
        raise ValueError(f"row {number}, column {columns.headers['split'][0]!r}: {error}") from None


def _cell(parse: Callable[[str], T], record: Record, columns: Columns, name: str) -> T:
    try:
        return parse(columns.text(record, name))
    except ValueError as error:
        raise RowError(f"{name} cannot be read", str(error)) from error


def _photos(record: Record, columns: Columns, config: ImportConfig) -> list[bytes]:
    cells = [record[header] for header in columns.headers.get(IMAGE, ())]
    paths = [path.strip() for cell in cells for path in _SEPARATORS.split(cell) if path.strip()]
    return [_photo(path, config.images or Path()) for path in dict.fromkeys(paths)]


def _photo(path: str, images: Path) -> bytes:
    if _URL.match(path):
        raise RowError("a photo is a URL, which is not fetched", path)
    file = images / path
    if not file.resolve().is_relative_to(images.resolve()):
        raise RowError("a photo lies outside the folder of images", path)
    try:
        content = file.read_bytes()
        decode(content)
    except ImageError as error:
        raise RowError("a photo is broken", f"{path}: {error}") from error
    except OSError as error:
        raise RowError("a photo is missing", f"{path}: {error.strerror}") from error
    return content
