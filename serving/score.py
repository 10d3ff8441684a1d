"""Scores a table of listings without a service: the same checks, the same model, so the same verdicts.

python -m serving score datasets/market --out verdicts.parquet
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from serving.classify.model import ServedModel
from serving.classify.scoring import Answer, in_order, judge
from serving.classify.wire import Refused, listing_from, result_of
from trueshelf.listings import Head, Listing, Photo
from trueshelf.listings.tables import LISTINGS
from trueshelf.models import Verdict

Row = Mapping[str, Any]
Progress = Callable[[int, int], None]
"""Told how many listings are done, and of how many."""

VERDICTS = pa.schema(
    [
        pa.field("listing_id", pa.string()),
        pa.field("action", pa.string()),
        *(
            field
            for head in Head
            for field in (
                pa.field(f"{head.value}_probability", pa.float64()),
                pa.field(f"{head.value}_action", pa.string()),
            )
        ),
        pa.field("reasons", pa.string()),
        pa.field("error_field", pa.string()),
        pa.field("error_message", pa.string()),
    ]
)
"""One row a listing: the verdict's columns are null where the error's are not, and the reverse; reasons are JSON."""

_TEXT = ("shop_id", "title", "description", "brand", "category", "language")


def score_table(
    source: Path, out: Path, *, model: ServedModel, batch_size: int = 64, progress: Progress | None = None
) -> dict[str, Any]:
    """Score every listing of `source` into `out`, which appears only when it is complete.

    Args:
        source: a Parquet table of listings whose photos are paths beside it or the photos themselves, or a folder that
            holds one named `listings.parquet`. Only `listing_id` must be there.
        batch_size: listings in memory at a time.

    Returns:
        What was done, to be told: counts by action, errors, seconds, the model.

    Raises:
        ValueError: the source is no such table.
    """
    table = _open(source)
    repeated = _repeated_ids(table)
    columns = [name for name in LISTINGS.names if name in table.schema_arrow.names]
    folder = (source if source.is_dir() else source.parent).resolve()
    total, done, started = table.metadata.num_rows, 0, time.perf_counter()
    actions: Counter[str] = Counter()
    part = out.with_name(f"{out.name}.part")
    out.parent.mkdir(parents=True, exist_ok=True)
    schema = VERDICTS.with_metadata({"model": model.name, "version": model.version, "precision": model.precision})
    try:
        with pq.ParquetWriter(part, schema, compression="zstd") as writer:
            for batch in table.iter_batches(batch_size, columns=columns):
                items = [_item(row, folder=folder, repeated=repeated) for row in batch.to_pylist()]
                answers = _judge(items, model)
                rows = [_row(answer) for answer in answers]
                writer.write_table(pa.Table.from_pylist(rows, schema=schema))
                actions.update(answer.action.value for answer in answers if isinstance(answer, Verdict))
                done += len(rows)
                if progress is not None:
                    progress(done, total)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return {
        "out": str(out),
        "model": {"name": model.name, "version": model.version, "precision": model.precision},
        "listings": done,
        "errors": done - actions.total(),
        "actions": dict(actions),
        "seconds": round(time.perf_counter() - started, 3),
    }


def _open(source: Path) -> pq.ParquetFile:
    path = source / "listings.parquet" if source.is_dir() else source
    try:
        table = pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise ValueError(f"{path} is no Parquet table that can be read: {error}") from error
    if "listing_id" not in table.schema_arrow.names:
        raise ValueError(f"{path} has no column listing_id; it has {', '.join(table.schema_arrow.names)}")
    return table


def _repeated_ids(table: pq.ParquetFile) -> frozenset[Any]:
    counts = pc.value_counts(table.read(["listing_id"])["listing_id"])
    return frozenset(item["values"] for item in counts.to_pylist() if item["counts"] > 1 and item["values"] is not None)


def _item(row: Row, *, folder: Path, repeated: frozenset[Any]) -> Listing | Refused:
    """A row, put to the same checks as a listing that comes over HTTP."""
    if row["listing_id"] in repeated:
        return Refused(str(row["listing_id"]), "listing_id", "several listings of the table have this id")
    photos: Sequence[str | bytes] = row.get("photos") or ()

    def read_photo(index: str) -> Photo:
        photo = photos[int(index)]
        if isinstance(photo, bytes):
            return Photo.of(photo)
        try:
            return Photo.of((folder / photo).read_bytes())
        except (OSError, TypeError) as error:
            raise ValueError(f"the photo {photo!r} cannot be read: {error}") from error

    return listing_from(_document(row, photos=len(photos)), read_photo=read_photo)


def _document(row: Row, *, photos: int) -> dict[str, Any]:
    """A row as the API would be sent it, with photos named by their place; what is null is left out."""
    document: dict[str, Any] = {"listing_id": row["listing_id"], "photos": [str(index) for index in range(photos)]}
    document |= {name: row[name] for name in _TEXT if row.get(name) is not None}
    for name in ("price", "list_price"):
        amount, currency = row.get(f"{name}_amount"), row.get(f"{name}_currency")
        if amount is not None and currency is not None:
            document[name] = {"amount": amount, "currency": currency}
    if row.get("attributes"):
        document["attributes"] = dict(row["attributes"])
    if row.get("listed_at") is not None:
        document["listed_at"] = row["listed_at"].isoformat()
    return document


def _judge(items: Sequence[Listing | Refused], model: ServedModel) -> list[Answer]:
    listings = [item for item in items if isinstance(item, Listing)]
    return in_order(items, judge(listings, model.predict) if listings else [])


def _row(answer: Answer) -> dict[str, Any]:
    if not isinstance(answer, Verdict):
        return {"listing_id": answer.listing_id, "error_field": answer.field, "error_message": answer.message}
    heads = {
        f"{head.value}_{name}": value
        for head, verdict in answer.heads.items()
        for name, value in (("probability", verdict.probability), ("action", verdict.action.value))
    }
    reasons = result_of(answer).model_dump(mode="json")["verdict"]["reasons"]
    return {
        "listing_id": answer.listing_id,
        "action": answer.action.value,
        **heads,
        "reasons": json.dumps(reasons, ensure_ascii=False),
    }
