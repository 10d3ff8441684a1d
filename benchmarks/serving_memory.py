"""What it costs to score a listing again: as it was, at another price, with another word; with the same photos.

    python -m benchmarks.serving_memory [--model VERSION|ALIAS|DIR] [--dataset DIR] [--json] [--quick]

Each figure is a share of what judging the listing costs the same model where it remembers nothing, measured in turns.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.arguments import parsed
from serving.classify.model import Predict, load_model
from serving.classify.remembering import Memory
from training.measuring import dataset_of
from training.registry import resolve
from training.settings import Settings, silence
from trueshelf.listings import Listing, Money, Split

Change = Callable[[Listing], Listing]


def _same(listing: Listing) -> Listing:
    return listing


def _repriced(listing: Listing) -> Listing:
    price = listing.price or Money(10, "USD")
    return replace(listing, price=Money(price.amount * 1.1 + 0.01, price.currency))


def _reworded(listing: Listing) -> Listing:
    return replace(listing, title=f"{listing.title} new")


CHANGES: Final[Mapping[str, Change]] = {"as it was": _same, "another price": _repriced, "another word": _reworded}
"""What a seller does to a listing without touching its photos."""

_BYTES: Final = 2**30


def main() -> None:
    """Measure, and print a table or one object."""
    arguments = parsed(__doc__, quick="24 listings instead of 200", model=True)
    silence()
    model = resolve(arguments.model, Settings.read())
    dataset = dataset_of(model, arguments.dataset)
    splits = dataset.splits()
    test = (each for each in dataset.listings() if splits[each.id] is Split.TEST and each.photos)
    with TemporaryDirectory() as scratch:
        found = rescored(model.folder, list(islice(test, 24 if arguments.quick else 200)), Path(scratch))
    rows = "\n".join(
        f"{name:16}{share:8.2%} of what it costs where nothing is remembered" for name, share in found.items()
    )
    sys.stdout.write((json.dumps(found) if arguments.json else rows) + "\n")


def rescored(bundle: Path, listings: Sequence[Listing], scratch: Path) -> dict[str, float]:
    """By change, the median over listings with photos of what judging it costs as a share of what it costs a model that
    remembers nothing; and the same for a first look with all that is then put down, `first`.

    Raises:
        RuntimeError: an answer is another than that of the model that remembers nothing.
    """
    memory = Memory(scratch / "memory", most_bytes=_BYTES, looked_up=lambda *_: None)
    try:
        bare, remembering = load_model(bundle).predict, load_model(bundle, memory=memory).predict
        with_photos = [each for each in listings if each.photos]
        bare(with_photos[:1])
        return shares(with_photos, bare, remembering, settle=memory.settle)
    finally:
        memory.close()


def shares(
    listings: Sequence[Listing], bare: Predict, remembering: Predict, *, settle: Callable[[], None]
) -> dict[str, float]:
    """See `rescored`; `settle` waits until all that was seen is put down."""
    found: dict[str, list[float]] = {name: [] for name in ("first", *CHANGES)}
    for listing in listings:
        whole = _seconds(bare, bare, listing)
        found["first"].append(_seconds(remembering, bare, listing) / whole)
        settle()
        for name, change in CHANGES.items():
            found[name].append(_seconds(remembering, bare, change(listing)) / whole)
            settle()
    return {name: median(each) for name, each in found.items()}


def _seconds(predict: Predict, bare: Predict, listing: Listing) -> float:
    started = time.perf_counter()
    answers = predict([listing])
    seconds = time.perf_counter() - started
    if predict is not bare and list(answers) != list(bare([listing])):
        raise RuntimeError(f"listing {listing.id!r} is answered otherwise where more is remembered")
    return seconds


if __name__ == "__main__":
    main()
