"""A table of listings, row by row as the API would be sent them; what cannot be read of a row spoils that row only."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from serving.classify.schemas import object_of
from serving.classify.wire import Refused, encodable, listing_from
from serving.scoring.photos import Photos
from trueshelf.listings import Listing
from trueshelf.listings.tables import LISTINGS_WITH_SHOP, SHOP

Row = Mapping[str, Any]
Fits = Callable[[pa.DataType], bool]

_TEXT: Final = ("shop_id", "title", "description", "brand", "category", "language")
_MONEY: Final = ("price", "list_price")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands in a row for a cell of which nothing can be made."""

    why: str


def columns_of(schema: pa.Schema, *, path: str) -> list[str]:
    """The columns of a table that say something about listings.

    Raises:
        ValueError: there is no `listing_id`, or a column is there twice or holds something else than it should.
    """
    if "listing_id" not in schema.names:
        raise ValueError(f"{path} has no column listing_id; it has {', '.join(schema.names)}")
    found = [name for name in LISTINGS_WITH_SHOP.names if name in schema.names]
    for name in found:
        if schema.names.count(name) > 1:
            raise ValueError(f"{path} has {schema.names.count(name)} columns {name}")
        fits, expected = _EXPECTED[name]
        kind = schema.field(name).type
        if not (pa.types.is_null(kind) or fits(kind)):
            raise ValueError(f"{path}: column {name} holds {kind}; expected is {expected}")
    return found


def rows_of(batch: pa.Table) -> Iterator[Row]:
    """The rows of a table, in order."""
    columns = [_cells(column) for column in batch.columns]
    return (dict(zip(batch.schema.names, row, strict=True)) for row in zip(*columns, strict=True))


def listing_of(row: Row, *, photos: Photos, repeated: frozenset[str]) -> Listing | Refused:
    """A row, put to the same checks as a listing that comes over HTTP."""
    name = row["listing_id"]
    for column, cell in row.items():
        if isinstance(cell, Unreadable):
            return Refused(None if isinstance(name, Unreadable) else name, _FIELDS.get(column, column), cell.why)
    if name in repeated:
        return Refused(name, "listing_id", "several listings of the table have this id")
    listed = photos.of(_photos(row.get("photos")))
    return listing_from(_document(row, photos=len(listed)), read_photo=listed.read)


def _document(row: Row, *, photos: int) -> dict[str, Any]:
    """A row as the API would be sent it, with photos named by their place; what is null is left out."""
    document: dict[str, Any] = {"listing_id": row["listing_id"], "photos": [str(index) for index in range(photos)]}
    document |= {name: row[name] for name in _TEXT if row.get(name) is not None}
    for name in _MONEY:
        if row.get(f"{name}_amount") is not None:  # a currency alone, as a column's default, prices nothing
            currency = {"currency": row[f"{name}_currency"]} if row.get(f"{name}_currency") is not None else {}
            document[name] = {"amount": _number(row[f"{name}_amount"])} | currency
    if row.get("attributes"):
        document["attributes"] = _attributes(row["attributes"])
    if row.get("listed_at") is not None:
        document["listed_at"] = _written(row["listed_at"])
    if row.get("shop") is not None:
        document["shop"] = _shop(row["shop"])
    return document


def _shop(cell: Mapping[str, Any]) -> dict[str, Any]:
    """What was known of the shop; what is null is left out."""
    shop = {name: value for name, value in cell.items() if value is not None}
    return shop | ({"registered_at": _written(shop["registered_at"])} if "registered_at" in shop else {})


def _written(time: Any) -> str:
    return time if isinstance(time, str) else str(time.isoformat())


def _photos(cell: Any) -> Sequence[str | bytes]:
    """The photos of a row: a list of them, or one on its own."""
    if cell is None:
        return ()
    photos: Sequence[str | bytes] = [cell] if isinstance(cell, str | bytes) else cell
    return photos


def _attributes(cell: Any) -> object:
    """From a map, or from a structure, whose fields are null in rows that lack them."""
    if isinstance(cell, dict):
        return {key: value for key, value in cell.items() if value is not None}
    return object_of(cell)


def _number(cell: Any) -> Any:
    return cell if isinstance(cell, int | float) else float(cell)


def _cells(column: pa.ChunkedArray) -> list[Any]:
    """The values of a column; cell by cell where one of them cannot be read."""
    if pa.types.is_timestamp(column.type):  # Python knows no nanoseconds
        unit = "us" if column.type.unit == "ns" else column.type.unit
        column = column.cast(pa.timestamp(unit, "UTC"), safe=False)
    try:
        cells: list[Any] = column.to_pylist()
    except (ValueError, OverflowError, pa.ArrowException):
        return [_cell(scalar) for scalar in column]
    return cells


def _cell(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py()
    except UnicodeDecodeError as error:
        return Unreadable(f"is not UTF-8 (byte {error.start})")
    except (ValueError, OverflowError, pa.ArrowException) as error:
        return Unreadable(encodable(f"cannot be read: {error}"))


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _is_time(kind: pa.DataType) -> bool:
    return _is_text(kind) or (pa.types.is_timestamp(kind) and kind.tz is not None)


def _is_photo(kind: pa.DataType) -> bool:
    binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)
    return _is_text(kind) or bool(binary)


def _is_photos(kind: pa.DataType) -> bool:
    a_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return _is_photo(kind) or (a_list and (_is_photo(kind.value_type) or pa.types.is_null(kind.value_type)))


def _is_attributes(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return all(_is_text(field.type) or pa.types.is_null(field.type) for field in kind)
    return bool(pa.types.is_map(kind)) and _is_text(kind.key_type) and _is_text(kind.item_type)


def _is_shop(kind: pa.DataType) -> bool:
    """A structure of which each part is as it should be; parts that no shop has are each row's error."""
    return bool(pa.types.is_struct(kind)) and all(
        pa.types.is_null(part.type) or part.name not in _SHOP_PARTS or _SHOP_PARTS[part.name](part.type)
        for part in kind
    )


def _is_texts(kind: pa.DataType) -> bool:
    a_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    return bool(a_list) and (_is_text(kind.value_type) or bool(pa.types.is_null(kind.value_type)))


_SHOP_PARTS: Final[Mapping[str, Fits]] = {
    **dict.fromkeys((part.name for part in SHOP.type), pa.types.is_integer),
    "registered_at": _is_time,
    "certification": _is_text,
    "authorised_brands": _is_texts,
}

_EXPECTED: Final[Mapping[str, tuple[Fits, str]]] = {
    **dict.fromkeys(("listing_id", *_TEXT), (_is_text, "text")),
    **dict.fromkeys([f"{name}_amount" for name in _MONEY], (_is_number, "a number")),
    **dict.fromkeys([f"{name}_currency" for name in _MONEY], (_is_text, "text")),
    "photos": (_is_photos, "a list of texts (paths) or of binaries (the photos themselves)"),
    "attributes": (_is_attributes, "a map of text to text"),
    "listed_at": (_is_time, "a timestamp with its time zone, or text such as 2025-03-14T09:26:53Z"),
    "shop": (_is_shop, f"a structure such as {SHOP.type}"),
}
"""What fits in each column, and how that is told."""

_FIELDS: Final = {f"{name}_{part}": f"{name}.{part}" for name in _MONEY for part in ("amount", "currency")}
"""The fields of the API whose columns have another name."""
