"""What the photos of a request cost, read from their headers: a photo of 100 kB can have 25 million pixels."""

from collections.abc import Mapping, Sequence

from serving.classify.wire import Refused
from trueshelf.listings import Listing, Photo
from trueshelf.listings.images import ImageError, ImageLimits, read_header

MAX_PIXELS = 500_000_000
"""Of all photos of one request: what the largest listing may have, and some more."""

CHUNK_LISTINGS = 1
CHUNK_PHOTOS = 16
CHUNK_PIXELS = 16_000_000
"""What is judged together before another request gets its turn. On a processor nothing is gained by more listings at
once, and each would be answered when the last of them is."""

_REDUCED = 4  # a JPEG that is decoded at a fraction of its size costs at most a quarter of what others do

Costs = Mapping[str, int]
"""Pixels to decode by a photo's digest."""


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


def _within(listing: Listing, costs: Costs, left: int) -> tuple[Listing | Refused, int]:
    """The listing and what its photos leave; where they need more than is left, a refusal that takes nothing."""
    after = left
    for place, photo in enumerate(listing.photos):
        after -= costs[photo.digest]
        if after < 0:
            message = f"the photos of the request have more than {MAX_PIXELS} pixels; send the listing in another one"
            return Refused(listing.id, f"photos[{place}]", message), left
    return listing, after


def _cost(photo: Photo) -> int:
    try:
        header = read_header(photo.read(), limits=ImageLimits())
    except (ImageError, OSError):
        return 0
    return header.width * header.height // (_REDUCED if header.reducible else 1)
