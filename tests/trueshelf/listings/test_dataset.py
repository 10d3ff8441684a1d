"""Reading a dataset folder: what is not as it should be is named, with its file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tomli_w

from trueshelf.listings import Dataset, Split
from trueshelf.listings.checksums import dataset_digest, file_checksum
from trueshelf.listings.references import Kind, Reference
from trueshelf.listings.tables import GALLERY, LABELS, LISTINGS, SPLITS

Rows = list[dict[str, Any]]

LISTING: dict[str, Any] = {"listing_id": "a", "title": "bag", "photos": ["images/x.jpg"]}
LABEL: dict[str, Any] = {"listing_id": "a", "head": "counterfeit", "answer": "yes", "provenance": "reviewer"}
SPLIT: dict[str, Any] = {"listing_id": "a", "split": "test"}


def write(folder: Path, *, listings: Rows, labels: Rows, splits: Rows) -> None:
    for name, schema, rows in (
        ("listings", LISTINGS, listings),
        ("labels", LABELS, labels),
        ("splits", SPLITS, splits),
    ):
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / f"{name}.parquet")


def seal(folder: Path) -> Dataset:
    checksums = {path.name: file_checksum(path) for path in folder.glob("*.parquet")}
    card = {"name": "small", "digest": dataset_digest(checksums), "checksums": checksums}
    (folder / "dataset.toml").write_text(tomli_w.dumps(card))
    return Dataset.open(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "x.jpg").write_bytes(b"x")
    write(tmp_path, listings=[LISTING], labels=[LABEL], splits=[SPLIT])
    return tmp_path


def test_what_is_as_it_was_sealed_is_read(folder: Path) -> None:
    dataset = seal(folder)
    dataset.verify()
    (listing,) = dataset.listings()
    assert listing.photos[0].read() == b"x"
    assert dataset.splits() == {"a": Split.TEST}
    assert dataset.shops() == {}


def change_answers(folder: Path) -> None:
    write(folder, listings=[LISTING], labels=[LABEL | {"answer": "no"}], splits=[SPLIT])


def lose_splits(folder: Path) -> None:
    (folder / "splits.parquet").unlink()


def add_shops(folder: Path) -> None:
    pq.write_table(pa.table({"shop_id": ["s"]}), folder / "shops.parquet")


def change_digest(folder: Path) -> None:
    card = Dataset.open(folder).card
    (folder / "dataset.toml").write_text(tomli_w.dumps(card | {"digest": "0" * 64}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (change_answers, r"labels\.parquet has changed since dataset\.toml was written: put back what was there"),
        (lose_splits, r"splits\.parquet is gone"),
        (add_shops, r"shops\.parquet has no checksum in dataset\.toml"),
        (change_digest, r"dataset\.toml has another digest than its checksums give"),
    ],
)
def test_a_digest_is_not_trusted_over_the_tables(folder: Path, change: Callable[[Path], None], message: str) -> None:
    seal(folder)
    change(folder)
    with pytest.raises(ValueError, match=rf"{message}.*python -m training dataset seal"):
        Dataset.open(folder).verify()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"title": ["bag"]}, r"listings\.parquet: the column listing_id is missing; it should be string"),
        ({"listing_id": [7]}, r"listings\.parquet: the column listing_id is int64, not string"),
        ({"listing_id": pa.array([None], pa.string())}, "the column listing_id has 1 empty cells"),
    ],
)
def test_a_column_that_does_not_fit_is_named(folder: Path, columns: dict[str, Any], message: str) -> None:
    pq.write_table(pa.table(columns), folder / "listings.parquet")
    with pytest.raises(ValueError, match=message):
        list(seal(folder).listings())


def test_words_that_are_not_known_are_named_with_their_file_and_listing(folder: Path) -> None:
    write(folder, listings=[LISTING], labels=[LABEL | {"answer": "maybe"}], splits=[SPLIT | {"split": "holdout"}])
    dataset = seal(folder)
    with pytest.raises(ValueError, match=r"splits\.parquet, listing_id 'a': 'holdout' is not a valid Split"):
        dataset.splits()
    with pytest.raises(ValueError, match=r"labels\.parquet, listing_id 'a': 'maybe' is not a valid Answer"):
        dataset.labels()


@pytest.mark.parametrize("path", ["../secret.jpg", "images/../../secret.jpg", "/etc/hostname", None])
def test_no_photo_is_read_from_outside(folder: Path, path: str | None) -> None:
    (folder.parent / "secret.jpg").write_bytes(b"secret")
    write(folder, listings=[LISTING | {"photos": ["images/x.jpg", path]}], labels=[], splits=[])
    with pytest.raises(ValueError, match=r"listing a: the photo .* lies outside"):
        list(seal(folder).listings())


def write_gallery(folder: Path, **cells: str) -> None:
    row = {"photo": "images/x.jpg", "kind": "fake", "source": "test buy 7"} | cells
    pq.write_table(pa.Table.from_pylist([row], schema=GALLERY), folder / "gallery.parquet")


def test_references_are_read_where_there_are_any(folder: Path) -> None:
    assert seal(folder).references() == []
    write_gallery(folder)
    (found,) = seal(folder).references()
    assert found == Reference(found.photo, Kind.FAKE, None, "test buy 7")
    assert found.photo.read() == b"x"


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"kind": "nice"}, r"gallery\.parquet, photo 'images/x\.jpg': 'nice' is not a valid Kind"),
        ({"photo": "../secret.jpg"}, r"the photo '\.\./secret\.jpg' lies outside"),
    ],
)
def test_a_reference_that_cannot_be_read_is_named(folder: Path, cells: dict[str, str], message: str) -> None:
    write_gallery(folder, **cells)
    with pytest.raises(ValueError, match=message):
        seal(folder).references()
