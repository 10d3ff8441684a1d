"""Scored again after edits, only what was edited is judged again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from serving.classify.model import Predict, ServedModel
from serving.score import score_table
from trueshelf.listings import Listing
from trueshelf.models import ItemError, Verdict
from trueshelf.testing import FakePredictor, make_photo

ServedBy = Callable[[Predict], ServedModel]


@pytest.fixture
def source(tmp_path: Path, photo: bytes) -> Path:
    (tmp_path / "a.jpg").write_bytes(photo)
    return write(tmp_path / "in.parquet", [f"Bag {number}" for number in range(30)])


def write(path: Path, titles: Sequence[str]) -> Path:
    photos = [["none.jpg"] if number == 7 else ["a.jpg"] for number in range(len(titles))]
    pq.write_table(
        pa.table({"listing_id": [f"L-{n}" for n in range(len(titles))], "title": titles, "photos": photos}), path
    )
    return path


def rows_of(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


class Recorder:
    """A model that keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, listings: Sequence[Listing]) -> list[Verdict | ItemError]:
        self.asked += [listing.id for listing in listings]
        return FakePredictor().predict(listings)


def test_only_what_was_edited_or_failed_is_judged_again(
    source: Path, tmp_path: Path, served_by: ServedBy, model: ServedModel
) -> None:
    score_table(source, tmp_path / "old.parquet", model=model, part_rows=8)
    write(source, [*(f"Bag {number}" for number in range(29)), "Bag 29, as new", "Bag 30"])
    (tmp_path / "none.jpg").write_bytes(make_photo(50, 50).read())
    asked = Recorder()

    summary = score_table(source, tmp_path / "new.parquet", model=served_by(asked), previous=tmp_path / "old.parquet")
    score_table(source, tmp_path / "whole.parquet", model=model)

    assert sorted(asked.asked) == ["L-29", "L-30", "L-7"]
    assert (summary["reused"], summary["listings"], summary["errors"]) == (28, 31, 0)
    assert rows_of(tmp_path / "new.parquet") == rows_of(tmp_path / "whole.parquet")


def test_another_photo_under_the_same_name_is_judged_again(
    source: Path, tmp_path: Path, served_by: ServedBy, model: ServedModel
) -> None:
    score_table(source, tmp_path / "out.parquet", model=model)
    (tmp_path / "a.jpg").write_bytes(make_photo(50, 50).read())
    asked = Recorder()

    score_table(source, tmp_path / "out.parquet", model=served_by(asked), previous=tmp_path / "out.parquet")

    assert len(asked.asked) == 29


def test_a_table_may_be_the_one_before_itself(
    source: Path, tmp_path: Path, served_by: ServedBy, model: ServedModel
) -> None:
    score_table(source, tmp_path / "out.parquet", model=model)
    before = rows_of(tmp_path / "out.parquet")
    asked = Recorder()

    score_table(source, tmp_path / "out.parquet", model=served_by(asked), previous=tmp_path / "out.parquet")

    assert asked.asked == []
    assert rows_of(tmp_path / "out.parquet") == before


@pytest.mark.parametrize("other", [{"digest": "2"}, {"precision": "int8"}])
def test_another_models_verdicts_are_not_taken_over(
    other: dict[str, Any], source: Path, tmp_path: Path, model: ServedModel
) -> None:
    score_table(source, tmp_path / "old.parquet", model=model)

    summary = score_table(
        source, tmp_path / "new.parquet", model=replace(model, **other), previous=tmp_path / "old.parquet"
    )

    assert summary["reused"] == 0


def test_a_table_of_no_verdicts_is_told(source: Path, tmp_path: Path, model: ServedModel) -> None:
    with pytest.raises(ValueError, match=r"in\.parquet is no table of verdicts with a column digest"):
        score_table(source, tmp_path / "new.parquet", model=model, previous=source)
