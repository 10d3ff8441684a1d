"""The report on answers that are probably wrong: a Parquet file of them, the most doubtful first, and a table to read.

The file carries how many there are of each head, and about how many answers are wrong, in its own metadata.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from training.data.parts import Part
from training.suspects import Doubts
from trueshelf.listings import Answer, Head, Provenance

SUSPECTS = "suspected_labels.parquet"
TABLE = "suspected_labels.txt"

_SCHEMA = pa.schema(
    [
        ("listing_id", pa.string()),
        ("head", pa.string()),
        ("answer", pa.string()),
        ("probability", pa.float64()),
        ("margin", pa.float64()),
        ("provenance", pa.string()),
    ]
)
_COUNTS = b"heads"
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Counts:
    """One head in numbers.

    Attributes:
        answers: that were looked at.
        suspected: answers that are in the report.
        wrong_yes, wrong_no: about how many answers given as yes are no, and given as no are yes.
    """

    answers: int
    suspected: int
    wrong_yes: float
    wrong_no: float


@dataclass(frozen=True, slots=True)
class Suspects:
    """The report.

    Attributes:
        heads: by the head's value.
        rows: of the file, the most doubtful first; `probability` is of yes, by a model that has not seen the seller,
            and `margin` is by how much the other answer is more probable than the one given.
    """

    heads: Mapping[str, Counts]
    rows: Sequence[Mapping[str, Any]]

    @classmethod
    def of(cls, train: Part, doubts: Sequence[Doubts]) -> "Suspects":
        """What is doubtful in the training listings; one `Doubts` a head, in the order of `Head`."""
        heads = {head.value: _counts(each) for head, each in zip(Head, doubts, strict=True)}
        rows = [row for place, each in enumerate(doubts) for row in _rows(train, place, each)]
        return cls(heads, sorted(rows, key=lambda row: -row["margin"]))

    def only(self, head: Head | None, limit: int) -> "Suspects":
        """Those of one head, or of all, and no more than `limit`."""
        chosen = [row for row in self.rows if head is None or row["head"] == head.value]
        return Suspects(
            {name: counts for name, counts in self.heads.items() if head is None or name == head.value},
            chosen[:limit],
        )

    def write(self, path: Path) -> None:
        """Write the file."""
        counts = json.dumps({name: asdict(each) for name, each in self.heads.items()})
        table = pa.Table.from_pylist(list(self.rows), schema=_SCHEMA.with_metadata({_COUNTS: counts.encode()}))
        pq.write_table(table, path)

    @classmethod
    def read(cls, path: Path) -> "Suspects":
        """Read the file.

        Raises:
            ValueError: it is not such a file.
        """
        table = pq.read_table(path)
        counts = (table.schema.metadata or {}).get(_COUNTS)
        if counts is None or table.schema.names != _SCHEMA.names:
            raise ValueError(f"{path} is no report on suspected labels")
        return cls({name: Counts(**each) for name, each in json.loads(counts).items()}, table.to_pylist())

    def text(self) -> str:
        """The counts, and the first of the list, for people."""
        width = max((len(row["listing_id"]) for row in self.rows[:_SHOWN]), default=0)
        lines = [
            f"{row['listing_id']:<{width}}  {row['head']:<12} {row['answer']:<4}"
            f"{row['probability']:>6.3f}{row['margin']:>+7.3f}  {row['provenance'] or '-'}"
            for row in self.rows[:_SHOWN]
        ]
        return "\n".join([*self.sentences(), "", *lines]) + "\n"

    def sentences(self) -> list[str]:
        """The counts of each head in words."""
        return [_sentence(name, counts) for name, counts in self.heads.items()]


def _sentence(head: str, counts: Counts) -> str:
    return (
        f"{head}: {counts.suspected} of {counts.answers} answers are suspected; "
        f"about {counts.wrong_yes:.0f} yes are no, about {counts.wrong_no:.0f} no are yes"
    )


def _counts(doubts: Doubts) -> Counts:
    ((_, wrong_no), (wrong_yes, _)) = doubts.joint_22.round(1).tolist()
    return Counts(len(doubts.yes_N), int(doubts.suspected_N.sum()), wrong_yes, wrong_no)


def _rows(train: Part, place: int, doubts: Doubts) -> list[dict[str, Any]]:
    ranked = doubts.ranked
    found = train.listings.take(doubts.rows_N[ranked]) if len(ranked) else []
    hands = list(Provenance)
    return [
        {
            "listing_id": listing.id,
            "head": list(Head)[place].value,
            "answer": (Answer.YES if doubts.yes_N[at] else Answer.NO).value,
            "probability": float(doubts.probability_N[at]),
            "margin": float(doubts.margin_N[at]),
            "provenance": None
            if train.provenance_NH is None
            else hands[train.provenance_NH[doubts.rows_N[at], place]].value,
        }
        for listing, at in zip(found, ranked.tolist(), strict=True)
    ]
