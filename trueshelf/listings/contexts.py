"""What was known of the shop at each listing of a dataset, as the marketplace's pipeline would send it along.

This is the only place that turns a dataset's shops and labels into what a model may see of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa

from trueshelf.listings.histories import Histories
from trueshelf.listings.records import Listing, Shop, ShopContext

_NOTHING = ShopContext()


@dataclass(frozen=True, slots=True)
class ShopContexts:
    """What was known of the shops of a dataset at each of its listings.

    Attributes:
        shops: by id.
    """

    shops: Mapping[str, Shop]
    histories: Histories

    @classmethod
    def of(cls, listings: pa.Table, shops: Mapping[str, Shop], labels: pa.Table | None) -> "ShopContexts":
        """From columns listing_id, shop_id and listed_at of all listings, and a `LABELS` table where there is one."""
        return cls(shops, Histories.of(listings, labels))

    def at(self, row: int, shop_id: str | None, listed_at: datetime | None) -> ShopContext | None:
        """What was known of its shop when the listing in a row of the table came in; None for nothing."""
        registered = _registered(self.shops.get(shop_id or ""), listed_at)
        context = _with_history(registered, self.histories, row)
        return None if context == _NOTHING else context

    def completed(self, listing: Listing, row: int) -> Listing:
        """The listing of a row with what was known of its shop."""
        return replace(listing, shop=self.at(row, listing.shop_id, listing.listed_at))


def _registered(shop: Shop | None, listed_at: datetime | None) -> ShopContext:
    """What the register says of a shop; a registration after the listing was not known then."""
    if shop is None:
        return _NOTHING
    registered_at = shop.registered_at
    if registered_at is not None and listed_at is not None and registered_at > listed_at:
        registered_at = None
    return ShopContext(
        registered_at=registered_at, certification=shop.certification, authorised_brands=shop.authorised_brands
    )


def _with_history(context: ShopContext, histories: Histories, row: int) -> ShopContext:
    if not histories.known_N[row]:
        return context
    counterfeit_N, genuine_N = histories.counterfeit_N, histories.genuine_N
    return replace(
        context,
        listings=int(histories.listings_N[row]),
        listings_30_days=int(histories.recent_N[row]),
        found_counterfeit=None if counterfeit_N is None else int(counterfeit_N[row]),
        found_genuine=None if genuine_N is None else int(genuine_N[row]),
    )
