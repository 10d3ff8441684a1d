"""What may be replaced by a dataset, and what is left when writing one fails."""

import fcntl
import os
from pathlib import Path

import pytest

from training.data.draft import draft
from training.data.folder import store_photo, write_dataset
from trueshelf.listings import Dataset

CARD = {"source": "a test", "licence": "none", "made": "by a test"}


def write(folder: Path, title: str) -> None:
    photo = store_photo(folder, title.encode())
    listings = [{"listing_id": "a", "title": title, "photos": [photo]}]
    write_dataset(folder, name="test", card=CARD, listings=listings)


def titles(folder: Path) -> list[str]:
    return [listing.title for listing in Dataset.open(folder).listings()]


def left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    with draft(tmp_path / "good") as folder:
        write(folder, "old")
    return tmp_path / "good"


def test_a_whole_dataset_takes_the_place_of_another(good: Path) -> None:
    with pytest.raises(ValueError, match="holds a dataset already: give --force"), draft(good):
        pass
    with draft(good, force=True) as folder:
        write(folder, "new")
        assert titles(good) == ["old"], "until the new one is whole"
    assert titles(good) == ["new"]
    assert len(list(good.rglob("*.bin"))) == 1
    assert left_over(good.parent) == []


def test_a_failure_leaves_what_was_there(good: Path) -> None:
    def killed() -> None:
        with draft(good, force=True) as folder:
            write(folder, "new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    assert titles(good) == ["old"]
    assert left_over(good.parent) == []


def test_a_crash_between_the_two_renames_is_mended(good: Path) -> None:
    good.rename(good.with_name(".good.trueshelf-old"))
    with pytest.raises(ValueError, match="give --force"), draft(good):
        pass
    assert titles(good) == ["old"]


def test_what_a_killed_process_left_is_not_taken_for_the_new_dataset(tmp_path: Path) -> None:
    for process in (1, os.getpid()):
        left = tmp_path / f".out.trueshelf-part-{process}"
        (left / "images").mkdir(parents=True)
        (left / "listings.parquet").write_bytes(b"half")
    with draft(tmp_path / "out") as folder:
        assert list(folder.iterdir()) == []
        write(folder, "new")
    assert titles(tmp_path / "out") == ["new"]
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    "path", ["images/me.jpg", "README.md", "notes.txt", "labels.parquet", "dataset.toml", "images/ab/me.jpg"]
)
def test_what_is_no_dataset_is_never_replaced(tmp_path: Path, path: str, force: bool) -> None:
    mine = tmp_path / "out" / path
    mine.parent.mkdir(parents=True)
    mine.write_text('title = "mine"')
    with pytest.raises(ValueError, match="choose another folder"), draft(tmp_path / "out", force=force):
        pass
    assert mine.read_text() == 'title = "mine"'


@pytest.mark.parametrize("path", ["images/me.jpg", "images/ab/me.jpg", "notes.txt", "listings.parquet.bak"])
def test_a_dataset_with_something_of_ones_own_in_it_is_not_replaced(good: Path, path: str) -> None:
    (good / path).parent.mkdir(exist_ok=True)
    (good / path).write_text("mine")
    with pytest.raises(ValueError, match="is no part of a dataset"), draft(good, force=True):
        pass
    assert (good / path).read_text() == "mine"


def test_a_card_kept_in_git_makes_room_for_the_data_that_is_not(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# market: a market\n\nas it was\n")
    with draft(tmp_path, readme="# market: a market\n\nas it is now\n") as folder:
        write(folder, "new")
    assert titles(tmp_path) == ["new"]
    (tmp_path / "dataset.toml").unlink()
    with pytest.raises(ValueError, match="is no dataset"), draft(tmp_path, readme="# market: a market\n"):
        pass


def test_two_processes_do_not_write_the_same_dataset(tmp_path: Path) -> None:
    part = tmp_path / ".out.trueshelf-part-1"
    part.mkdir()
    (part / "listings.parquet").write_bytes(b"theirs")
    other = os.open(part, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    try:
        with pytest.raises(ValueError, match="another process is writing"), draft(tmp_path / "out"):
            pass
    finally:
        os.close(other)
    assert (part / "listings.parquet").exists()
    assert left_over(tmp_path) == [part.name]


def test_a_link_stays_a_link(good: Path) -> None:
    link = good.with_name("link")
    link.symlink_to(good)
    with draft(link, force=True) as folder:
        write(folder, "new")
    assert link.is_symlink()
    assert titles(good) == ["new"]
