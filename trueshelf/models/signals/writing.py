"""A listing's texts, prepared once for all signals that read them."""

from dataclasses import dataclass

from trueshelf.listings import Listing
from trueshelf.listings.text import Reading, read

LONGEST_TITLE = 400
LONGEST_DESCRIPTION = 2_000
"""Characters that are read; what comes later in a text is rarely about the article and would only cost time."""


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
            read(listing.title[:LONGEST_TITLE]),
            read(listing.description[:LONGEST_DESCRIPTION]),
            read((listing.brand or "")[:LONGEST_TITLE]),
            (listing.category or "")[:LONGEST_TITLE],
        )

    @property
    def fields(self) -> tuple[tuple[str, Reading], ...]:
        """The texts by the names of their fields."""
        return ("title", self.title), ("description", self.description), ("brand", self.brand)
