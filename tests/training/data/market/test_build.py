import hashlib
from pathlib import Path

import pytest

from training.data.market import build_market, simulate
from training.data.market.world import draw_world
from training.data.splits import PARTS
from trueshelf.listings import Answer, Dataset, Provenance, Split
from trueshelf.listings.images import decode

SHOPS = 3
ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return build_market(tmp_path_factory.mktemp("market"), shops=SHOPS, seed=3, workers=1)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_in_any_number_of_processes(built: Dataset, tmp_path: Path) -> None:
    again = build_market(tmp_path / "again", shops=SHOPS, seed=3, workers=2)
    assert again.digest == built.digest
    assert _digests(again.folder) == _digests(built.folder)
    assert build_market(tmp_path / "other", shops=2, seed=4, workers=1).digest != built.digest


def test_every_listing_has_photos_that_decode_a_split_and_both_labels(built: Dataset) -> None:
    listings = list(built.listings())
    labels = built.labels()
    splits = built.splits()
    assert len(labels) == 2 * len(listings)
    assert {label.provenance for label in labels} == {Provenance.SIMULATED}
    assert {label.answer for label in labels} <= set(Answer)
    assert set(splits) == {listing.id for listing in listings}
    assert set(splits.values()) <= {*PARTS, Split.EXCLUDED}
    for listing in listings:
        assert listing.photos
        for photo in listing.photos:
            assert hashlib.sha256(photo.read()).hexdigest() == photo.digest
            assert decode(photo.read()).width >= 60


def test_labels_come_after_listings(built: Dataset) -> None:
    listed = {listing.id: listing.listed_at for listing in built.listings()}
    for label in built.labels():
        before = listed[label.listing_id]
        assert before is not None
        assert label.labelled_at is not None
        assert label.labelled_at > before


def test_the_card_says_that_it_is_generated(built: Dataset) -> None:
    assert built.card["generated"] is True
    assert built.rates["USD"] == 1.0
    card = (built.folder / "README.md").read_text(encoding="utf-8")
    assert "Everything in this dataset is generated" in card
    assert card == (ROOT / "datasets" / "market" / "README.md").read_text(encoding="utf-8")


def test_there_is_no_market_without_shops(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one shop, not 0"):
        build_market(tmp_path, shops=0, seed=0, workers=1)


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_market_of_small_shops_has_more_sellers_for_as_many_listings() -> None:
    large, small = (
        simulate(draw_world(3, shops, listings_per_shop=each), photos=None) for shops, each in ((20, 8.0), (100, 1.6))
    )
    assert len(large.shops) == 20
    assert len(small.shops) == 100
    assert 0.6 < len(small.listings) / len(large.listings) < 1.6


@pytest.mark.parametrize("listings_per_shop", [0.5, 46.0, float("nan")])
def test_listings_a_shop_are_at_least_one_and_not_endless(listings_per_shop: float) -> None:
    with pytest.raises(ValueError, match=f"must be from 1 to 45, not {listings_per_shop}"):
        draw_world(3, 5, listings_per_shop=listings_per_shop)
