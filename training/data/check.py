"""Checks a dataset folder: card, schema, photos, ids, labels, prices, times, and leaks across its splits.

python -m training dataset check datasets/market
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from training.data.conflicts import Answered, SoundLabels, conflict_faults
from training.data.duplicates import photo_likeness, text_likeness
from training.data.faults import (
    Fault,
    Severity,
    label_faults,
    listing_faults,
    reference_faults,
    shop_faults,
    split_faults,
)
from training.data.fingerprints import Fingerprint, Fingerprints, read_fingerprints
from training.data.folder import REQUIRED
from training.data.giveaways import giveaway_faults
from training.data.keys import Keys
from training.data.leaks import KnownSplits, find_leaks
from training.data.names import Names
from training.data.shown_photos import ShownPhotos, photos_checksum, shown
from training.data.table_rows import TableRows
from training.progress import Progress, silent
from trueshelf.listings import Dataset
from trueshelf.listings.checksums import dataset_digest, file_checksum
from trueshelf.listings.currencies import default_rates
from trueshelf.listings.tables import TABLES, is_inside

WRONG_CHECKSUM = "wrong checksum"
"""The kind of fault that `dataset seal` mends."""

_EXAMPLES = 5
_OPTIONAL = {"shops", "splits", "gallery"}


@dataclass(frozen=True, slots=True)
class Group:
    """All faults of one kind: how many, and the first few."""

    kind: str
    severity: Severity
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found, errors first, then by number."""

    groups: tuple[Group, ...]
    listings: int
    photos: int

    @property
    def passed(self) -> bool:
        return not any(group.severity is Severity.ERROR for group in self.groups)

    def without(self, kind: str) -> "CheckReport":
        """The report as it were if there were no faults of one kind."""
        return replace(self, groups=tuple(group for group in self.groups if group.kind != kind))

    def to_dict(self) -> dict[str, Any]:
        return {
            "passed": self.passed,
            "listings": self.listings,
            "photos": self.photos,
            "faults": [
                {
                    "kind": group.kind,
                    "severity": group.severity.value,
                    "count": group.count,
                    "examples": list(group.examples),
                }
                for group in self.groups
            ],
        }


def check_dataset(
    dataset: Dataset,
    *,
    now: datetime,
    open_photos: bool = True,
    workers: int | None = None,
    progress: Progress = silent,
) -> CheckReport:
    """Look for everything that would spoil a training run or its figures.

    Args:
        now: the present, for times that cannot be.
        open_photos: False is quick, but neither finds broken photos nor near-duplicates among photos.
    """
    tables, unfit = _tables(dataset)
    groups = _Groups()
    groups.add(unfit)
    groups.add(_card_faults(dataset))
    photos = ShownPhotos(tuple(tables[name] for name in ("listings", "gallery") if name in tables))
    count = 0
    if "listings" in tables:
        ids = Keys.of(str(row["listing_id"]) for row in tables["listings"].only("listing_id"))
        groups.add(_row_faults(dataset, tables, ids, now))
        distinct = photos.distinct()
        count = len(distinct)
        groups.add(_checksum_faults(dataset, tables, distinct))
        fingerprints = (
            read_fingerprints(dataset.folder, distinct, workers=workers, progress=progress)
            if open_photos
            else Fingerprints.none()
        )
        groups.add(_photo_faults(dataset, tables, fingerprints))
        groups.add(_leak_faults(dataset, tables, fingerprints))
    return CheckReport(groups.found(), len(tables["listings"]) if "listings" in tables else 0, count)


def _tables(dataset: Dataset) -> tuple[dict[str, TableRows], list[Fault]]:
    """Every table that can be read and fits its schema, and what is wrong with the others."""
    rows: dict[str, TableRows] = {}
    faults: list[Fault] = []
    for name in TABLES:
        if name in _OPTIONAL and not (dataset.folder / f"{name}.parquet").exists():
            if name == "splits":
                faults.append(
                    Fault("no splits", "there is no splits.parquet; it cannot be trained on", Severity.WARNING)
                )
            continue
        try:
            wrong = [Fault(each.kind, f"{name}.{each.column} {each.problem}") for each in dataset.misfits(name)]
        except ValueError as error:
            faults.append(Fault("unreadable table", str(error)))
            continue
        faults += wrong
        if not wrong:
            rows[name] = TableRows(dataset, name)
    return rows, faults


def _card_faults(dataset: Dataset) -> Iterator[Fault]:
    for key in ("name", "digest", "checksums", *REQUIRED):
        if not dataset.card.get(key):
            yield Fault("card without a required key", key)


def _row_faults(dataset: Dataset, tables: Mapping[str, TableRows], ids: Keys, now: datetime) -> Iterator[Fault]:
    listings = tables["listings"]
    yield from listing_faults(listings, ids=ids, currencies=dataset.rates or default_rates(), now=now)
    if "shops" in tables:
        yield from shop_faults(tables["shops"], listings.only("shop_id"))
    if "labels" in tables:
        yield from label_faults(tables["labels"], ids)
        sound = SoundLabels(tables["labels"], ids)
        answered = Answered.by(sound, ids)
        yield from conflict_faults(listings.only("listing_id", "title", "description", "photos"), sound, answered)
        yield from giveaway_faults(listings, answered)
    if "splits" in tables:
        yield from split_faults(tables["splits"], listings.only("listing_id"), ids)
    yield from reference_faults(tables.get("gallery", ()))


def _checksum_faults(dataset: Dataset, tables: Iterable[str], photos: Names) -> Iterator[Fault]:
    stated = dataset.card.get("checksums", {})
    for name in tables:
        file = f"{name}.parquet"
        if stated.get(file) != file_checksum(dataset.folder / file):
            yield Fault(WRONG_CHECKSUM, f"{file} is not the file that the card describes")
    if stated.get("images") != photos_checksum(photos):
        yield Fault(WRONG_CHECKSUM, "images: the listings and the gallery show other photos than the card describes")
    if dataset.digest != dataset_digest(stated):
        yield Fault(WRONG_CHECKSUM, "digest: it is not that of the card's checksums")


def _photo_faults(dataset: Dataset, tables: Mapping[str, TableRows], fingerprints: Fingerprints) -> Iterator[Fault]:
    for name, path in _showing(tables):
        found = fingerprints.get(path)
        if isinstance(found, Fingerprint):
            continue
        if not (dataset.folder / path).is_file():
            yield Fault("missing photo", f"{name}: {path}")
        elif isinstance(found, str):
            yield Fault("broken photo", f"{name}: {path} {found}")


def _showing(tables: Mapping[str, TableRows]) -> Iterator[tuple[str, str]]:
    """Who shows which photo of the folder: listings by their ids, then the gallery."""
    for row in tables["listings"].only("listing_id", "photos"):
        yield from ((row["listing_id"], path) for path in shown(row) if is_inside(path))
    for row in tables.get("gallery", ()):
        yield from (("gallery", path) for path in shown(row) if is_inside(path))


def _leak_faults(dataset: Dataset, tables: Mapping[str, TableRows], fingerprints: Fingerprints) -> Iterator[Fault]:
    listings = tables["listings"]
    leaks = find_leaks(
        listings.only("listing_id", "shop_id", "listed_at"),
        KnownSplits.of(tables.get("splits", ())),
        operators={row["shop_id"]: row["operator_id"] for row in tables.get("shops", ())},
        likenesses=(
            photo_likeness(listings.only("photos"), fingerprints),
            text_likeness(listings.only("title", "description")),
        ),
        forward_in_time=bool(dataset.card.get("split", {}).get("forward_in_time")),
    )
    return (Fault(f"leak by {leak.kind}", str(leak)) for leak in leaks)


class _Groups:
    """Faults by their kind, as they come: how many, and the first few."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, Severity]] = Counter()
        self._examples: dict[tuple[str, Severity], list[str]] = {}

    def add(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            of = (fault.kind, fault.severity)
            self._counts[of] += fault.times
            examples = self._examples.setdefault(of, [])
            if len(examples) < _EXAMPLES:
                examples.append(fault.what)

    def found(self) -> tuple[Group, ...]:
        groups = [
            Group(kind, severity, count, tuple(self._examples[kind, severity]))
            for (kind, severity), count in self._counts.items()
        ]
        return tuple(sorted(groups, key=lambda group: (group.severity is Severity.WARNING, -group.count, group.kind)))
