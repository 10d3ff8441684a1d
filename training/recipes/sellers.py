"""Who stands behind listings: whose listings no fold divides, and who counts once in a promise."""

from collections.abc import Mapping

from training.data.parts import Part
from training.hearing import Behind
from trueshelf.listings import Listing, Shop


def who(listing: Listing, shops: Mapping[str, Shop]) -> str | None:
    """Who stands behind a listing: its shop's operator, or else its shop; None where neither is known."""
    shop = shops.get(listing.shop_id or "")
    return shop.operator_id if shop and shop.operator_id else listing.shop_id


def behind(part: Part, shops: Mapping[str, Shop]) -> Behind:
    """Who stands behind some of a part's listings."""
    return lambda rows: [who(listing, shops) for listing in part.listings.take(rows)]
