"""What a bundle answered about labelled listings: the table that every measure, plot and gate reads.

Shapes: N listings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from trueshelf.listings import Head
from trueshelf.models.verdict import Action

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

UNKNOWN = -1
MISSING = "(missing)"

SLICES = ("brand", "category", "price_band", "language", "has_photo", "has_text")
"""What listings are told apart by, to find where a model is weak."""


@dataclass(frozen=True, slots=True)
class HeadPredictions:
    """One head's answers, and the labels that they are held to.

    Attributes:
        logit_N: before calibration.
        probability_N: after it.
        label_N: 1 yes, 0 no, -1 unknown.
        action_N: as the bundle's thresholds decided, values of `Action`.
    """

    logit_N: Floats
    probability_N: Floats
    label_N: npt.NDArray[np.int64]
    action_N: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.label_N)

    @property
    def labelled(self) -> Bools:
        return np.asarray(self.label_N != UNKNOWN)

    @property
    def positive(self) -> Bools:
        return np.asarray(self.label_N == 1)

    @property
    def acted(self) -> Bools:
        return np.asarray(self.action_N == Action.ACT.value)

    @property
    def reviewed(self) -> Bools:
        return np.asarray(self.action_N == Action.REVIEW.value)

    def take(self, rows: Bools | npt.NDArray[np.intp]) -> "HeadPredictions":
        return HeadPredictions(self.logit_N[rows], self.probability_N[rows], self.label_N[rows], self.action_N[rows])


@dataclass(frozen=True, slots=True)
class Predictions:
    """Answers about N listings.

    Attributes:
        shop_N: the shop of each; None where unknown.
        slices: for each name of `SLICES`, the value of each listing as text.
        errors: how many listings had no verdict and are left out.
    """

    listing_N: npt.NDArray[np.object_]
    shop_N: npt.NDArray[np.object_]
    heads: Mapping[Head, HeadPredictions]
    slices: Mapping[str, npt.NDArray[np.object_]]
    errors: int = 0

    def __len__(self) -> int:
        return len(self.listing_N)

    def take(self, rows: Bools | npt.NDArray[np.intp]) -> "Predictions":
        """The chosen rows only."""
        return Predictions(
            self.listing_N[rows],
            self.shop_N[rows],
            {head: answers.take(rows) for head, answers in self.heads.items()},
            {name: value_N[rows] for name, value_N in self.slices.items()},
            self.errors,
        )

    def labelled(self, head: Head) -> "Predictions":
        """The listings whose answer to the head's question is known."""
        return self.take(self.heads[head].labelled)

    def write(self, path: Path) -> None:
        """Write one Parquet table, a row a listing."""
        columns: dict[str, pa.Array] = {
            "listing_id": pa.array(self.listing_N, pa.string()),
            "shop_id": pa.array(self.shop_N, pa.string()),
        }
        for head, answers in self.heads.items():
            columns[f"{head}_logit"] = pa.array(answers.logit_N)
            columns[f"{head}_probability"] = pa.array(answers.probability_N)
            columns[f"{head}_label"] = pa.array(answers.label_N, pa.int8())
            columns[f"{head}_action"] = pa.array(answers.action_N.tolist(), pa.string())
        columns |= {name: pa.array(value_N, pa.string()) for name, value_N in self.slices.items()}
        table = pa.table(columns).replace_schema_metadata({"errors": str(self.errors)})
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path)

    @classmethod
    def read(cls, path: Path) -> "Predictions":
        """Read what `write` wrote.

        Raises:
            ValueError: the file is no table of predictions.
        """
        try:
            table = pq.read_table(path)
            heads = {head: _head(table, head) for head in Head if f"{head}_logit" in table.column_names}
            slices = {name: _texts(table, name) for name in SLICES}
            errors = int((table.schema.metadata or {}).get(b"errors", b"0"))
            return cls(_texts(table, "listing_id"), _texts(table, "shop_id"), heads, slices, errors)
        except (OSError, pa.ArrowException, KeyError) as error:
            raise ValueError(f"{path} is no table of predictions: {error}") from error


def common(first: Predictions, second: Predictions) -> tuple[Predictions, Predictions]:
    """The listings that both have answers about, in the first one's order."""
    place = {listing: row for row, listing in enumerate(second.listing_N)}
    rows = np.array([row for row, listing in enumerate(first.listing_N) if listing in place], dtype=np.intp)
    matching = np.array([place[first.listing_N[row]] for row in rows], dtype=np.intp)
    return first.take(rows), second.take(matching)


def _head(table: pa.Table, head: Head) -> HeadPredictions:
    return HeadPredictions(
        table.column(f"{head}_logit").to_numpy(),
        table.column(f"{head}_probability").to_numpy(),
        table.column(f"{head}_label").to_numpy().astype(np.int64),
        np.array(table.column(f"{head}_action").to_pylist(), dtype=np.str_),
    )


def _texts(table: pa.Table, name: str) -> npt.NDArray[np.object_]:
    return np.array(table.column(name).to_pylist(), dtype=object)
