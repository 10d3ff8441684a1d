"""What `benchmarks.large_data` measures that is no command: each in a process of its own.

python -m benchmarks.large_stages write DIR 50000
"""

import csv
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.invented import invented
from serving.classify.model import ServedModel
from serving.score import score_table
from training.data.parts import read_parts
from training.data.splits import plan_splits
from training.data.table_rows import TableRows
from trueshelf.listings import Dataset, Head
from trueshelf.testing import FakePredictor


def write(folder: Path, listings: int) -> None:
    """A dataset of so many listings."""
    invented(folder, listings)


def split(folder: Path, listings: int) -> None:
    """A plan of who goes into which part, near-duplicates sought."""
    dataset = Dataset.open(folder)
    rows = {name: TableRows(dataset, name) for name in ("listings", "shops", "labels")}
    plan = plan_splits(rows["listings"], rows["shops"], rows["labels"], folder=folder, workers=1)
    assert sum(1 for _ in plan.rows) == listings


def read(folder: Path, listings: int) -> None:
    """The parts, and every listing gone through once."""
    parts = read_parts(Dataset.open(folder)).values()
    assert sum(1 for part in parts for _ in part.listings) == listings


def table(folder: Path, listings: int) -> None:
    """The dataset as a table to be imported, beside its folder."""
    dataset, written = Dataset.open(folder), 0
    answers = ((Head(row["head"]), row["answer"]) for row in TableRows(dataset, "labels"))
    with folder.with_suffix(".csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["listing_id", "shop_id", "title", "description", "price", "image", "listed_at", *Head])
        for row in TableRows(dataset, "listings"):
            said = dict((next(answers), next(answers)))
            facts = [row[name] for name in ("listing_id", "shop_id", "title", "description", "price_amount")]
            writer.writerow(
                [*facts, ";".join(row["photos"]), row["listed_at"].isoformat(), *(said[head] for head in Head)]
            )
            written += 1
    assert written == listings


def score(folder: Path, listings: int) -> None:
    """Verdicts on all of them, of a model that costs nothing."""
    predict = FakePredictor().predict
    model = ServedModel(
        name="fake", digest="1", precision="fp32", card="", thresholds={}, prevalences={}, predict=predict
    )
    assert score_table(folder, folder / "verdicts.parquet", model=model)["listings"] == listings


STAGES: Mapping[str, Callable[[Path, int], None]] = {
    "write": write,
    "split": split,
    "read": read,
    "score": score,
    "table": table,
}


if __name__ == "__main__":
    stage, where, count = sys.argv[1:]
    STAGES[stage](Path(where), int(count))
