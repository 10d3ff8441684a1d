"""The history of champions, and the guard against two promotions at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from training.evaluation.gate import Check
from training.promotion import Outcome, Promotion, history, record
from training.registry import champion_version
from training.settings import CHAMPION, MODEL_NAME, Settings
from training.store import connect

if TYPE_CHECKING:
    from mlflow import MlflowClient

pytestmark = pytest.mark.slow

NOW = datetime(2025, 6, 1, tzinfo=UTC)
CHECKS = (Check("latency", True, 3.0, 1000.0, "fast"), Check("golden", True, None, None, "same"))


@pytest.fixture
def client(settings: Settings) -> "MlflowClient":
    """A registry with three versions of nothing."""
    client = connect(settings)
    client.create_registered_model(MODEL_NAME)
    for _ in range(3):
        client.create_model_version(MODEL_NAME, source="file:///nothing")
    return client


def promotion(candidate: str, before: str | None, outcome: Outcome = Outcome.PROMOTED) -> Promotion:
    return Promotion(
        at=NOW,
        by="ada",
        champion_before=before,
        candidate=candidate,
        outcome=outcome,
        dataset_digest="d",
        checks=CHECKS,
    )


def test_every_attempt_is_kept_and_only_promotions_move_the_alias(client: "MlflowClient", settings: Settings) -> None:
    steps = [promotion("1", None), promotion("2", "1", Outcome.REFUSED), promotion("3", "1")]
    champions = []
    for step in steps:
        record(step, settings)
        champions.append(champion_version(client))
    assert champions == ["1", "1", "3"]
    assert history(settings) == steps


def test_of_two_promotions_against_the_same_champion_one_wins(client: "MlflowClient", settings: Settings) -> None:
    record(promotion("1", None), settings)

    def attempt(candidate: str) -> str | None:
        try:
            record(promotion(candidate, "1"), settings)
        except ValueError as error:
            return str(error)
        return None

    with ThreadPoolExecutor(2) as pool:
        errors = list(pool.map(attempt, ["2", "3"]))
    assert errors.count(None) == 1
    winner = ("2", "3")[errors.index(None)]
    assert champion_version(client) == winner
    assert f"version {winner} became champion while" in str([error for error in errors if error])
    assert [row.candidate for row in history(settings)] == ["1", winner]


def test_a_champion_set_outside_is_written_down_too(client: "MlflowClient", settings: Settings) -> None:
    record(promotion("1", None), settings)
    client.set_registered_model_alias(MODEL_NAME, CHAMPION, "2")
    record(promotion("3", "2"), settings)
    rows = [(row.champion_before, row.candidate, row.outcome) for row in history(settings)]
    assert rows == [
        (None, "1", Outcome.PROMOTED),
        ("1", "2", Outcome.OUTSIDE),
        ("2", "3", Outcome.PROMOTED),
    ]
