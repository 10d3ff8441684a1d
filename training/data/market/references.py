"""The gallery of the simulated marketplace: photos that makers and stock agencies handed in as they published them.

Whether a photo that listings use was handed in hangs on the photo alone, and not on who uses it, when, or for what; so
a listing's chance to show a known photo is the same in every part of a split. Photos that no listing uses are in the
gallery too, fewer of them: they can only be mistaken for others.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from training.data.folder import store_photo
from training.data.market import rates
from training.data.market.catalogue import brands
from training.data.market.draws import chance, draws
from training.data.market.offers import Offer
from training.data.market.photos import Shot, take
from training.data.market.pictures import published
from training.data.market.world import World
from trueshelf.listings.references import Kind


def handed_in(world: World, offer: Offer, *, shown: int, photos: Path) -> dict[str, dict[str, Any]]:
    """Rows of the gallery, by photo, that an offer gives cause for; the photos are stored under the folder `photos`.

    Args:
        shown: how many photos the offer shows.
    """
    paths = [store_photo(photos, take(shot)) for shot in _shots(world, offer, shown)]
    return {path: _row(offer, path) for path in paths}


def _shots(world: World, offer: Offer, shown: int) -> Iterator[Shot]:
    """Those published photos of what is offered that were handed in: of those that the offer shows, or of the first."""
    used = "stock_photo_reused" in offer.faults
    share = rates.HANDED_IN["in use" if used else "others"]
    for index in range(shown if used else 1):
        shot = published(world, offer, index)
        if chance(draws(world.seed, "handed in", shot.scene), share):
            yield shot


def _row(offer: Offer, path: str) -> dict[str, Any]:
    slug = offer.article.brand
    brand = None if slug is None else brands()[slug].name
    month = rates.START + timedelta(days=offer.day // rates.SEASON_DAYS * rates.SEASON_DAYS)
    return {
        "photo": path,
        "kind": Kind.GENUINE.value if brand else Kind.STOCK.value,
        "brand": brand,
        "source": f"{brand or 'agency'}, {offer.article.model}, {month:%Y-%m-%d}",
    }
