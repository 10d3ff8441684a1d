"""Training listings of which some have lost what was known of their shop, as some of a pipeline's will lack it."""

import hashlib
from dataclasses import dataclass, replace

from training.data.parts import Part
from trueshelf.listings import Listing, ShopContext


def forgetful(part: Part, share: float) -> Part:
    """The same listings; of `share` of them nothing is known of the shop, and of as many more not its history."""
    return replace(part, listings=replace(part.listings, taken_as=Forgetting(share)))


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Forgets the shop of some listings, drawn by their ids, so that any order of them gives the same."""

    share: float

    def __call__(self, listing: Listing) -> Listing:
        drawn = _drawn(listing.id)
        if listing.shop is None or drawn >= 2 * self.share:
            return listing
        return replace(listing, shop=None if drawn < self.share else _registration(listing.shop))


def _registration(shop: ShopContext) -> ShopContext:
    return replace(shop, listings=None, listings_30_days=None, found_counterfeit=None, found_genuine=None)


def _drawn(listing_id: str) -> float:
    """A number from 0 to 1 that is always the same for an id."""
    digest = hashlib.sha256(f"shop/{listing_id}".encode(errors="replace")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
