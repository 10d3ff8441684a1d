"""What one row of an imported table says: a listing, its labels, its photos."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from training.data.amounts import NOTHING, Amount, Convention, Decimal, parse_amount
from training.data.columns import IMAGE, Columns
from training.data.currency_signs import currencies_of
from training.data.fields import parse_answer, parse_certification, parse_provenance, parse_split, parse_time
from training.data.records import Record, RowError
from trueshelf.listings import Head, Provenance
from trueshelf.listings.currencies import default_rates
from trueshelf.listings.images import ImageError, decode

_SEPARATORS = re.compile(r"[;|]")
_URL = re.compile(r"[a-z]+://", re.IGNORECASE)

PRICES = ("price", "list_price")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportConfig:
    """How a table is read.

    Attributes:
        images: the folder that paths of photos are relative to.
        columns: assignments of the form `field=header`; see `training.data.columns`.
        positive, negative: cells that mean yes and no to every label.
        currency: of prices in rows that name none.
        decimal: the sign before the cents, where a price could be read in two ways; None takes the table's own word.
        provenance: where the labels come from, in rows that do not say.
        seed: of the split, where there are no times.
    """

    images: Path | None = None
    columns: Sequence[str] = ()
    positive: Collection[str] = ()
    negative: Collection[str] = ()
    currency: str = ""
    decimal: Decimal | None = None
    provenance: Provenance = Provenance.REVIEWER
    name: str = ""
    source: str = ""
    licence: str = "not stated"
    seed: int = 0
    workers: int | None = None


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """A row that can be used.

    Attributes:
        listing: a row of the table `listings`, as yet without photos.
        photos: the photos as they are encoded, each of which can be decoded.
        dropped: why other photos of the row are left out.
        shop: what the row says of its shop, a part of a row of the table `shops`; None for what it does not say.
        split: None where the table has no column for it.
    """

    listing: dict[str, Any]
    labels: list[dict[str, Any]]
    photos: list[bytes]
    dropped: list[RowError]
    shop: dict[str, Any]
    split: str | None


def read_row(
    number: int, record: Record, columns: Columns, config: ImportConfig, convention: Convention, *, default_id: str
) -> ImportedRow:
    """Read a row.

    Raises:
        RowError: this row cannot be used.
        ValueError: a label, provenance or split is not of the known words; the columns are probably not what they were
            taken for.
    """
    labels, split = _labels(number, record, columns, config), _split(number, record, columns)
    listing = _listing(record, columns, config, convention, default_id=default_id)
    photos, dropped = _photos(record, columns, config)
    if not photos and not listing["title"]:
        raise dropped[0] if dropped else RowError("there is neither a photo nor a title")
    return ImportedRow(listing, labels, photos, dropped, _shop(record, columns), split)


def prices_of(record: Record, columns: Columns, config: ImportConfig) -> Iterator[tuple[Amount, str]]:
    """A row's prices as they are written, with their currencies' codes; those that cannot be read are left out."""
    named = _named_currency(record, columns)
    for name in PRICES:
        try:
            amount = _cell(parse_amount, record, columns, name)
        except RowError:  # it is reported when the row is read
            continue
        if amount is not None:
            yield amount, amount.currency(named, config.currency)


def _listing(
    record: Record, columns: Columns, config: ImportConfig, convention: Convention, *, default_id: str
) -> dict[str, Any]:
    text = {name: columns.text(record, name) for name in ("title", "description")}
    optional = {name: columns.text(record, name) or None for name in ("shop_id", "brand", "category", "language")}
    attributes = {name: record[header].strip() for name, header in columns.attributes.items()}
    return {
        "listing_id": columns.text(record, "listing_id") or default_id,
        **text,
        **optional,
        **_prices(record, columns, config, convention),
        "shop_id": optional["shop_id"] or columns.text(record, "operator_id") or None,
        "attributes": sorted((name, value) for name, value in attributes.items() if value),
        "listed_at": _cell(parse_time, record, columns, "listed_at"),
    }


def _shop(record: Record, columns: Columns) -> dict[str, Any]:
    certification = _cell(parse_certification, record, columns, "certification")
    brands = columns.text(record, "authorised_brands")
    return {
        "operator_id": columns.text(record, "operator_id") or None,
        "registered_at": _cell(parse_time, record, columns, "registered_at"),
        "certification": certification and certification.value,
        "authorised_brands": [name.strip() for name in _SEPARATORS.split(brands) if name.strip()] or None,
    }


def _prices(record: Record, columns: Columns, config: ImportConfig, convention: Convention) -> dict[str, Any]:
    named = _named_currency(record, columns)
    prices: dict[str, Any] = {}
    for name in PRICES:
        amount = _cell(parse_amount, record, columns, name)
        if amount is None:
            prices |= {f"{name}_amount": None, f"{name}_currency": None}
        else:
            currency = _currency(amount, named, config.currency)
            prices |= {f"{name}_amount": amount.value(currency, convention.decimal), f"{name}_currency": currency}
    return prices


def _named_currency(record: Record, columns: Columns) -> str:
    """The currency that the row's own cell names, by code or by a sign that stands for one alone; empty for none."""
    text = columns.text(record, "currency")
    if text.casefold() in NOTHING:
        return ""
    meant = currencies_of(text)
    if len(meant) > 1:
        return ""
    return meant[0] if meant else text.upper()


def _currency(amount: Amount, named: str, default: str) -> str:
    """A price's currency; it must be one, and its sign must not stand for another."""
    signs, code = amount.currencies, amount.currency(named, default)
    if not code and signs:
        raise RowError("a price's sign may stand for several currencies", f"{amount.text!r}: {', '.join(signs)}")
    if code not in default_rates():
        raise RowError("currency is not an ISO 4217 code such as USD", repr(code))
    if signs and code not in signs:
        raise RowError("a price's sign is of another currency", f"{amount.text!r} in {code}")
    return code


def _labels(number: int, record: Record, columns: Columns, config: ImportConfig) -> list[dict[str, Any]]:
    given = {
        "provenance": _provenance(number, record, columns, config).value,
        "labelled_at": _cell(parse_time, record, columns, "labelled_at"),
    }
    return [_label(number, record, columns, head, config) | given for head in columns.heads]


def _label(number: int, record: Record, columns: Columns, head: Head, config: ImportConfig) -> dict[str, Any]:
    header = columns.headers[head.value][0]
    try:
        answer = parse_answer(record[header], head, positive=config.positive, negative=config.negative)
    except ValueError as error:
        raise ValueError(f"row {number}, column {header!r}: {error}") from None
    return {"head": head.value, "answer": answer.value}


def _provenance(number: int, record: Record, columns: Columns, config: ImportConfig) -> Provenance:
    text = columns.text(record, "provenance")
    if text.casefold() in NOTHING:
        return config.provenance
    try:
        return parse_provenance(text)
    except ValueError as error:
        raise ValueError(f"row {number}, column {columns.headers['provenance'][0]!r}: {error}") from None


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


def _photos(record: Record, columns: Columns, config: ImportConfig) -> tuple[list[bytes], list[RowError]]:
    """The photos that can be used, and what is wrong with the others."""
    cells = [record[header] for header in columns.headers.get(IMAGE, ())]
    paths = [path.strip() for cell in cells for path in _SEPARATORS.split(cell) if path.strip()]
    photos: list[bytes] = []
    dropped: list[RowError] = []
    for path in dict.fromkeys(paths):
        try:
            photos.append(_photo(path, config.images or Path()))
        except RowError as reason:
            dropped.append(reason)
    return photos, dropped


def _photo(path: str, images: Path) -> bytes:
    if _URL.match(path):
        raise RowError("a photo is a URL, which is not fetched", path)
    if "\0" in path:
        raise RowError("a photo's path holds a NUL", repr(path))
    file = images / path
    try:
        if not file.resolve().is_relative_to(images.resolve()):
            raise RowError("a photo lies outside the folder of images", path)
        content = file.read_bytes()
        decode(content)
    except ImageError as error:
        raise RowError("a photo is broken", f"{path}: {error}") from error
    except (OSError, RuntimeError) as error:  # resolve() raises RuntimeError for a symbolic link to itself
        raise RowError("a photo is missing", f"{path}: {getattr(error, 'strerror', None) or error}") from error
    return content
