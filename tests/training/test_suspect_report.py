from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from training.data.parts import Part
from training.suspect_report import Suspects
from training.suspects import Doubts
from training.testing import stored
from trueshelf.listings import Head, Listing, Provenance


@pytest.fixture
def part(tmp_path: Path) -> Part:
    listings = stored(tmp_path / "stored", [Listing(id=f"l{row}", title="bag") for row in range(4)])
    report = list(Provenance).index(Provenance.REPORT)
    return Part(listings, np.array([[1, 0], [0, -1], [1, 1], [0, 1]]), np.full((4, 2), report, dtype=np.int8))


def doubts(rows: list[int], yes: list[bool], probabilities: list[float], suspected: list[bool]) -> Doubts:
    return Doubts(np.array(rows), np.array(yes), np.array(probabilities), np.array([0.7, 0.6]), np.array(suspected))


@pytest.fixture
def suspects(part: Part) -> Suspects:
    first = doubts([0, 1, 2, 3], [True, False, True, False], [0.2, 0.1, 0.9, 0.95], [True, False, False, True])
    second = doubts([0, 2, 3], [False, True, True], [0.1, 0.02, 0.8], [False, True, False])
    return Suspects.of(part, [first, second])


def test_the_most_doubtful_of_all_heads_come_first(suspects: Suspects) -> None:
    assert [(row["listing_id"], row["head"], row["answer"]) for row in suspects.rows] == [
        ("l2", "low_quality", "yes"),
        ("l3", "counterfeit", "no"),
        ("l0", "counterfeit", "yes"),
    ]
    np.testing.assert_allclose([row["margin"] for row in suspects.rows], [0.96, 0.9, 0.6])
    assert {row["provenance"] for row in suspects.rows} == {"report"}


def test_answers_are_counted_by_head(suspects: Suspects) -> None:
    counts = suspects.heads["counterfeit"]
    assert (counts.answers, counts.suspected, counts.wrong_yes, counts.wrong_no) == (4, 2, 1.0, 1.0)


def test_written_and_read_it_is_the_same(suspects: Suspects, tmp_path: Path) -> None:
    suspects.write(tmp_path / "report.parquet")
    assert Suspects.read(tmp_path / "report.parquet") == suspects


def test_another_parquet_file_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"listing_id": ["l1"]}), tmp_path / "other.parquet")
    with pytest.raises(ValueError, match=r"other\.parquet is no report"):
        Suspects.read(tmp_path / "other.parquet")


def test_one_head_and_the_first_few_can_be_asked_for(suspects: Suspects) -> None:
    found = suspects.only(Head.COUNTERFEIT, 1)
    assert [row["listing_id"] for row in found.rows] == ["l3"]
    assert list(found.heads) == ["counterfeit"]


def test_the_table_tells_counts_first_and_then_listings(suspects: Suspects) -> None:
    lines = suspects.text().splitlines()
    assert lines[0] == "counterfeit: 2 of 4 answers are suspected; about 1 yes are no, about 1 no are yes"
    assert lines[3].split() == ["l2", "low_quality", "yes", "0.020", "+0.960", "report"]
