"""Which photos a gallery holds, and what they are known as."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from training.data.folder import write_dataset
from training.data.parts import Part, read_parts
from training.gallery import STOCK_FROM, Collection, kept
from trueshelf.listings import Listing, Photo, Reference, Split
from trueshelf.listings.references import Kind
from trueshelf.models.gallery import NOBODY, Imprint
from trueshelf.models.perception import Percept
from trueshelf.models.sight import Sight

START = datetime(2025, 1, 1, tzinfo=UTC)
CARD = {"source": "test", "licence": "none", "made": "by hand"}


@pytest.fixture
def part(tmp_path: Path) -> Part:
    """Eight listings of two photos: a fake, a genuine article, one that nobody judged, and so on."""
    days = (5, 1, 9, 3, 2, 8, 7, 4)
    listings: list[dict[str, Any]] = [
        {"listing_id": str(row), "title": "bag", "photos": ["a.jpg", "b.jpg"], "listed_at": START + timedelta(days=day)}
        for row, day in enumerate(days)
    ]
    labels = [
        {"listing_id": str(row), "head": "counterfeit", "answer": ("yes", "no", "unknown")[row % 3]}
        | {"provenance": "reviewer"}
        for row in range(len(days))
    ]
    splits = [{"listing_id": str(row), "split": "train"} for row in range(len(days))]
    dataset = write_dataset(tmp_path, name="eight", card=CARD, listings=listings, labels=labels, splits=splits)
    return read_parts(dataset)[Split.TRAIN]


@pytest.mark.parametrize(
    ("most", "rows"),
    [
        (100, [0, 1, 3, 4, 6, 7]),
        (10, [0, 3, 4, 6, 7]),
        (6, [0, 3, 6]),
        (5, [0, 6]),
        (2, [6]),
        (1, []),
        (-3, []),
    ],
)
def test_fakes_and_then_the_latest_listings_have_a_place(part: Part, most: int, rows: list[int]) -> None:
    assert kept(part, most=most).tolist() == rows


def sight(seed: int) -> Sight:
    rng = np.random.default_rng(seed)
    noise = Image.fromarray(rng.integers(0, 255, (12, 12, 3), dtype=np.uint8)).resize((240, 240))
    return Sight(rng.standard_normal((1, 16)).astype(np.float32), np.zeros(1, np.float32), imprint=Imprint.of(noise))


def listed(known: Collection, seed: int, shop: str, answer: int) -> None:
    """A listing that shows the picture of a number."""
    seen = sight(seed)
    listing = Listing(id=f"{shop} {seed}", shop_id=shop, photos=(Photo.of(str(seed).encode()),))
    percept = Percept(seen.views_VD[None], (seen,), None)
    known.add_listings([listing], [percept], np.array([[answer, 0]]))


@pytest.mark.parametrize("sellers", [STOCK_FROM - 1, STOCK_FROM])
def test_what_many_sellers_show_for_anything_is_a_stock_photo(sellers: int) -> None:
    known = Collection({})
    for seller in range(sellers):
        listed(known, 1, f"shop {seller}", seller % 2)
    listed(known, 2, "shop 0", 1)
    kinds = [entry.kind for entry in known.gallery().entries]
    assert (kinds[:-1] == [Kind.STOCK] * sellers) == (sellers == STOCK_FROM)
    assert kinds[-1] is Kind.FAKE


def test_references_are_no_sellers_and_keep_their_kind() -> None:
    known, seen = Collection({}), sight(1)
    reference = Reference(Photo.of(b"1"), Kind.GENUINE, "Nike", "Nike, spring")
    known.add_references([reference], [Percept(seen.views_VD[None], (seen,), None)])
    for seller in range(STOCK_FROM):
        listed(known, 1, f"shop {seller}", seller % 2)
    first, *others = known.gallery().entries
    assert (first.kind, first.name, first.brand, first.group) == (Kind.GENUINE, "Nike, spring", "Nike", NOBODY)
    assert {entry.kind for entry in others} == {Kind.STOCK}


def test_photos_without_detail_and_listings_that_nobody_judged_are_left_out() -> None:
    known = Collection({})
    listed(known, 1, "shop", -1)
    flat = Imprint.of(Image.new("RGB", (200, 200), (90, 90, 90)))
    seen = Sight(np.ones((1, 16), np.float32), np.zeros(1, np.float32), imprint=flat)
    reference = Reference(Photo.of(b"1"), Kind.STOCK, None, "agency")
    known.add_references([reference], [Percept(seen.views_VD[None], (seen,), None)])
    assert len(known.gallery()) == 0
