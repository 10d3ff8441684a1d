"""A listing's texts, prepared once for all signals that read them."""

from dataclasses import dataclass

from trueshelf.listings import Listing
from trueshelf.listings.text import LONGEST_DESCRIPTION, LONGEST_TITLE, Reading, cut, read


@dataclass(frozen=True, slots=True)
class Writing:
    """A listing's title, description and brand field, cut to what is read."""

    title: Reading
    description: Reading
    brand: Reading
    category: str

    @classmethod
    def of(cls, listing: Listing) -> "Writing":
        return cls(
            read(cut(listing.title, LONGEST_TITLE)),
            read(cut(listing.description, LONGEST_DESCRIPTION)),
            read(cut(listing.brand or "", LONGEST_TITLE)),
            cut(listing.category or "", LONGEST_TITLE),
        )

    @property
    def fields(self) -> tuple[tuple[str, Reading], ...]:
        """The texts by the names of their fields."""
        return ("title", self.title), ("description", self.description), ("brand", self.brand)
