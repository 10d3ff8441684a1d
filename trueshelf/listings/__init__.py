"""Listings, shops, labels and photos: the records that everything else is about."""

from trueshelf.listings.dataset import Dataset, Split
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
    "Head",
    "Label",
    "Listing",
    "Money",
    "Photo",
    "Provenance",
    "Shop",
    "Split",
]
