"""All signals of a listing, and everything found on the way."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from trueshelf.listings import Listing
from trueshelf.models.sight import Sight
from trueshelf.models.signals import inscriptions, layout, marks, names, photos, prices, reuse, shop, variety, words
from trueshelf.models.signals.spec import Readings, SignalSpec
from trueshelf.models.signals.tables import Tables
from trueshelf.models.signals.writing import Writing

SIGNALS: Final[tuple[SignalSpec, ...]] = (
    *names.SPECS,
    *words.SPECS,
    *prices.SPECS,
    *layout.SPECS,
    *photos.SPECS,
    *inscriptions.SPECS,
    *variety.SPECS,
    *reuse.SPECS,
    *shop.SPECS,
    *marks.SPECS,
)
"""All signals; their order is the vector's order."""


def measure(listing: Listing, sights: Sequence[Sight], tables: Tables) -> Readings:
    """All signals and findings of a listing.

    Args:
        sights: what is seen in each of the listing's photos, in order.
    """
    writing = Writing.of(listing)
    named = names.measure_names(writing, tables.brands)
    parts = (
        named,
        words.measure_words(writing, tables.lexicon),
        prices.measure_prices(listing, writing, brands=tables.brands, prices=tables.prices, rates=tables.rates),
        layout.measure_layout(listing, writing, brands_claimed=named.values["brands_claimed"]),
        photos.measure_photos(listing, [sight.facts_Q for sight in sights]),
        inscriptions.measure_inscriptions(writing, sights, brands=tables.brands, lexicon=tables.lexicon),
        variety.measure_variety(sights),
        reuse.measure_reuse(listing, sights, tables.gallery),
        shop.measure_shop(listing, writing, brands=tables.brands),
        marks.measure_marks(writing, [sight.marks for sight in sights], tables.brands),
    )
    values = {name: value for part in parts for name, value in part.values.items()}
    return Readings(
        np.array([values[signal.name] for signal in SIGNALS], dtype=np.float32),
        tuple(found for part in parts for found in part.findings),
    )
