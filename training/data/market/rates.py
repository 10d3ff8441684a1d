"""Every rate of the simulated marketplace. `datasets/market/README.md` explains them; a test keeps the two in step."""

from datetime import UTC, datetime

START = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 365

# The proportions of a counterfeit marketplace as investigators found it: suppliers, operators behind shops, shops.
SUPPLIERS, OPERATORS, SHOPS = 1_640, 61_330, 180_000
SHOPS_PER_COUNTERFEITER = SHOPS / OPERATORS
OPERATORS_PER_SUPPLIER = OPERATORS / SUPPLIERS

COUNTERFEITERS = 0.092
"""Share of operators; their shops are a fifth of all."""
SHOPS_PER_HONEST = 1.15

HONEST_KINDS = {"general": 0.43, "used": 0.17, "outlet": 0.10, "official": 0.10, "unbranded": 0.11, "accessory": 0.09}
"""What honest operators live on."""

LISTINGS_PER_SHOP = 8.0
LISTINGS_SPREAD = 0.7
"""Standard deviation of the logarithm of a shop's listings."""
MOST_LISTINGS = 90

FAKES_OF_COUNTERFEITER = 0.70
"""Share of a counterfeiter's listings; the rest is genuine or bears no brand."""
UNKNOWING_SHOPS = 0.03
"""Honest operators that sell some fakes without knowing it."""
FAKES_OF_UNKNOWING = 0.2

SHORT_STAY = 0.85
"""Operators whose listings all fall in one to eight weeks; the others stay for three to ten months."""

# What each kind of operator offers when it is not offering fakes: branded new, used, outlet, unbranded, accessories.
GOODS = {
    "counterfeit": {"new": 0.42, "used": 0.08, "outlet": 0.10, "unbranded": 0.25, "accessory": 0.15},
    "general": {"new": 0.60, "used": 0.03, "outlet": 0.15, "unbranded": 0.14, "accessory": 0.08},
    "used": {"new": 0.08, "used": 0.85, "outlet": 0.02, "unbranded": 0.05, "accessory": 0.0},
    "outlet": {"new": 0.15, "used": 0.0, "outlet": 0.75, "unbranded": 0.07, "accessory": 0.03},
    "official": {"new": 0.86, "used": 0.0, "outlet": 0.14, "unbranded": 0.0, "accessory": 0.0},
    "unbranded": {"new": 0.05, "used": 0.0, "outlet": 0.0, "unbranded": 0.88, "accessory": 0.07},
    "accessory": {"new": 0.07, "used": 0.0, "outlet": 0.0, "unbranded": 0.08, "accessory": 0.85},
}

STUDIO = {
    "counterfeit": 0.36,
    "general": 0.38,
    "used": 0.06,
    "outlet": 0.40,
    "official": 0.85,
    "unbranded": 0.40,
    "accessory": 0.40,
}
"""How many operators photograph as professionals do."""

CERTIFICATION = {  # none, basic, depth
    "counterfeit": (0.42, 0.42, 0.16),
    "official": (0.02, 0.18, 0.80),
    "honest": (0.34, 0.44, 0.22),
}

LANGUAGES = {"en": 0.28, "zh": 0.20, "es": 0.13, "pt": 0.10, "id": 0.09, "th": 0.07, "vi": 0.07, "ru": 0.06}
CURRENCIES = {
    "en": ("USD", "USD", "GBP", "EUR"),
    "zh": ("CNY",),
    "es": ("MXN", "MXN", "EUR"),
    "pt": ("BRL",),
    "id": ("IDR",),
    "th": ("THB",),
    "vi": ("VND",),
    "ru": ("RUB",),
}
USD_PER_UNIT = {
    "USD": 1.0,
    "EUR": 1.09,
    "GBP": 1.27,
    "CNY": 0.139,
    "MXN": 0.0525,
    "BRL": 0.178,
    "IDR": 0.0000614,
    "THB": 0.0292,
    "VND": 0.0000394,
    "RUB": 0.0111,
}

FAULTY = 0.18
"""Listings with a fault of their own making."""
SECOND_FAULT = 0.1
FAULTS = {
    "blurred": 0.17,
    "tiny": 0.12,
    "watermarked": 0.17,
    "stock_photo_reused": 0.11,
    "title_stuffed": 0.14,
    "title_empty": 0.08,
    "description_missing": 0.11,
    "description_copied": 0.10,
}
COPIED_FROM_MAKER = 0.5
"""Copied descriptions that are the maker's own text; the others are another shop's."""

UNKNOWN_LABELS = 0.05
LABEL_DAYS = (2, 45)

BADGES = 0.05
"""Photos with a price tag or ribbon, which is no watermark."""
NEARLY_FAULTY = 0.06
"""Photos that are a little soft, and as many that are a little small, without being at fault."""

PHOTO_COUNTS = {1: 0.70, 2: 0.20, 3: 0.07, 4: 0.03}
FIRST_VIEW = {"whole": 0.55, "turned": 0.22, "detail": 0.20, "hidden": 0.03}
FURTHER_VIEW = {"whole": 0.15, "turned": 0.30, "detail": 0.42, "hidden": 0.13}
STOCKED = (4, 2)
"""Articles that a counterfeiter stocks: so many, and so many more for each shop."""
SHARED_PHOTOS = 0.4
"""Photos of a counterfeiter, or of an honest operator with several shops, that all its shops may use."""


SEASON_DAYS = 30
"""How long a maker's photos and texts are in use; who takes them does so while they are new."""

HANDED_IN = {"in use": 0.5, "others": 0.1}
"""Makers' photos that a dataset's gallery holds: of those that listings use, and of those of what is offered at the
time that no listing uses, which can only be mistaken for others."""
STOLEN_PHOTOS = (0.10, 0.22)
"""Counterfeits shown in the maker's photos: of the most careless, and of the most careful."""
CLOSE_PRICE = (0.12, 0.28)
"""Counterfeits priced close to the genuine at the start and at the end of the year; care adds up to 0.2."""
GRADES = (1.7, 2.3)
"""Beta distribution of suppliers' grades: 0 is the crudest copy, 1 the finest."""

# What counterfeiters let slip: the chance for the most careful of them, and for the most careless.
EUPHEMISM_IN_TITLE = (0.14, 0.48)
EUPHEMISM_IN_DESCRIPTION = (0.14, 0.46)
DISGUISED_BRAND = (0.10, 0.40)
EUPHEMISM_BENT = 0.15
"""Euphemisms in capitals, misspelt, or with gaps between the letters."""
CODED = {"counterfeit": 0.45, "genuine": 0.025}
"""Sentences such as "ask for real photos before you order"."""
CHATTER = {
    "counterfeit": {"care": 0.25, "assurance": 0.45, "collision": 0.05, "used": 0.05, "outlet": 0.12},
    "genuine": {"care": 0.30, "assurance": 0.25, "collision": 0.08, "used": 0.0, "outlet": 0.0},
}
"""Sentences that prove nothing; a collision is an innocent "replica", "1:1", "AAA" or "mirror"."""
RECASED_BRAND = 0.16
MISTYPED_BRAND = {"new": 0.02, "used": 0.10}
BRAND_FIELD = {"counterfeit": (0.60, 0.18), "genuine": (0.82, 0.06)}
"""Brand fields with the right name, and with the title's spelling; the others name no brand."""
CONDITION_IN_TITLE = 0.65
AUTHORISED_IN_TITLE = 0.35
SCALE_IN_TITLE = 0.7
ADMITS_USE = 0.85
OWN_NAME_ONLY = {"unbranded": 0.0, "accessory": 0.1}
"""Accessories whose title names the brand without "for"."""
TITLE_TAILS = ((0, 1, 2, 5), (0.45, 0.34, 0.17, 0.04))
TERSE = 0.08
"""Descriptions of one line."""


def later(day: float, first: float, last: float) -> float:
    """A rate that moves from `first` at the start of the year to `last` at its end."""
    return first + (last - first) * min(max(day / DAYS, 0.0), 1.0)
