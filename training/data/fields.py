"""What the cells of an imported table mean: answers, times, splits. Each refuses what it does not know.

Prices are in `training.data.amounts`.
"""

import re
from collections.abc import Collection
from datetime import UTC, datetime

from training.data.amounts import NOTHING
from trueshelf.listings import Answer, Certification, Head, Provenance, Split

_YES = {"yes", "y", "true", "t", "1", "1.0", "positive"}
_NO = {"no", "n", "false", "f", "0", "0.0", "negative"}
_UNKNOWN = NOTHING | {"unknown", "unsure", "undecided", "?"}

_WORDS = {
    Head.COUNTERFEIT: (
        {"fake", "counterfeit", "replica", "inauthentic", "not authentic", "imitation", "knockoff"},
        {"original", "genuine", "authentic", "real", "legit", "not counterfeit"},
    ),
    Head.LOW_QUALITY: (
        {"low", "low_quality", "low quality", "bad", "poor"},
        {"high", "good", "fine", "ok", "high quality"},
    ),
}

_SPLITS = {split.value: split for split in Split} | {
    "training": Split.TRAIN,
    "val": Split.VALIDATION,
    "valid": Split.VALIDATION,
    "dev": Split.VALIDATION,
    "cal": Split.CALIBRATION,
    "testing": Split.TEST,
}

_EPOCH = re.compile(r"\d{10}(\d{3})?")


def parse_answer(text: str, head: Head, *, positive: Collection[str] = (), negative: Collection[str] = ()) -> Answer:
    """The answer that a cell gives to a head's question; `positive` and `negative` come before the usual words.

    Raises:
        ValueError: the cell is none of the known words.
    """
    word = text.strip().casefold()
    if word in {value.strip().casefold() for value in positive}:
        return Answer.YES
    if word in {value.strip().casefold() for value in negative}:
        return Answer.NO
    own_yes, own_no = _WORDS[head]
    if word in _YES | own_yes:
        return Answer.YES
    if word in _NO | own_no:
        return Answer.NO
    if word in _UNKNOWN:
        return Answer.UNKNOWN
    raise ValueError(f"{text!r} is neither a yes nor a no; name it with --positive {text!r} or --negative {text!r}")


def parse_time(text: str) -> datetime | None:
    """A time in ISO 8601 (UTC where it names no zone) or in seconds or milliseconds since 1970; None for a word for
    nothing.

    Raises:
        ValueError: it is neither, or lies outside the years 1 to 9999.
    """
    plain = text.strip()
    if plain.casefold() in NOTHING:
        return None
    if _EPOCH.fullmatch(plain):
        return datetime.fromtimestamp(int(plain) / (1000 if len(plain) == 13 else 1), tz=UTC)
    try:
        time = datetime.fromisoformat(plain)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a time such as 2025-03-31T12:00:00Z") from None


def parse_provenance(text: str) -> Provenance:
    """Where a label comes from.

    Raises:
        ValueError: there is no such provenance.
    """
    try:
        return Provenance(re.sub(r"[ -]", "_", text.strip().casefold()))
    except ValueError:
        raise ValueError(f"{text!r} is not one of {', '.join(Provenance)}") from None


def parse_certification(text: str) -> Certification | None:
    """How far a shop was checked; None for a word for nothing but "none", which says that it was not.

    Raises:
        ValueError: there is no such certification.
    """
    word = text.strip().casefold()
    if word in NOTHING - {Certification.NONE}:
        return None
    try:
        return Certification(word)
    except ValueError:
        raise ValueError(f"{text!r} is not one of {', '.join(Certification)}") from None


def parse_split(text: str) -> Split:
    """A part of a dataset by its name or a usual short form.

    Raises:
        ValueError: there is no such part.
    """
    try:
        return _SPLITS[text.strip().casefold()]
    except KeyError:
        raise ValueError(f"{text!r} is not one of {', '.join(split.value for split in Split)}") from None
