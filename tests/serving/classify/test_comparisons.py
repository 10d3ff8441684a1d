import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from serving.classify.comparisons import Comparison, Comparisons, Said
from trueshelf.listings import Head
from trueshelf.models import Action

SAID = {head: Said(0.25, Action.PASS) for head in Head}


def comparison(name: str, challenger: str = "2") -> Comparison:
    at = datetime(2025, 3, 14, tzinfo=UTC)
    return Comparison(
        at=at, champion="1", challenger=challenger, listing_digest=name, seconds=(0.1, 0.2), said=(SAID, None)
    )


def test_what_was_added_is_read_again_once_for_each_pair_and_listing(tmp_path: Path) -> None:
    comparisons = Comparisons(tmp_path / "shadow.db")
    added = [comparison("a"), comparison("b"), comparison("a", "3")]
    for each in (*added, comparison("a")):
        comparisons.add(each)

    assert comparisons.rows() == added


def test_the_newest_are_kept(tmp_path: Path) -> None:
    comparisons = Comparisons(tmp_path / "shadow.db", most=3)
    for name in "abcdef":
        comparisons.add(comparison(name))

    assert [row.listing_digest for row in comparisons.rows()] == ["d", "e", "f"]


def test_nothing_is_altered(tmp_path: Path) -> None:
    comparisons = Comparisons(tmp_path / "shadow.db")
    comparisons.add(comparison("a"))

    with (
        closing(sqlite3.connect(tmp_path / "shadow.db")) as connection,
        pytest.raises(sqlite3.IntegrityError, match="never altered"),
    ):
        connection.execute("UPDATE comparisons SET champion = 'x'")


def test_reading_makes_no_file(tmp_path: Path) -> None:
    assert Comparisons(tmp_path / "shadow.db").rows() == []
    assert list(tmp_path.iterdir()) == []
