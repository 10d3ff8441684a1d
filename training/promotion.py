"""Moves the alias `champion`, and keeps the history that MLflow does not: who moved it, when, from what to what, why.

Aliases in MLflow are last-write-wins. Here one promotion at a time looks whether the champion is still the one that the
candidate was measured against, moves the alias, and writes its row in `mlruns/promotions.db`.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.evaluation.gate import Check
from training.registry import champion_version
from training.settings import CHAMPION, MODEL_NAME, Settings
from training.store import connect

if TYPE_CHECKING:
    from mlflow import MlflowClient

_TABLE = """
CREATE TABLE IF NOT EXISTS promotions (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    by TEXT NOT NULL,
    model TEXT NOT NULL,
    champion_before TEXT,
    candidate TEXT NOT NULL,
    outcome TEXT NOT NULL,
    dataset_digest TEXT NOT NULL,
    checks TEXT NOT NULL
) STRICT
"""

_WAIT_SECONDS = 30.0


class Outcome(StrEnum):
    """What came of a candidate; `outside` is a champion that was set without the gate, in MLflow itself."""

    PROMOTED = "promoted"
    REFUSED = "refused"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """One row of the history.

    Attributes:
        champion_before: the version that had the alias; None for the first.
        dataset_digest: what both were measured on.
        checks: those of the gate.
    """

    at: datetime
    by: str
    champion_before: str | None
    candidate: str
    outcome: Outcome
    dataset_digest: str
    checks: Sequence[Check]


def record(promotion: Promotion, settings: Settings) -> None:
    """Write a row of the history, and move the alias where the outcome says so.

    Raises:
        ValueError: the champion is no longer the one that the candidate was measured against; nothing is changed.
    """
    client = connect(settings)
    with _history(settings) as connection:
        current = champion_version(client)
        _note_outside(connection, current, promotion)
        if promotion.outcome is Outcome.PROMOTED:
            _move(client, current, promotion)
        _insert(connection, promotion)


def history(settings: Settings) -> list[Promotion]:
    """All rows, oldest first."""
    with _history(settings) as connection:
        rows = connection.execute("SELECT * FROM promotions ORDER BY number").fetchall()
    return [_promotion(row) for row in rows]


def _move(client: "MlflowClient", current: str | None, promotion: Promotion) -> None:
    if current != promotion.champion_before:
        was, now = (f"version {each}" if each else "no version" for each in (promotion.champion_before, current))
        raise ValueError(
            f"{now} became champion while {promotion.candidate} was measured against {was}: promote it again"
        )
    client.set_registered_model_alias(MODEL_NAME, CHAMPION, promotion.candidate)


def _note_outside(connection: sqlite3.Connection, current: str | None, promotion: Promotion) -> None:
    """Write down a champion that no promotion has made, so that the history has no gap."""
    last = connection.execute(
        "SELECT candidate FROM promotions WHERE outcome != ? ORDER BY number DESC LIMIT 1", (Outcome.REFUSED,)
    ).fetchone()
    known = None if last is None else str(last["candidate"])
    if current is not None and current != known:
        _insert(
            connection,
            Promotion(
                at=promotion.at,
                by="unknown",
                champion_before=known,
                candidate=current,
                outcome=Outcome.OUTSIDE,
                dataset_digest="",
                checks=(),
            ),
        )


@contextmanager
def _history(settings: Settings) -> Iterator[sqlite3.Connection]:
    """The history, locked for writing until the block ends; what a failing block wrote is undone."""
    settings.mlruns.mkdir(parents=True, exist_ok=True)
    path: Path = settings.mlruns / "promotions.db"
    with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(_TABLE)
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def _insert(connection: sqlite3.Connection, promotion: Promotion) -> None:
    connection.execute(
        "INSERT INTO promotions (at, by, model, champion_before, candidate, outcome, dataset_digest, checks)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            promotion.at.isoformat(),
            promotion.by,
            MODEL_NAME,
            promotion.champion_before,
            promotion.candidate,
            promotion.outcome.value,
            promotion.dataset_digest,
            json.dumps([asdict(check) for check in promotion.checks]),
        ),
    )


def _promotion(row: Any) -> Promotion:
    return Promotion(
        at=datetime.fromisoformat(row["at"]),
        by=row["by"],
        champion_before=row["champion_before"],
        candidate=row["candidate"],
        outcome=Outcome(row["outcome"]),
        dataset_digest=row["dataset_digest"],
        checks=tuple(Check(**check) for check in json.loads(row["checks"])),
    )
