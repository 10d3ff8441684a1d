"""What is known before a listing is seen: brands, usual prices, rates and words."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from trueshelf.listings import BrandTable, Listing, default_rates
from trueshelf.models.gallery import Gallery
from trueshelf.models.signals.lexicon import Lexicon
from trueshelf.models.signals.prices import PriceTable


@dataclass(frozen=True, slots=True)
class Tables:
    """What `measure` looks up; part of the bundle.

    Attributes:
        rates: US dollars for one unit of each currency.
        gallery: known photos; they are kept in a file of their own, and `to_json` leaves them out.
    """

    brands: BrandTable
    prices: PriceTable
    rates: Mapping[str, float]
    lexicon: Lexicon = field(default_factory=Lexicon.default)
    gallery: Gallery = field(default_factory=Gallery, compare=False)

    @classmethod
    def fit(
        cls, listings: Iterable[Listing], *, rates: Mapping[str, float] | None = None, brands: BrandTable | None = None
    ) -> "Tables":
        """Usual prices from training listings; rates and brands are the package's where none are given."""
        rates = dict(rates or default_rates())
        brands = brands or BrandTable.default()
        return cls(brands, PriceTable.fit(listings, brands=brands, rates=rates), rates)

    def to_json(self) -> str:
        content = {
            "brands": self.brands.to_dict(),
            "prices": self.prices.to_dict(),
            "rates": dict(self.rates),
            "lexicon": self.lexicon.to_dict(),
        }
        return json.dumps(content, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Tables":
        """The inverse of `to_json`.

        Raises:
            ValueError: the text is no such table.
        """
        try:
            content: dict[str, Any] = json.loads(text)
            return cls(
                BrandTable.from_dict(content["brands"]),
                PriceTable.from_dict(content["prices"]),
                {str(code): float(rate) for code, rate in content["rates"].items()},
                Lexicon.from_dict(content["lexicon"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"the tables lack or garble {error}") from error
