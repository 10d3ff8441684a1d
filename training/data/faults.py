"""What can be wrong with the rows of a dataset's tables, taken by themselves."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from training.data.keys import Keys
from trueshelf.listings import Answer, Certification, Head, Provenance, Split
from trueshelf.listings.references import Kind
from trueshelf.listings.tables import is_inside

Row = Mapping[str, Any]

_EARLIEST_YEAR = 1995
_LABEL_WORDS: Mapping[str, Collection[str]] = {
    "head": {head.value for head in Head},
    "answer": {answer.value for answer in Answer},
    "provenance": {provenance.value for provenance in Provenance},
}


class Severity(StrEnum):
    """Whether a dataset with such a fault may be trained on."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        kind: what kind of thing, for grouping; a few words.
        what: the thing itself, with its id and its value.
        times: how many such things there are, of which this one is told.
    """

    kind: str
    what: str
    severity: Severity = Severity.ERROR
    times: int = 1


def listing_faults(
    listings: Iterable[Row], *, ids: Keys, currencies: Collection[str], now: datetime
) -> Iterator[Fault]:
    """Faults of listings.

    Args:
        ids: those of all listings.
        currencies: codes with a known rate.
        now: no listing is later than a day from now.
    """
    repeated = _Repeated(ids)
    for listing in listings:
        name = listing["listing_id"]
        if not name:
            yield Fault("listing without id", f"a listing titled {listing['title']!r}")
        elif repeated(name):
            yield Fault("duplicate listing id", name)
        if not listing["title"] and not listing["photos"]:
            yield Fault("listing with neither title nor photo", name)
        for field in ("price", "list_price"):
            yield from _price_faults(name, field, listing, currencies)
        for path in listing["photos"] or ():
            if not is_inside(path):
                yield Fault("photo outside the dataset", f"{name}: {path}")
        yield from _time_faults(name, listing["listed_at"], now)


class _Repeated:
    """Tells names that were there before; only those that come again are kept."""

    def __init__(self, names: Keys) -> None:
        self._names = names
        self._again = bool((names.counts_D > 1).any())
        self._seen: set[str] = set()

    def __call__(self, name: str) -> bool:
        if not self._again or self._names.counts_D[self._names.place(name)] == 1:
            return False
        before = name in self._seen
        self._seen.add(name)
        return before


def shop_faults(shops: Iterable[Row], listings: Iterable[Row]) -> Iterator[Fault]:
    """Faults of shops, and of the shops that listings name."""
    seen: set[str] = set()
    known = {certification.value for certification in Certification}
    for shop in shops:
        if shop["shop_id"] in seen:
            yield Fault("duplicate shop id", shop["shop_id"])
        seen.add(shop["shop_id"])
        if shop["certification"] is not None and shop["certification"] not in known:
            yield Fault("unknown certification", f"{shop['shop_id']}: {shop['certification']!r}")
    named = {listing["shop_id"] for listing in listings if listing["shop_id"] is not None}
    for shop_id in sorted(named - seen) if seen else ():
        yield Fault("shop without a row in shops", shop_id, Severity.WARNING)


def label_faults(labels: Iterable[Row], ids: Keys) -> Iterator[Fault]:
    """Faults of labels by themselves: words that are not known, listings that are not there."""
    answered = False
    for label in labels:
        for column, known in _LABEL_WORDS.items():
            if label[column] not in known:
                yield Fault(f"unknown {column}", f"{label['listing_id']}: {label[column]!r}")
        if label["listing_id"] not in ids:
            yield Fault("label of an unknown listing", str(label["listing_id"]))
        else:
            answered |= words_known(label) and label["answer"] != Answer.UNKNOWN.value
    if not answered:
        yield Fault("no labels", "no listing has an answer other than unknown")


def words_known(label: Row) -> bool:
    """Whether a label's words are among those that Trueshelf knows."""
    return all(label[column] in known for column, known in _LABEL_WORDS.items())


def split_faults(splits: Iterable[Row], listings: Iterable[Row], ids: Keys) -> Iterator[Fault]:
    """Faults of the table of splits; leaks are found elsewhere."""
    known = {split.value for split in Split}
    there = Keys.of(str(row["listing_id"]) for row in splits)
    repeated, filled = _Repeated(there), set()
    for row in splits:
        name = row["listing_id"]
        filled.add(row["split"])
        if row["split"] not in known:
            yield Fault("unknown split", f"{name}: {row['split']!r}")
        if repeated(name):
            yield Fault("listing in two splits", name)
        elif name not in ids:
            yield Fault("split of an unknown listing", name)
    for listing in listings:
        if listing["listing_id"] not in there:
            yield Fault("listing in no split", str(listing["listing_id"]))
    for split in (Split.TRAIN, Split.VALIDATION, Split.CALIBRATION, Split.TEST):
        if split.value not in filled:
            yield Fault("empty split", split.value, Severity.WARNING)


def reference_faults(references: Iterable[Row]) -> Iterator[Fault]:
    """Faults of photos that are known beforehand."""
    known = {kind.value for kind in Kind}
    seen: dict[str, str] = {}
    for row in references:
        path, kind = row["photo"], row["kind"]
        if not is_inside(path):
            yield Fault("photo outside the dataset", f"gallery: {path}")
        if kind not in known:
            yield Fault("unknown kind of known photo", f"{path}: {kind!r}")
        if seen.setdefault(path, kind) != kind:
            yield Fault("known photo of two kinds", f"{path}: {seen[path]} and {kind}")


def _price_faults(name: str, field: str, listing: Row, currencies: Collection[str]) -> Iterator[Fault]:
    amount, currency = listing[f"{field}_amount"], listing[f"{field}_currency"]
    if amount is not None and (not math.isfinite(amount) or amount < 0):
        yield Fault("price that is no amount", f"{name}: {field} {amount}")
    if amount is not None and currency is None:
        yield Fault("price without currency", f"{name}: {field} {amount}")
    if currency is not None and currency not in currencies:
        yield Fault("unknown currency", f"{name}: {field} in {currency!r}")


def _time_faults(name: str, listed_at: datetime | None, now: datetime) -> Iterator[Fault]:
    if listed_at is not None and not (listed_at.year >= _EARLIEST_YEAR and listed_at <= now + timedelta(days=1)):
        yield Fault("improbable time", f"{name}: listed at {listed_at.isoformat()}", Severity.WARNING)
