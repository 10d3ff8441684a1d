"""What the photos of a request cost, read from their headers: a photo of 100 kB can have 25 million pixels."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from serving.classify.wire import Refused
from trueshelf.listings import Listing, Photo
from trueshelf.listings.images import ImageError, ImageLimits, read_header

MAX_PIXELS = 500_000_000
"""Of all photos of one request: what the largest listing may have, and some more."""

CHUNK_LISTINGS = 8
CHUNK_PHOTOS = 16
CHUNK_PIXELS = 16_000_000
"""What is judged before another request gets its turn; the encoders gain little from more at once."""

_REDUCED = 4  # a JPEG that is decoded at a fraction of its size costs at most a quarter of what others do

Costs = Mapping[str, int]
"""Pixels to decode by a photo's digest."""


@dataclass(slots=True)
class Chunk:
    """Listings that are judged together."""

    listings: list[Listing] = field(default_factory=list)
    photos: int = 0
    pixels: int = 0

    @property
    def is_large(self) -> bool:
        """Whether it takes longer than others would like to wait; such a chunk is a single listing."""
        return self.pixels > CHUNK_PIXELS

    def takes(self, listing: Listing, pixels: int) -> bool:
        """Whether a listing can go with those that are here."""
        return not self.listings or (
            len(self.listings) < CHUNK_LISTINGS
            and self.photos + len(listing.photos) <= CHUNK_PHOTOS
            and self.pixels + pixels <= CHUNK_PIXELS
        )

    def add(self, listing: Listing, pixels: int) -> None:
        self.listings.append(listing)
        self.photos += len(listing.photos)
        self.pixels += pixels


def costs_of(items: Sequence[Listing | Refused]) -> dict[str, int]:
    """What each photo of the listings costs; nothing where its header is broken, for then nothing is decoded."""
    photos = {photo.digest: photo for item in items if isinstance(item, Listing) for photo in item.photos}
    return {digest: _cost(photo) for digest, photo in photos.items()}


def refuse_beyond(items: Sequence[Listing | Refused], costs: Costs) -> list[Listing | Refused]:
    """Refuse the listings from whose photos on a request has more than `MAX_PIXELS`; what still fits is kept."""
    kept: list[Listing | Refused] = []
    left = MAX_PIXELS
    for item in items:
        answer, left = _within(item, costs, left) if isinstance(item, Listing) else (item, left)
        kept.append(answer)
    return kept


def chunks(listings: Sequence[Listing], costs: Costs) -> Iterator[Chunk]:
    """The listings in order, in chunks that each cost about as much."""
    chunk = Chunk()
    for listing in listings:
        pixels = _total(listing, costs)
        if not chunk.takes(listing, pixels):
            yield chunk
            chunk = Chunk()
        chunk.add(listing, pixels)
    if chunk.listings:
        yield chunk


def _within(listing: Listing, costs: Costs, left: int) -> tuple[Listing | Refused, int]:
    """The listing and what its photos leave; where they need more than is left, a refusal that takes nothing."""
    after = left
    for place, photo in enumerate(listing.photos):
        after -= costs[photo.digest]
        if after < 0:
            message = f"the photos of the request have more than {MAX_PIXELS} pixels; send the listing in another one"
            return Refused(listing.id, f"photos[{place}]", message), left
    return listing, after


def _total(listing: Listing, costs: Costs) -> int:
    return sum(costs[photo.digest] for photo in listing.photos)


def _cost(photo: Photo) -> int:
    try:
        header = read_header(photo.read(), limits=ImageLimits())
    except (ImageError, OSError):
        return 0
    return header.width * header.height // (_REDUCED if header.reducible else 1)
