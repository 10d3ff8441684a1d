"""Listings, shops, labels and photos: the records that everything else is about."""

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
)

__all__ = [
    "Answer",
    "Certification",
    "Dataset",
    "DecodedPhoto",
    "Head",
    "ImageError",
    "ImageLimits",
    "Label",
    "Listing",
    "Money",
    "Photo",
    "Provenance",
    "Shop",
    "Split",
    "decode",
]
