"""Turns a table of labelled photos or listings into a dataset folder.

    python -m training dataset import labels.csv --images photos --column counterfeit=label --out datasets/mine

A row that cannot be used, and a photo that cannot be opened, is written to `rejected.csv` with the reason; nothing is
lost silently. A label that is neither a yes nor a no stops the import, since it usually means that a column is not what
it was taken for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from training.data.amounts import Amount, Convention, Decimal
from training.data.answers import UNKNOWN, answers_to
from training.data.columns import IMAGE, Columns
from training.data.draft import draft, require_outside
from training.data.folder import write_dataset
from training.data.gathering import Gathering
from training.data.records import Records, RowError
from training.data.rejects import Rejects
from training.data.rows import PRICES, ImportConfig, prices_of, read_row
from training.data.splits import plan_splits
from training.progress import Progress, silent
from trueshelf.listings import Answer, Dataset, Head
from trueshelf.listings.currencies import check_currency, default_rates


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import.

    Attributes:
        rows: how many the table has.
        listings: how many of them became listings.
        repeated: how many added a label to a listing that an earlier row had brought.
        rejected: how many rows were rejected for each kind of reason.
        dropped: how many photos were dropped from rows that were kept, likewise.
        unused: headers that no field was matched with.
        answers: how many listings have each answer, by head.
        assumed: what had to be assumed, for people; empty where nothing had.
    """

    dataset: Dataset
    rows: int
    listings: int
    repeated: int
    rejected: Mapping[str, int]
    dropped: Mapping[str, int]
    unused: Sequence[str]
    answers: Mapping[str, Mapping[str, int]]
    assumed: str


@dataclass(frozen=True, slots=True)
class _Source:
    """A table with how it is read."""

    records: Records
    columns: Columns
    config: ImportConfig
    convention: Convention
    count: int


def import_table(
    path: Path, out: Path, config: ImportConfig, *, force: bool = False, progress: Progress = silent
) -> Imported:
    """Import a CSV or JSON Lines file into the dataset folder `out`, which appears when it is whole.

    Args:
        force: replace a dataset that is there.

    Raises:
        ValueError: the table cannot be read or lies in `out`, a field is missing or mapped wrongly, a label is not
            understood, no row can be used, no row has an answer, or `out` may not be replaced.
    """
    source = _source(path, config)
    require_outside(path, out, "the table")
    if config.images is not None:
        require_outside(config.images, out, "--images")
    with draft(out, force=force) as folder, TemporaryDirectory(dir=folder) as scratch:
        found = Gathering(Path(scratch) / "rows")
        with Rejects(folder, source.records.headers) as rejects:
            _read(source, found, rejects, folder, progress)
        _require_answers(source, found, rejects)
        _write(source, found, rejects, folder, name=config.name or out.resolve().name, progress=progress)
    dataset = Dataset.open(out)
    return Imported(
        dataset,
        source.count,
        found.count,
        found.repeated,
        dict(rejects.rows_by_kind.most_common()),
        dict(rejects.photos_by_kind.most_common()),
        source.columns.unused(source.records.headers),
        _answers(dataset, source.columns),
        source.convention.assumed,
    )


def _source(path: Path, config: ImportConfig) -> _Source:
    """The table, looked through once: for how many rows it has, and how it writes prices."""
    records = Records.open(path)
    columns = Columns.resolve(records.headers, config.columns)
    _require(columns, config)
    count = 0

    def prices() -> Iterator[tuple[Amount, str]]:
        nonlocal count
        for number, record in records:
            count = number
            if not isinstance(record, RowError):
                yield from prices_of(record, columns, config)

    convention = Convention.of(prices(), otherwise=Decimal.POINT if records.is_json else None)
    return _Source(records, columns, config, Convention(config.decimal) if config.decimal else convention, count)


def _require(columns: Columns, config: ImportConfig) -> None:
    if IMAGE in columns and config.images is None:
        raise ValueError("a column holds paths of photos: give the folder that they are in with --images")
    if config.images is not None and not config.images.is_dir():
        raise ValueError(f"--images {config.images} is no folder")
    if config.currency:
        check_currency(config.currency)
    priced = [name for name in PRICES if name in columns]
    if priced and "currency" not in columns and not config.currency:
        raise ValueError(f"{priced[0]} has no currency: give --currency USD, or --column currency=HEADER")


def _read(source: _Source, found: Gathering, rejects: Rejects, folder: Path, progress: Progress) -> None:
    stem = source.records.path.name.split(".")[0]
    for number, record in source.records:
        if isinstance(record, RowError):
            rejects.row(number, record, {})
            continue
        try:
            default_id = f"{stem}-{number:06}"
            row = read_row(number, record, source.columns, source.config, source.convention, default_id=default_id)
            found.add(number, row, folder)
        except RowError as reason:
            rejects.row(number, reason, record)
        else:
            for dropped in row.dropped:
                rejects.photo(number, dropped, record)
        progress("rows read", number, source.count)
    found.finish()


def _require_answers(source: _Source, found: Gathering, rejects: Rejects) -> None:
    path = source.records.path
    if not found.count:
        kinds = rejects.rows_by_kind.most_common(3)
        why = "; ".join(f"{reason} ({times}×)" for reason, times in kinds)
        raise ValueError(f"none of the {source.count} rows of {path} can be used: {why or 'there are none'}")
    if not found.answered:
        raise ValueError(f"no row of {path} has a label: all of them are empty or unknown")


def _write(source: _Source, found: Gathering, rejects: Rejects, folder: Path, *, name: str, progress: Progress) -> None:
    config, table = source.config, source.records.path.name
    splits, split_card = _splits(source, found, folder, progress)
    rejected = rejects.rows_by_kind.total()
    write_dataset(
        folder,
        name=name,
        card={
            "source": config.source or table,
            "licence": config.licence,
            "made": f"Imported from {table}: {source.count} rows, of which {rejected} were rejected.",
            "split": split_card,
        },
        listings=found.listings,
        shops=found.shops,
        labels=found.labels,
        splits=splits,
        rates={code: default_rates()[code] for code in found.currencies},
    )


def _splits(
    source: _Source, found: Gathering, folder: Path, progress: Progress
) -> tuple[Iterable[Mapping[str, Any]], Mapping[str, Any]]:
    if "split" in source.columns:
        header = source.columns.headers["split"][0]
        return found.splits(), {"rule": f"Taken from the column {header!r}.", "forward_in_time": False}
    plan = plan_splits(
        found.listings,
        found.shops,
        found.labels,
        folder=folder,
        seed=source.config.seed,
        workers=source.config.workers,
        progress=progress,
    )
    return plan.rows, plan.card


def _answers(dataset: Dataset, columns: Columns) -> dict[str, dict[str, int]]:
    """How many listings have each answer, by head."""
    ids = pa.chunked_array([batch["listing_id"] for batch in dataset.batches("listings", ["listing_id"])], pa.string())
    answers_NH = answers_to(dataset, ids.combine_chunks()).answers_NH
    numbers = {Answer.YES: 1, Answer.NO: 0, Answer.UNKNOWN: UNKNOWN}
    return {
        head.value: {
            answer.value: int((answers_NH[:, list(Head).index(head)] == numbers[answer]).sum()) for answer in Answer
        }
        for head in columns.heads
    }
