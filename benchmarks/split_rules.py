"""The same listings dealt out by other rules than the dataset's own, each of which lets something through.

Every rule is the one of `training.data.splits` with something hidden from it: without times it cannot go forward in
time, without shops it cannot keep them whole, without near-duplicates it cannot keep those apart.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from training.data.duplicates import Likeness, photo_likeness, text_likeness
from training.data.fingerprints import read_fingerprints
from training.data.splits import split, yes_kinds
from training.progress import Progress
from trueshelf.listings import Dataset, Split
from trueshelf.listings.tables import SPLITS

Row = dict[str, Any]

STRICT = "strict: all of these"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a split knows of the listings."""

    shops: bool = False
    times: bool = False
    likenesses: bool = False


RULES: Mapping[str, Rule] = {
    "at random": Rule(),
    "disjoint by shop and operator": Rule(shops=True),
    "forward in time": Rule(times=True),
    "disjoint by near-duplicates": Rule(likenesses=True),
    STRICT: Rule(shops=True, times=True, likenesses=True),
}


@dataclass(frozen=True, slots=True)
class Dealer:
    """A dataset's rows and near-duplicates, read once."""

    dataset: Dataset
    rows: Sequence[Row]
    likenesses: Sequence[Likeness]

    @classmethod
    def of(cls, dataset: Dataset, progress: Progress) -> "Dealer":
        rows = sorted(dataset.table("listings").to_pylist(), key=lambda row: str(row["listing_id"]))
        paths = [path for row in rows for path in row.get("photos") or ()]
        fingerprints = read_fingerprints(dataset.folder, paths, progress=progress)
        return cls(dataset, rows, (photo_likeness(rows, fingerprints), text_likeness(rows)))

    def dealt(self, rule: Rule, folder: Path, *, seed: int = 0) -> Dataset:
        """The dataset in `folder`, its listings dealt out by a rule."""
        hidden = [
            row | ({} if rule.shops else {"shop_id": None}) | ({} if rule.times else {"listed_at": None})
            for row in self.rows
        ]
        operators = {shop.id: shop.operator_id for shop in self.dataset.shops().values()} if rule.shops else {}
        labels = self.dataset.table("labels").to_pylist()
        plan = split(
            hidden,
            operators=operators,
            likenesses=self.likenesses if rule.likenesses else (),
            seed=seed,
            kinds_KN=yes_kinds(hidden, labels),
        )
        return with_table(self.dataset, folder, "splits", pa.Table.from_pylist(list(plan.rows), schema=SPLITS))


def with_table(dataset: Dataset, folder: Path, name: str, table: pa.Table) -> Dataset:
    """The dataset in the new folder `folder`, with another table in the place of one of its own.

    Its photos are those of the dataset itself, and its card's checksums are not true of it.
    """
    folder.mkdir(parents=True)
    for path in dataset.folder.iterdir():
        if path.name != f"{name}.parquet":
            (folder / path.name).symlink_to(path.resolve())
    pq.write_table(table, folder / f"{name}.parquet")
    return Dataset.open(folder)


def without_listings(dataset: Dataset, folder: Path, names: Collection[str]) -> Dataset:
    """The dataset in `folder` with some listings excluded from every part but the test part."""
    rows = dataset.table("splits").to_pylist()
    kept = [
        row | {"split": Split.EXCLUDED.value, "reason": "held out"}
        if row["listing_id"] in names and row["split"] != Split.TEST.value
        else row
        for row in rows
    ]
    return with_table(dataset, folder, "splits", pa.Table.from_pylist(kept, schema=SPLITS))
