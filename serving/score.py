"""Scores a table of listings without a service: the same checks, the same model, so the same verdicts.

python -m serving score datasets/market --out verdicts.parquet
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from threadpoolctl import threadpool_limits

from serving.classify.judging import Answer, in_order, judge
from serving.classify.model import ServedModel
from serving.classify.wire import Refused, result_of
from serving.rows import Row, Unreadable, columns_of, listing_of, repeated_ids, rows_of
from trueshelf.listings import Dataset, Head, Listing
from trueshelf.listings.dataset import CARD
from trueshelf.listings.tables import context_to_row
from trueshelf.models import Verdict

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
                pa.field(f"{head.value}_threshold_category", pa.string()),
            )
        ),
        pa.field("reasons", pa.string()),
        pa.field("notes", pa.string()),
        pa.field("error_field", pa.string()),
        pa.field("error_message", pa.string()),
    ]
)
"""One row a listing: the verdict's columns are null where the error's are not, and the reverse; reasons and notes
are JSON."""


def score_table(
    source: Path, out: Path, *, model: ServedModel, batch_size: int = 64, progress: Progress | None = None
) -> dict[str, Any]:
    """Score every listing of `source` into `out`, which appears only when it is complete.

    Args:
        source: a Parquet table of listings whose photos are paths beside it or the photos themselves, or a folder that
            holds one named `listings.parquet`. Only `listing_id` must be there. A row that is no valid listing gets an
            error of its own. What was known of shops is a table's column `shop`; of a dataset folder it is what its
            shops and labels say.
        batch_size: listings in memory at a time.

    Returns:
        What was done, to be told: counts by action, errors, seconds, the model.

    Raises:
        ValueError: the source is no such table, or a column holds something else than it should.
    """
    table, columns = _open(source)
    repeated = repeated_ids(table)
    folder = (source if source.is_dir() else source.parent).resolve()
    shops = _contexts(source)
    total, done, started = table.metadata.num_rows, 0, time.perf_counter()
    actions: Counter[str] = Counter()
    part = out.with_name(f"{out.name}.part")
    out.parent.mkdir(parents=True, exist_ok=True)
    schema = VERDICTS.with_metadata({"model": model.name, "version": model.version, "precision": model.precision})
    try:
        with threadpool_limits(1, user_api="blas"), pq.ParquetWriter(part, schema, compression="zstd") as writer:
            for batch in table.iter_batches(batch_size, columns=columns):
                items = [listing_of(row, folder=folder, repeated=repeated) for row in map(shops, rows_of(batch))]
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


def _open(source: Path) -> tuple[pq.ParquetFile, list[str]]:
    """The table, and its columns that say something about listings."""
    path = source / "listings.parquet" if source.is_dir() else source
    try:
        table = pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise ValueError(f"{path} is no Parquet table that can be read: {error}") from error
    return table, columns_of(table.schema_arrow, path=path)


def _contexts(source: Path) -> Callable[[Row], Row]:
    """Gives the rows of a dataset folder, asked for in order, what was known of their shops; leaves others alone."""
    if not (source / CARD).is_file():
        return lambda row: row
    contexts, places = Dataset.open(source).contexts(), count()

    def with_shop(row: Row) -> Row:
        place, listed_at = next(places), row["listed_at"]
        context = None if isinstance(listed_at, Unreadable) else contexts.at(place, row["shop_id"], listed_at)
        return {**row, "shop": None if context is None else context_to_row(context)}

    return with_shop


def _judge(items: Sequence[Listing | Refused], model: ServedModel) -> list[Answer]:
    listings = [item for item in items if isinstance(item, Listing)]
    return in_order(items, judge(listings, model.predict))


def _row(answer: Answer) -> dict[str, Any]:
    if not isinstance(answer, Verdict):
        return {"listing_id": answer.listing_id, "error_field": answer.field, "error_message": answer.message}
    heads = {
        f"{head.value}_{name}": value
        for head, verdict in answer.heads.items()
        for name, value in (
            ("probability", verdict.probability),
            ("action", verdict.action.value),
            ("threshold_category", verdict.group),
        )
    }
    verdict = result_of(answer).model_dump(mode="json")["verdict"]
    return {
        "listing_id": answer.listing_id,
        "action": answer.action.value,
        **heads,
        **{name: json.dumps(verdict[name], ensure_ascii=False) for name in ("reasons", "notes")},
    }
