from pathlib import Path

import pytest

from training.data.folder import write_dataset
from training.data.shown_photos import ShownPhotos, photos_checksum
from training.data.spool import Spool, SpoolWriter
from training.data.table_rows import TableRows
from trueshelf.listings import Dataset
from trueshelf.listings.tables import SPLITS


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """3,000 listings that show eight photos; one leads out of the folder."""
    rows = [{"listing_id": f"l{row}", "title": "bag", "photos": [f"images/{row % 7}.jpg"]} for row in range(3_000)]
    rows[0]["photos"] = ["../secret.jpg", "images/7.jpg"]
    card = {"source": "a test", "licence": "none", "made": "by a test"}
    return write_dataset(tmp_path / "many", name="many", card=card, listings=rows)


def test_rows_are_read_as_often_as_they_are_gone_through(dataset: Dataset) -> None:
    rows = TableRows(dataset, "listings")
    assert len(rows) == 3_000
    for _ in range(2):
        assert [row["listing_id"] for row in rows] == [f"l{row}" for row in range(3_000)]
    assert next(iter(rows.only("title"))) == {"title": "bag"}


def test_photos_are_those_inside_the_folder_each_once_in_any_order(dataset: Dataset) -> None:
    rows = list(TableRows(dataset, "listings"))
    paths = ShownPhotos((rows,)).distinct()
    assert sorted(paths) == [f"images/{number}.jpg" for number in range(8)]
    assert photos_checksum(paths) == photos_checksum(ShownPhotos((rows[::-1], [{"photo": "images/7.jpg"}])).distinct())
    assert dataset.checksums["images"] == photos_checksum(paths)


def test_a_spool_gives_back_what_was_put_into_it(tmp_path: Path) -> None:
    rows = [{"listing_id": str(row), "split": "train", "reason": None} for row in range(2_500)]
    with SpoolWriter(tmp_path / "splits.arrow", SPLITS) as writer:
        for row in rows:
            writer.add(row)
    spool = Spool(tmp_path / "splits.arrow")
    assert list(spool) == list(spool) == rows


def test_a_row_that_does_not_fit_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="a row of splits does not fit"),
        SpoolWriter(tmp_path / "splits.arrow", SPLITS) as to,
    ):
        to.add({"listing_id": 3, "split": "train"})
