"""Writes a dataset beside the folder that it is for, and lets it take that folder's place only when it is whole.

A command that fails, or is killed, thus leaves what was there before; and what is no dataset of ours is never replaced.

with draft(Path("datasets/mine"), force=True) as folder:
    write_dataset(folder, …)
"""

import fcntl
import glob
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from training.data.folder import README
from trueshelf.listings import Dataset
from trueshelf.listings.dataset import CARD
from trueshelf.listings.tables import TABLES

_OURS = {CARD, README, "images", "rejected.csv", "contact_sheet.html", *(f"{table}.parquet" for table in TABLES)}
_PHOTO = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}\.(jpg|png|gif|webp|bin)")


@contextmanager
def draft(out: Path, *, force: bool = False, readme: str | None = None) -> Iterator[Path]:
    """An empty folder on the file system of `out`; it takes the place of `out` when the block ends without an error.

    Args:
        force: replace a dataset that is there.
        readme: the card's text, where it is kept in git beside the data that is not: a folder that holds nothing else
            is as good as an empty one.

    Raises:
        ValueError: `out` may not be replaced, or another process is writing it.
    """
    place = out.resolve()
    old = place.with_name(f".{place.name}.trueshelf-old")
    place.parent.mkdir(parents=True, exist_ok=True)
    with _part(place) as part:
        _finish_swap(place, old)
        require_room(out, force=force, readme=readme)
        yield part
        _swap(place, part, old)


def require_room(folder: Path, *, force: bool, readme: str | None = None) -> None:
    """Make sure that a dataset may be written to a folder.

    Raises:
        ValueError: there is something that is no dataset of ours, or there is one and `force` is not given.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder")
    entries = sorted(entry.name for entry in folder.iterdir())
    if not entries or (entries == [README] and readme is not None and _same_title(folder / README, readme)):
        return
    if CARD not in entries:
        raise ValueError(f"{folder} holds {entries[0]!r} and is no dataset: choose another folder, or an empty one")
    if not _is_card(folder):
        raise ValueError(f"{folder / CARD} is no dataset's card of ours: choose another folder, or an empty one")
    foreign = next(_foreign(folder, entries), None)
    if foreign is not None:
        raise ValueError(f"{folder} holds {foreign!r}, which is no part of a dataset: choose another folder")
    if not force:
        raise ValueError(f"{folder} holds a dataset already: give --force to replace it")


def require_outside(source: Path, out: Path, what: str) -> None:
    """Make sure that what is read does not lie in the folder that is written.

    Raises:
        ValueError: it does.
    """
    if source.resolve().is_relative_to(out.resolve()):
        raise ValueError(f"{what} {source} lies in {out}, which is to be written: choose another --out")


def _is_card(folder: Path) -> bool:
    try:
        card = Dataset.open(folder).card
    except ValueError:
        return False
    return all(card.get(key) for key in ("name", "digest")) and isinstance(card.get("checksums"), dict)


def _foreign(folder: Path, entries: list[str]) -> Iterator[str]:
    """What lies in a dataset's folder and is not of our making; pictures of one's own among the photos, too."""
    yield from (name for name in entries if name not in _OURS)
    if "images" in entries:
        files = (path.relative_to(folder / "images") for path in (folder / "images").rglob("*") if not path.is_dir())
        yield from (f"images/{file}" for file in files if not _PHOTO.fullmatch(file.as_posix()))


def _same_title(path: Path, text: str) -> bool:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()[:1] == text.splitlines()[:1]


def _swap(place: Path, part: Path, old: Path) -> None:
    """Two renames: a crash between them is mended by the next `draft`, which finds the old one and puts it back."""
    if place.exists():
        place.rename(old)
    part.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def _finish_swap(place: Path, old: Path) -> None:
    """End what a crash has interrupted: put the old folder back where nothing has taken its place, else delete it."""
    if old.exists() and not place.exists():
        old.rename(place)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _part(place: Path) -> Iterator[Path]:
    """An empty folder beside `place`, locked for as long as the block takes; what killed processes left is removed.

    It has another name in each process: the workers of one that was killed may go on writing to theirs for a while.
    """
    stem = f".{place.name}.trueshelf-part-"
    part = place.with_name(f"{stem}{os.getpid()}")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    lock = _lock(part)
    try:
        for other in set(place.parent.glob(f"{glob.escape(stem)}*")) - {part}:
            _remove_left_over(other, place)
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)
        os.close(lock)


def _remove_left_over(other: Path, place: Path) -> None:
    try:
        os.close(_lock(other))
    except FileNotFoundError:  # its process has just ended
        return
    except BlockingIOError:
        raise ValueError(f"another process is writing {place}") from None
    shutil.rmtree(other, ignore_errors=True)


def _lock(folder: Path) -> int:
    """The descriptor that holds the lock of a folder until it is closed.

    Raises:
        BlockingIOError: another process holds it.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    return descriptor
