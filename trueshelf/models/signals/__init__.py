"""Signals: what can be measured on a listing and explained to people, as one vector and as findings.

    names    brands claimed, fitted, imitated; disguised letters
    words    euphemisms for copies, assurances; whether they are denied, contact past the marketplace
    prices   price by the usual one, discount
    layout   form of title and description
    inscriptions  what is written in photos: contact, euphemisms, brands
    variety  whether several photos show the article in several ways
    photos   size, sharpness, light, compression, bars, seams, watermarks
    reuse    photos that are known from elsewhere: of fakes, of others' genuine goods, stock
    shop     age, certification, authorisations and history, as of the listing
    marks    the claimed brand's mark, how well it is made; marks of other brands

Thresholds are in `spec.LIMITS`, words in `lexicon.toml`.
"""

from trueshelf.models.signals.lexicon import Lexicon
from trueshelf.models.signals.measure import SIGNALS, measure
from trueshelf.models.signals.photo_facts import PHOTO_FACTS, inspect_photo
from trueshelf.models.signals.prices import PriceTable
from trueshelf.models.signals.spec import LIMITS, Finding, Limit, Readings, SignalSpec
from trueshelf.models.signals.tables import Tables

__all__ = [
    "LIMITS",
    "PHOTO_FACTS",
    "SIGNALS",
    "Finding",
    "Lexicon",
    "Limit",
    "PriceTable",
    "Readings",
    "SignalSpec",
    "Tables",
    "inspect_photo",
    "measure",
]
