"""Checks a dataset folder: card, schema, photos, ids, labels, prices, times, and leaks across its splits.

python -m training dataset check datasets/market
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from training.data.conflicts import conflict_faults
from training.data.duplicates import photo_likeness, text_likeness
from training.data.faults import (
    Fault,
    Severity,
    label_faults,
    listing_faults,
    reference_faults,
    shop_faults,
    sound_labels,
    split_faults,
)
from training.data.fingerprints import Fingerprint, read_fingerprints
from training.data.folder import REQUIRED, shown
from training.data.giveaways import giveaway_faults
from training.data.leaks import find_leaks
from training.progress import Progress, silent
from trueshelf.listings import Dataset, Split
from trueshelf.listings.checksums import dataset_digest, file_checksum, photos_checksum
from trueshelf.listings.currencies import default_rates
from trueshelf.listings.tables import TABLES, is_inside, misfits

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
    tables, faults = _tables(dataset)
    faults += _card_faults(dataset)
    listings = sorted(tables.get("listings", []), key=lambda row: str(row["listing_id"]))
    showing = _showing(listings, tables.get("gallery", ()))
    paths = sorted({path for _, path in showing})
    if "listings" in tables:
        faults += _row_faults(dataset, tables, listings, now)
        faults += _checksum_faults(dataset, tables, paths)
        fingerprints = (
            read_fingerprints(dataset.folder, paths, workers=workers, progress=progress) if open_photos else {}
        )
        faults += _photo_faults(dataset, showing, fingerprints)
        faults += _leak_faults(dataset, tables, listings, fingerprints)
    return CheckReport(_grouped(faults), len(listings), len(paths))


def _showing(listings: Sequence[Mapping[str, Any]], references: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Who shows which photo of the folder: listings by their ids, then the gallery."""
    shown_by = [(row["listing_id"], row) for row in listings] + [("gallery", row) for row in references]
    return [(name, path) for name, row in shown_by for path in shown(row) if is_inside(path)]


def _tables(dataset: Dataset) -> tuple[dict[str, list[dict[str, Any]]], list[Fault]]:
    """Rows of every table that can be read and fits its schema, and what is wrong with the others."""
    rows: dict[str, list[dict[str, Any]]] = {}
    faults: list[Fault] = []
    for name, schema in TABLES.items():
        if name in _OPTIONAL and not (dataset.folder / f"{name}.parquet").exists():
            if name == "splits":
                faults.append(
                    Fault("no splits", "there is no splits.parquet; it cannot be trained on", Severity.WARNING)
                )
            continue
        try:
            table = dataset.table_as_it_is(name)
        except ValueError as error:
            faults.append(Fault("unreadable table", str(error)))
            continue
        wrong = [Fault(each.kind, f"{name}.{each.column} {each.problem}") for each in misfits(table, schema)]
        faults += wrong
        if not wrong:
            rows[name] = table.to_pylist()
    return rows, faults


def _card_faults(dataset: Dataset) -> Iterator[Fault]:
    for key in ("name", "digest", "checksums", *REQUIRED):
        if not dataset.card.get(key):
            yield Fault("card without a required key", key)


def _row_faults(
    dataset: Dataset,
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
    listings: Sequence[Mapping[str, Any]],
    now: datetime,
) -> Iterator[Fault]:
    ids = {row["listing_id"] for row in listings}
    yield from listing_faults(listings, currencies=dataset.rates or default_rates(), now=now)
    if "shops" in tables:
        yield from shop_faults(tables["shops"], listings)
    if "labels" in tables:
        yield from label_faults(tables["labels"], ids)
        sound = sound_labels(tables["labels"], ids)
        yield from conflict_faults(listings, sound)
        yield from giveaway_faults(listings, sound)
    if "splits" in tables:
        yield from split_faults(tables["splits"], ids)
    yield from reference_faults(tables.get("gallery", ()))


def _checksum_faults(dataset: Dataset, tables: Iterable[str], paths: Sequence[str]) -> Iterator[Fault]:
    stated = dataset.card.get("checksums", {})
    for name in tables:
        file = f"{name}.parquet"
        if stated.get(file) != file_checksum(dataset.folder / file):
            yield Fault(WRONG_CHECKSUM, f"{file} is not the file that the card describes")
    if stated.get("images") != photos_checksum(paths):
        yield Fault(WRONG_CHECKSUM, "images: the listings and the gallery show other photos than the card describes")
    if dataset.digest != dataset_digest(stated):
        yield Fault(WRONG_CHECKSUM, "digest: it is not that of the card's checksums")


def _photo_faults(
    dataset: Dataset, showing: Sequence[tuple[str, str]], fingerprints: Mapping[str, Fingerprint | str]
) -> Iterator[Fault]:
    for name, path in showing:
        found = fingerprints.get(path)
        if isinstance(found, str) and (dataset.folder / path).is_file():
            yield Fault("broken photo", f"{name}: {path} {found}")
        elif not (dataset.folder / path).is_file():
            yield Fault("missing photo", f"{name}: {path}")


def _leak_faults(
    dataset: Dataset,
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
    listings: Sequence[Mapping[str, Any]],
    fingerprints: Mapping[str, Fingerprint | str],
) -> Iterator[Fault]:
    known = {split.value for split in Split}
    splits = {row["listing_id"]: Split(row["split"]) for row in tables.get("splits", ()) if row["split"] in known}
    leaks = find_leaks(
        listings,
        splits,
        operators={row["shop_id"]: row["operator_id"] for row in tables.get("shops", ())},
        likenesses=(photo_likeness(listings, fingerprints), text_likeness(listings)),
        forward_in_time=bool(dataset.card.get("split", {}).get("forward_in_time")),
    )
    return (Fault(f"leak by {leak.kind}", str(leak)) for leak in leaks)


def _grouped(faults: Iterable[Fault]) -> tuple[Group, ...]:
    groups: dict[tuple[str, Severity], list[str]] = {}
    for fault in faults:
        groups.setdefault((fault.kind, fault.severity), []).append(fault.what)
    found = [Group(kind, severity, len(what), tuple(what[:_EXAMPLES])) for (kind, severity), what in groups.items()]
    return tuple(sorted(found, key=lambda group: (group.severity is Severity.WARNING, -group.count, group.kind)))
