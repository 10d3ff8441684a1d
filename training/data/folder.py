"""Writes dataset folders: the same rows give the same bytes; the card comes last, so that half a folder is no dataset.

photo = store_photo(folder, content)                     # images/3f/3fa9….jpg
write_dataset(folder, name="market", card={"source": …, "licence": …, "made": …}, listings=rows, labels=…, splits=…)
"""

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import tomli_w

from training.data.shown_photos import ShownPhotos, photos_checksum
from training.data.table_rows import TableRows
from trueshelf.listings import Dataset
from trueshelf.listings.checksums import dataset_digest, file_checksum
from trueshelf.listings.dataset import CARD
from trueshelf.listings.tables import TABLES

Row = Mapping[str, Any]

README = "README.md"

REQUIRED = ("source", "licence", "made")
"""What a card must say: where the data is from, who may use it, and how it was made."""

LABEL_MEANING = {
    "counterfeit": "yes: the article offered is not made by, or with the consent of, the owner of the brand that it "
    "shows or names",
    "low_quality": "yes: blurred, tiny or watermarked photos, a stock photo reused, a title stuffed or empty, "
    "a description missing or copied",
}

_SHOWING = {"listings": "photos", "gallery": "photo"}
_ROWS = 4096
_MAGIC = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"GIF8": ".gif", b"RIFF": ".webp"}


def photo_path(content: bytes) -> str:
    """Where an encoded photo lies in a dataset folder: the same content in the same place."""
    digest = hashlib.sha256(content).hexdigest()
    suffix = next((suffix for magic, suffix in _MAGIC.items() if content.startswith(magic)), ".bin")
    return f"images/{digest[:2]}/{digest}{suffix}"


def store_photo(folder: Path, content: bytes) -> str:
    """Write an encoded photo under its content's SHA-256; its path relative to the dataset folder.

    A photo that is there already is left alone, so that several processes may store at once.
    """
    relative = photo_path(content)
    path = folder / relative
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        try:
            part.write_bytes(content)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return relative


def write_dataset(
    folder: Path,
    *,
    name: str,
    card: Mapping[str, Any],
    listings: Iterable[Row],
    shops: Iterable[Row] = (),
    labels: Iterable[Row] = (),
    splits: Iterable[Row] | None = None,
    gallery: Iterable[Row] | None = None,
    rates: Mapping[str, float] | None = None,
) -> Dataset:
    """Write a dataset's tables, checksums, card and README beside photos that `store_photo` has written.

    Args:
        folder: where to; tables that it holds are replaced.
        card: at least `source`, `licence` and `made`, as text; `generated = True` for invented data; others are kept.
        listings: rows of `trueshelf.listings.tables.LISTINGS`; so for the others. Rows are written in the order given.
        splits: None writes no table of splits.
        gallery: photos that are known beforehand; None writes no table of them.
        rates: US dollars for one unit of each currency.

    Raises:
        ValueError: the card lacks a required key, or a row does not fit its schema.
    """
    missing = [key for key in REQUIRED if not card.get(key)]
    if missing:
        raise ValueError(f"the card of dataset {name!r} does not say: {', '.join(missing)}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CARD).unlink(missing_ok=True)
    rows = {"listings": listings, "shops": shops, "labels": labels}
    if splits is not None:
        rows["splits"] = splits
    if gallery is not None:
        rows["gallery"] = gallery
    checksums = {
        f"{table}.parquet": _write_table(folder / f"{table}.parquet", TABLES[table], rows[table]) for table in rows
    }
    checksums["images"] = photos_checksum(photos_of(Dataset(folder, {}), checksums).distinct())
    content = _card(name, card, checksums=checksums, rates=rates or {})
    (folder / README).write_text(_readme(content), encoding="utf-8")
    write_card(folder, content)
    return Dataset.open(folder)


def photos_of(dataset: Dataset, files: Collection[str]) -> ShownPhotos:
    """The photos that those tables show which are among some files."""
    tables = (("listings", "photos"), ("gallery", "photo"))
    return ShownPhotos(
        tuple(TableRows(dataset, name, (column,)) for name, column in tables if f"{name}.parquet" in files)
    )


def write_card(folder: Path, content: Mapping[str, Any]) -> None:
    """Write `dataset.toml`, all of it or nothing."""
    part = folder / f"{CARD}.part"
    part.write_text(tomli_w.dumps(content), encoding="utf-8")
    part.replace(folder / CARD)


def _write_table(path: Path, schema: pa.Schema, rows: Iterable[Row]) -> str:
    part = path.with_suffix(".parquet.part")
    try:
        with pq.ParquetWriter(part, schema, compression="zstd") as writer:
            for batch in _batches(rows):
                try:
                    writer.write_table(pa.Table.from_pylist(batch, schema=schema))
                except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError) as error:
                    raise ValueError(f"a row of {path.name} does not fit its schema: {error}") from error
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return file_checksum(path)


def _batches(rows: Iterable[Row]) -> Iterator[list[dict[str, Any]]]:
    remaining = iter(rows)
    while batch := [dict(row) for row in islice(remaining, _ROWS)]:
        yield batch


def _card(
    name: str, card: Mapping[str, Any], *, checksums: Mapping[str, str], rates: Mapping[str, float]
) -> dict[str, Any]:
    content: dict[str, Any] = {"name": name, "digest": dataset_digest(checksums), "generated": False}
    content |= {key: value for key, value in card.items() if not isinstance(value, Mapping)}
    content["labels"] = dict(LABEL_MEANING)
    content |= {key: dict(value) for key, value in card.items() if isinstance(value, Mapping)}
    if "splits.parquet" in checksums:
        content["split"] = content.get("split", {}) | {"digest": checksums["splits.parquet"]}
    if rates:
        content["currencies"] = {code: float(rates[code]) for code in sorted(rates)}
    return content | {"checksums": dict(checksums)}


def _readme(card: Mapping[str, Any]) -> str:
    labels = "\n".join(f"- `{head}`: {meaning}" for head, meaning in card["labels"].items())
    split = card.get("split", {}).get("rule", "None is stored.")
    warning = "\nThis data is generated: figures measured on it say so.\n" if card["generated"] else ""
    return (
        f"# {card['name']}\n{warning}\n{card['made']}\n\n"
        f"- Source: {card['source']}\n- Licence: {card['licence']}\n- Digest: `{card['digest']}`\n\n"
        f"## Labels\n\n{labels}\n\n## Split\n\n{split}\n\n"
        f"`dataset.toml` holds the checksums; `python -m training dataset check` verifies them.\n"
    )
