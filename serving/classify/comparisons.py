"""What champion and challenger said about the same listings: an append-only table in SQLite that holds the newest.

It holds no word of a listing: its digest, probabilities, actions, and how long each took.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from serving.settings import Settings
from trueshelf.listings import Head
from trueshelf.models import Action, Verdict

MOST: Final = 200_000
"""Rows that are kept; the oldest go."""

_SAID: Final = ", ".join(
    f"{who}_{head}_probability REAL, {who}_{head}_action TEXT" for who in ("champion", "challenger") for head in Head
)
_TABLE: Final = f"""
CREATE TABLE IF NOT EXISTS comparisons (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    champion TEXT NOT NULL,
    challenger TEXT NOT NULL,
    listing_digest TEXT NOT NULL,
    champion_seconds REAL NOT NULL,
    challenger_seconds REAL NOT NULL,
    {_SAID},
    UNIQUE (champion, challenger, listing_digest) ON CONFLICT IGNORE
) STRICT;
CREATE TRIGGER IF NOT EXISTS never_altered BEFORE UPDATE ON comparisons BEGIN
    SELECT RAISE(ABORT, 'comparisons are never altered');
END;
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What a model says of one head."""

    probability: float
    action: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What two models said about one listing.

    Attributes:
        champion, challenger: the versions.
        seconds: that the champion, then the challenger took.
        said: by the champion, then by the challenger; None where the challenger had no verdict.
    """

    at: datetime
    champion: str
    challenger: str
    listing_digest: str
    seconds: tuple[float, float]
    said: tuple[Mapping[Head, Said], Mapping[Head, Said] | None]


def said_by(verdict: Verdict) -> dict[Head, Said]:
    """What a verdict says of each head."""
    return {head: Said(each.probability, each.action) for head, each in verdict.heads.items()}


class Comparisons:
    """The table in a file, which is made when something is added."""

    def __init__(self, path: Path, *, most: int = MOST) -> None:
        self._path = path
        self._most = most

    @classmethod
    def of(cls, settings: Settings) -> "Comparisons":
        """Those of the service that the settings describe."""
        return cls(settings.service_folder / "shadow.db")

    def add(self, comparison: Comparison) -> None:
        """Add a comparison, unless the two models have been compared by this listing."""
        names = ["at", "champion", "challenger", "listing_digest", "champion_seconds", "challenger_seconds"]
        values: list[object] = [
            comparison.at.isoformat(),
            comparison.champion,
            comparison.challenger,
            comparison.listing_digest,
            *comparison.seconds,
        ]
        for who, said in zip(("champion", "challenger"), comparison.said, strict=True):
            for head, each in (said or {}).items():
                names += [f"{who}_{head}_probability", f"{who}_{head}_action"]
                values += [each.probability, each.action.value]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as connection:
            connection.executescript(_TABLE)
            marks = ", ".join("?" * len(names))
            connection.execute(f"INSERT INTO comparisons ({', '.join(names)}) VALUES ({marks})", values)  # noqa: S608
            connection.execute(
                "DELETE FROM comparisons WHERE number <= (SELECT max(number) FROM comparisons) - ?", (self._most,)
            )
            connection.commit()

    def rows(self) -> list[Comparison]:
        """All comparisons, oldest first."""
        if not self._path.is_file():
            return []
        with self._open() as connection:
            return list(map(_comparison, connection.execute("SELECT * FROM comparisons ORDER BY number")))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=10)) as connection:
            connection.row_factory = sqlite3.Row
            yield connection


def _comparison(row: sqlite3.Row) -> Comparison:
    champion, challenger = (
        {
            head: Said(row[f"{who}_{head}_probability"], Action(row[f"{who}_{head}_action"]))
            for head in Head
            if row[f"{who}_{head}_action"] is not None
        }
        for who in ("champion", "challenger")
    )
    return Comparison(
        at=datetime.fromisoformat(row["at"]),
        champion=row["champion"],
        challenger=row["challenger"],
        listing_digest=row["listing_digest"],
        seconds=(row["champion_seconds"], row["challenger_seconds"]),
        said=(champion, challenger or None),
    )
