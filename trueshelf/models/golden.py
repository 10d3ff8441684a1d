"""Golden listings: a few inputs that travel in the bundle with the answers it gave when it was made."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from trueshelf.listings import Listing
from trueshelf.listings.tables import LISTINGS_WITH_SHOP, listing_to_row, listings_from_table
from trueshelf.models.manifest import BundleError
from trueshelf.models.verdict import ItemError, Scored

Score = Callable[[Sequence[Listing]], list[Scored | ItemError]]
Answers = Mapping[str, Mapping[str, float]]

FOLDER = "golden"
TOLERANCE: Mapping[str, float] = {"fp32": 1e-4, "int8": 2e-2}
"""How far a probability may be off on another machine; int8 kernels round differently from processor to processor."""


def write_listings(folder: Path, listings: Sequence[Listing]) -> None:
    """Write golden listings and their photos into the bundle in `folder`."""
    images = folder / FOLDER / "images"
    images.mkdir(parents=True, exist_ok=True)
    rows = []
    for listing in listings:
        for photo in listing.photos:
            (images / photo.digest).write_bytes(photo.read())
        rows.append(listing_to_row(listing, photos=[f"images/{photo.digest}" for photo in listing.photos]))
    pq.write_table(pa.Table.from_pylist(rows, schema=LISTINGS_WITH_SHOP), folder / FOLDER / "listings.parquet")


def read_listings(folder: Path) -> list[Listing]:
    """The golden listings of the bundle in `folder`."""
    table = pq.read_table(folder / FOLDER / "listings.parquet")
    return list(listings_from_table(table, folder=folder / FOLDER))


def write_answers(folder: Path, answers: Mapping[str, Answers]) -> None:
    """Write what each precision answers, as `answers_of` gives it."""
    (folder / FOLDER / "expected.json").write_text(json.dumps(answers, indent=1), encoding="utf-8")


def answers_of(score: Score, listings: Sequence[Listing]) -> Answers:
    """Every golden listing's probability of each head.

    Raises:
        BundleError: a listing has no verdict.
    """
    answers = {}
    for scored in score(listings):
        if isinstance(scored, ItemError):
            raise BundleError(f"golden listing {scored.listing_id} has no verdict: {scored.field}: {scored.message}")
        answers[scored.listing_id] = {head.value: verdict.probability for head, verdict in scored.verdict.heads.items()}
    return answers


def self_test(folder: Path, score: Score, *, precision: str) -> None:
    """Score the golden listings and compare.

    Raises:
        BundleError: an answer differs by more than the precision's tolerance.
    """
    expected = json.loads((folder / FOLDER / "expected.json").read_text(encoding="utf-8"))[precision]
    found = answers_of(score, read_listings(folder))
    for listing_id, heads in expected.items():
        for head, probability in heads.items():
            answer = found.get(listing_id, {}).get(head, float("nan"))
            if not abs(answer - probability) <= TOLERANCE[precision]:
                raise BundleError(
                    f"golden listing {listing_id}, head {head}, {precision}: the bundle answers {answer:.6f}, "
                    f"but answered {probability:.6f} when it was made"
                )
