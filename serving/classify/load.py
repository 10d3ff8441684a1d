"""What work takes: the sizes by which batches are cut, queues are bounded, and turns are shared out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from serving.classify.pixels import Costs
from trueshelf.listings import Listing

_PHOTO: Final = 1.0
_PIXEL: Final = 1 / 4_000_000
_TEXT: Final = 0.3
_CHARACTER: Final = 1 / 2_000


@dataclass(frozen=True, slots=True)
class Load:
    """What some listings take.

    Attributes:
        characters: of their texts.
        content: bytes of their photos that lie in memory until they are judged.
    """

    listings: int = 0
    photos: int = 0
    pixels: int = 0
    characters: int = 0
    content: int = 0

    @classmethod
    def of(cls, listing: Listing, costs: Costs) -> "Load":
        """What one listing takes, given what each of its photos does."""
        return cls(
            listings=1,
            photos=len(listing.photos),
            pixels=sum(costs[photo.digest] for photo in listing.photos),
            characters=len(listing.title) + len(listing.description),
            content=sum(len(photo.source) for photo in listing.photos if isinstance(photo.source, bytes)),
        )

    def __add__(self, other: "Load") -> "Load":
        return Load(*(mine + theirs for mine, theirs in zip(self.sizes, other.sizes, strict=True)))

    def __sub__(self, other: "Load") -> "Load":
        return Load(*(mine - theirs for mine, theirs in zip(self.sizes, other.sizes, strict=True)))

    @property
    def sizes(self) -> tuple[int, ...]:
        return (self.listings, self.photos, self.pixels, self.characters, self.content)

    @property
    def cost(self) -> float:
        """About how long it takes, in photos of ordinary size."""
        return self.photos * _PHOTO + self.pixels * _PIXEL + self.listings * _TEXT + self.characters * _CHARACTER

    def within(self, most: "Load") -> bool:
        """Whether no size is above that of `most`."""
        return all(mine <= theirs for mine, theirs in zip(self.sizes, most.sizes, strict=True))


def total(loads: Iterable[Load]) -> Load:
    """What several take together."""
    return sum(loads, start=Load())
