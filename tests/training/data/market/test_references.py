import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

from training.data.market import build_market
from training.data.market.offers import Offer, offers
from training.data.market.photos import Shot
from training.data.market.pictures import published, shots
from training.data.market.references import handed_in
from training.data.market.world import World, draw_world
from trueshelf.listings.references import Kind

DRAWN = "f102c4296361675201629f20344cfbe730fa8f239752048209c0d1e8391f52fd"
"""Of all that listings of the world below show; that a gallery is written beside them must not move it."""


def every_offer(world: World) -> list[Offer]:
    shops = (world.shop(operator, index) for operator in world.operators for index in operator.shops)
    return [offer for shop in shops for offer in offers(world, shop)]


def test_listings_show_the_same_whether_or_not_there_is_a_gallery() -> None:
    world, digest = draw_world(3, 40), hashlib.sha256()
    for offer in every_offer(world):
        digest.update(repr(shots(world, offer)).encode())
    assert digest.hexdigest() == DRAWN


def test_half_of_the_photos_that_listings_use_were_handed_in(tmp_path: Path) -> None:
    world = draw_world(3, 200)
    taken = [offer for offer in every_offer(world) if "stock_photo_reused" in offer.faults][:40]
    rows = [handed_in(world, offer, shown=1, photos=tmp_path) for offer in taken]
    assert 0.25 < np.mean([len(row) for row in rows]) < 0.75
    for offer, row in ((offer, row) for offer, each in zip(taken, rows, strict=True) for row in each.values()):
        assert row["kind"] == (Kind.GENUINE if offer.article.brand else Kind.STOCK)
        assert (row["brand"] is None) == (offer.article.brand is None)
        with Image.open(tmp_path / row["photo"]) as picture:
            assert min(picture.size) > 250


def test_a_published_photo_is_the_same_for_all_who_use_it_in_a_season() -> None:
    world = draw_world(3, 40)
    by_scene: dict[str, Shot] = {}
    for offer in every_offer(world):
        shot = published(world, offer, 0)
        assert by_scene.setdefault(shot.scene, shot) == shot
    assert len(by_scene) > 100


def test_a_market_has_known_photos_that_no_listing_shows_as_they_are(tmp_path: Path) -> None:
    built = build_market(tmp_path / "market", shops=6, seed=3, workers=1)
    references = built.references()
    shown = {photo.digest for listing in built.listings() for photo in listing.photos}
    assert references
    assert not shown & {reference.photo.digest for reference in references}
    built.verify()
