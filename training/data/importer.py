"""Turns a table of labelled photos or listings into a dataset folder.

    python -m training dataset import labels.csv --images photos --column counterfeit=label --out datasets/mine

A row that cannot be used is written to `rejected.csv` with the reason; nothing is lost silently. A label that is
neither a yes nor a no stops the import, since it usually means that a column is not what it was taken for.
"""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.data.columns import IMAGE, Columns
from training.data.draft import draft, require_outside
from training.data.folder import store_photo, write_dataset
from training.data.records import Record, Records
from training.data.rows import ImportConfig, ImportedRow, RowError, read_row
from training.data.splits import plan_splits
from training.progress import Progress, silent
from trueshelf.listings import Answer, Dataset
from trueshelf.listings.currencies import check_currency, default_rates

REJECTED = "rejected.csv"


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import.

    Attributes:
        rejected: how many rows were rejected for each kind of reason.
        unused: headers that no field was matched with.
        answers: how many listings have each answer, by head.
    """

    dataset: Dataset
    rows: int
    rejected: Mapping[str, int]
    unused: Sequence[str]
    answers: Mapping[str, Mapping[str, int]]


@dataclass(slots=True)
class _Tables:
    listings: list[dict[str, Any]] = field(default_factory=list)
    labels: list[dict[str, Any]] = field(default_factory=list)
    splits: list[dict[str, Any]] = field(default_factory=list)
    operators: dict[str, str | None] = field(default_factory=dict)
    rejected: list[tuple[int, RowError, Record]] = field(default_factory=list)
    rows_by_id: dict[str, int] = field(default_factory=dict)

    @property
    def shops(self) -> list[dict[str, Any]]:
        return [{"shop_id": shop, "operator_id": self.operators[shop]} for shop in sorted(self.operators)]


def import_table(
    path: Path, out: Path, config: ImportConfig, *, force: bool = False, progress: Progress = silent
) -> Imported:
    """Import a CSV or JSON Lines file into the dataset folder `out`, which appears when it is whole.

    Args:
        force: replace a dataset that is there.

    Raises:
        ValueError: the table cannot be read, a field is missing or mapped wrongly, a label is not understood, no row
            can be used, no row has an answer, or `out` may not be replaced.
    """
    records = Records.open(path)
    columns = Columns.resolve(records.headers, config.columns)
    _require(columns, config)
    require_outside(path, out, "the table")
    if config.images is not None:
        require_outside(config.images, out, "--images")
    with draft(out, force=force) as folder:
        tables = _read(records, columns, folder, config, progress)
        count = len(tables.listings) + len(tables.rejected)
        _require_answers(path, tables, count)
        _write(records, columns, tables, folder, config, name=config.name or out.resolve().name, progress=progress)
    kinds = Counter(reason.kind for _, reason, _ in tables.rejected)
    return Imported(
        Dataset.open(out), count, dict(kinds.most_common()), columns.unused(records.headers), _answers(tables, columns)
    )


def _write(
    records: Records,
    columns: Columns,
    tables: _Tables,
    folder: Path,
    config: ImportConfig,
    *,
    name: str,
    progress: Progress,
) -> None:
    count, table = len(tables.listings) + len(tables.rejected), records.path.name
    if tables.rejected:
        _write_rejected(folder / REJECTED, records.headers, tables.rejected)
    splits, split_card = _splits(tables, columns, folder, config, progress)
    write_dataset(
        folder,
        name=name,
        card={
            "source": config.source or table,
            "licence": config.licence,
            "made": f"Imported from {table}: {count} rows, of which {len(tables.rejected)} were rejected.",
            "split": split_card,
        },
        listings=tables.listings,
        shops=tables.shops,
        labels=tables.labels,
        splits=splits,
        rates=_rates(tables),
    )


def _require(columns: Columns, config: ImportConfig) -> None:
    if IMAGE in columns and config.images is None:
        raise ValueError("a column holds paths of photos: give the folder that they are in with --images")
    if config.images is not None and not config.images.is_dir():
        raise ValueError(f"--images {config.images} is no folder")
    if config.currency:
        check_currency(config.currency)
    priced = [name for name in ("price", "list_price") if name in columns]
    if priced and "currency" not in columns and not config.currency:
        raise ValueError(f"{priced[0]} has no currency: give --currency USD, or --column currency=HEADER")


def _read(records: Records, columns: Columns, out: Path, config: ImportConfig, progress: Progress) -> _Tables:
    tables = _Tables()
    stem, total = records.path.name.split(".")[0], sum(1 for _ in records)
    for number, record in records:
        try:
            _add(tables, number, read_row(number, record, columns, config, default_id=f"{stem}-{number:06}"), out)
        except RowError as reason:
            tables.rejected.append((number, reason, record))
        progress("rows read", number, total)
    return tables


def _add(tables: _Tables, number: int, row: ImportedRow, out: Path) -> None:
    name, shop, operator = row.listing["listing_id"], row.listing["shop_id"], row.operator_id
    if name in tables.rows_by_id:
        raise RowError("the listing_id is there already", f"{name!r}, in row {tables.rows_by_id[name]}")
    if shop is not None:
        known = tables.operators.get(shop) or operator
        if known != (operator or known):
            raise RowError("the shop has another operator", f"{shop!r} has {known!r}, not {operator!r}")
        tables.operators[shop] = known
    tables.rows_by_id[name] = number
    tables.listings.append(row.listing | {"photos": [store_photo(out, content) for content in row.photos]})
    tables.labels += [{"listing_id": name, **label} for label in row.labels]
    tables.splits.append({"listing_id": name, "split": row.split, "reason": None})


def _require_answers(path: Path, tables: _Tables, count: int) -> None:
    if not tables.listings:
        kinds = Counter(str(reason) for _, reason, _ in tables.rejected)
        why = "; ".join(f"{reason} ({times}×)" for reason, times in kinds.most_common(3))
        raise ValueError(f"none of the {count} rows of {path} can be used: {why or 'there are none'}")
    if all(label["answer"] == Answer.UNKNOWN.value for label in tables.labels):
        raise ValueError(f"no row of {path} has a label: all of them are empty or unknown")


def _splits(
    tables: _Tables, columns: Columns, out: Path, config: ImportConfig, progress: Progress
) -> tuple[Sequence[Mapping[str, Any]], Mapping[str, Any]]:
    if "split" in columns:
        return tables.splits, {
            "rule": f"Taken from the column {columns.headers['split'][0]!r}.",
            "forward_in_time": False,
        }
    plan = plan_splits(
        tables.listings,
        tables.shops,
        tables.labels,
        folder=out,
        seed=config.seed,
        workers=config.workers,
        progress=progress,
    )
    return plan.rows, plan.card


def _rates(tables: _Tables) -> dict[str, float]:
    """The rates of the currencies that occur."""
    used = {listing[f"{price}_currency"] for listing in tables.listings for price in ("price", "list_price")}
    return {code: default_rates()[code] for code in used - {None}}


def _answers(tables: _Tables, columns: Columns) -> dict[str, dict[str, int]]:
    counts = Counter((label["head"], label["answer"]) for label in tables.labels)
    return {head.value: {answer.value: counts[head.value, answer.value] for answer in Answer} for head in columns.heads}


def _write_rejected(path: Path, headers: Sequence[str], rejected: Sequence[tuple[int, RowError, Record]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "reason", *headers])
        for number, reason, record in rejected:
            writer.writerow([number, str(reason), *(record[header] for header in headers)])
