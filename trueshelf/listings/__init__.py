"""Listings, shops, labels and photos: the records that everything else is about."""

from trueshelf.listings.brands import Brand, BrandTable, Mention, MentionKind
from trueshelf.listings.currencies import check_currency, default_rates, in_dollars
from trueshelf.listings.dataset import Dataset, Split
from trueshelf.listings.images import DecodedPhoto, ImageError, ImageLimits, decode
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
from trueshelf.listings.references import Reference
from trueshelf.listings.text import normalise, skeleton

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
