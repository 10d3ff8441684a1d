"""Listings, shops, labels and photos: the records that everything else is about.

The records are there at once; whatever needs arrays or tables is imported when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from trueshelf.listings.records import (
    Answer,
    Certification,
    Head,
    Label,
    Listing,
    Money,
    Photo,
    Provenance,
    Shop,
    ShopContext,
)

if TYPE_CHECKING:
    from trueshelf.listings.brands import Brand, BrandTable, Mention, MentionKind
    from trueshelf.listings.currencies import check_currency, default_rates, in_dollars
    from trueshelf.listings.dataset import Dataset, Split
    from trueshelf.listings.images import DecodedPhoto, ImageError, ImageLimits, decode
    from trueshelf.listings.references import Reference
    from trueshelf.listings.text import normalise, skeleton
else:
    _NAMES = {
        "brands": ("Brand", "BrandTable", "Mention", "MentionKind"),
        "currencies": ("check_currency", "default_rates", "in_dollars"),
        "dataset": ("Dataset", "Split"),
        "images": ("DecodedPhoto", "ImageError", "ImageLimits", "decode"),
        "references": ("Reference",),
        "text": ("normalise", "skeleton"),
    }
    _HOMES = {name: module for module, names in _NAMES.items() for name in names}

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        return found


__all__ = [
    "Answer",
    "Brand",
    "BrandTable",
    "Certification",
    "Dataset",
    "DecodedPhoto",
    "Head",
    "ImageError",
    "ImageLimits",
    "Label",
    "Listing",
    "Mention",
    "MentionKind",
    "Money",
    "Photo",
    "Provenance",
    "Reference",
    "Shop",
    "ShopContext",
    "Split",
    "check_currency",
    "decode",
    "default_rates",
    "in_dollars",
    "normalise",
    "skeleton",
]
