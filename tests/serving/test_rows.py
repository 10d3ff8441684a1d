"""Tables as others write them: columns of another type are told when the table is opened, bad cells row by row."""

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from serving.classify.model import ServedModel
from serving.score import score_table

UTC = datetime.UTC


def scored(table: pa.Table, folder: Path, model: ServedModel) -> list[dict[str, Any]]:
    pq.write_table(table, folder / "in.parquet")
    score_table(folder / "in.parquet", folder / "out.parquet", model=model)
    rows: list[dict[str, Any]] = pq.read_table(folder / "out.parquet").to_pylist()
    assert len(rows) == len(table)
    return rows


def errors(table: pa.Table, folder: Path, model: ServedModel) -> list[str | None]:
    return [row["error_field"] for row in scored(table, folder, model)]


def not_utf8(*values: bytes) -> pa.Array:
    return pa.array(values, pa.binary()).view(pa.string())


@pytest.mark.parametrize(
    ("column", "values", "told"),
    [
        ("listing_id", pa.array([["a"], ["b"]]), "list<.*; expected is text"),
        ("listing_id", pa.array([1, 2]), "int64; expected is text"),
        ("title", pa.array([b"x", b"y"]), "binary; expected is text"),
        ("price_amount", pa.array(["1", "2"]), "string; expected is a number"),
        ("price_currency", pa.array([1.0, 2.0]), "double; expected is text"),
        ("photos", pa.array([[1], [2]]), r"list<.*int64>; expected is a list of texts \(paths\)"),
        ("attributes", pa.array(["size: 42", None]), "string; expected is a map of text to text"),
        ("attributes", pa.array([{"size": 42}, None]), "struct<size: int64>; expected is a map of text to text"),
        ("listed_at", pa.array([1, 2]), "int64; expected is a timestamp with its time zone, or text"),
        ("listed_at", pa.array([1, 2], pa.timestamp("us")), r"timestamp\[us\]; expected is a timestamp with its time"),
    ],
)
def test_a_column_of_another_type_is_told(
    column: str, values: pa.Array, told: str, tmp_path: Path, model: ServedModel
) -> None:
    table = pa.table({"listing_id": ["a", "b"]} | {column: values})

    with pytest.raises(ValueError, match=rf"in\.parquet: column {column} holds {told}"):
        scored(table, tmp_path, model)


def test_a_column_that_is_there_twice_is_told(tmp_path: Path, model: ServedModel) -> None:
    table = pa.Table.from_arrays([pa.array(["a"])] * 3, names=["listing_id", "title", "title"])

    with pytest.raises(ValueError, match=r"in\.parquet has 2 columns title"):
        scored(table, tmp_path, model)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("title", pa.array(["x"], pa.large_string())),
        ("title", pa.array(["x"]).dictionary_encode()),
        ("title", pa.nulls(1)),
        ("attributes", pa.array([{"size": "42", "colour": None}])),
        ("attributes", pa.array([[("size", "42")]], pa.map_(pa.string(), pa.string()))),
        ("listed_at", pa.array(["2025-03-14T09:26:53Z"])),
        ("listed_at", pa.array([datetime.datetime(2025, 3, 14, tzinfo=UTC)], pa.timestamp("s", "Europe/Paris"))),
        ("listed_at", pa.array([1_700_000_000_000_000_001], pa.timestamp("ns", "UTC"))),
        ("price_currency", pa.array(["EUR"])),
        ("photos", pa.array([[]], pa.list_(pa.string()))),
    ],
)
def test_what_can_be_understood_is(column: str, values: pa.Array, tmp_path: Path, model: ServedModel) -> None:
    assert errors(pa.table({"listing_id": ["a"]} | {column: values}), tmp_path, model) == [None]


@pytest.mark.parametrize("amount", [pa.array([Decimal("12.50")]), pa.array([12]), pa.array([12.5], pa.float32())])
def test_prices_may_be_numbers_of_any_kind(amount: pa.Array, tmp_path: Path, model: ServedModel) -> None:
    table = pa.table({"listing_id": ["a"], "price_amount": amount, "price_currency": ["EUR"]})

    assert errors(table, tmp_path, model) == [None]


def test_a_photo_may_stand_alone(tmp_path: Path, model: ServedModel, photo: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(photo)
    paths = pa.table({"listing_id": ["a", "b", "c"], "photos": ["a.jpg", "none.jpg", None]})
    contents = pa.table({"listing_id": ["a", "b"], "photos": [photo, b"<svg/>"]})

    assert errors(paths, tmp_path, model) == [None, "photos[0]", None]
    assert errors(contents, tmp_path, model) == [None, "photos[0]"]


@pytest.mark.parametrize(
    ("column", "values", "field"),
    [
        ("title", not_utf8(b"x", b"\xff", b"y"), "title"),
        ("price_currency", not_utf8(b"EUR", b"\xff", b"EUR"), "price.currency"),
        ("price_currency", pa.array(["EUR", None, "EUR"]), "price.currency"),
        ("photos", pa.array([[], ["a\0b"], []]), "photos[0]"),
        ("photos", pa.array([[], [None], []], pa.list_(pa.string())), "photos[0]"),
        ("listed_at", pa.array(["2025-03-14T09:26:53Z", "yesterday", None]), "listed_at"),
        ("listed_at", pa.array([0, 10**12, 0], pa.timestamp("s", "UTC")), "listed_at"),
        ("listed_at", pa.array([0, -(10**12), 0], pa.timestamp("s", "UTC")), "listed_at"),
        ("attributes", pa.array([[], [("a", "x"), ("a", "y")], []], pa.map_(pa.string(), pa.string())), "attributes"),
        ("attributes", pa.array([[], [("a", None)], []], pa.map_(pa.string(), pa.string())), "attributes.a"),
    ],
)
def test_a_bad_cell_is_the_error_of_its_row(
    column: str, values: pa.Array, field: str, tmp_path: Path, model: ServedModel
) -> None:
    columns = {"listing_id": ["a", "b", "c"], "price_amount": [1.0, 2.0, 3.0], "price_currency": ["EUR"] * 3}

    found = scored(pa.table(columns | {column: values}), tmp_path, model)

    assert [row["error_field"] for row in found] == [None, field, None]
    assert [row["listing_id"] for row in found] == ["a", "b", "c"]
    assert found[1]["error_message"]


def test_ids_that_are_no_text_are_errors_and_may_even_be_repeated(tmp_path: Path, model: ServedModel) -> None:
    found = scored(pa.table({"listing_id": not_utf8(b"a", b"\xff", b"\xff", b"b")}), tmp_path, model)

    assert [row["listing_id"] for row in found] == ["a", None, None, "b"]
    assert [row["error_message"] for row in found] == [None, *["is not UTF-8 (byte 0)"] * 2, None]
