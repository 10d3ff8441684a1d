"""Where in a photo a verdict comes from: parts of it are blurred in turn, and the model answers again.

Blurring takes the detail away and leaves colour and light, so that what is measured is the loss of what was there and
not the arrival of a grey square (Fong & Vedaldi, "Interpretable explanations of black boxes by meaningful
perturbation", ICCV 2017). Every window covers two by two cells, and a cell's heat is the mean over its windows (after
the occlusion maps of Zeiler & Fergus, "Visualizing and understanding convolutional networks", ECCV 2014).

Shapes: G cells along each side, W windows along each side (G + 1).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trueshelf.listings import Head, Listing, Photo
from trueshelf.listings.images import ImageError, decode
from trueshelf.models.bundle import Bundle
from trueshelf.models.verdict import ItemError

if TYPE_CHECKING:
    from PIL.Image import Image

Floats = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]
"""Left, top, right and bottom as shares of a photo's width and height."""

CELLS = 6

_SIDE = 768
"""Larger photos are made this large first: the encoders' closest views show no more."""

_BLUR = 0.08
"""Radius of the blur as a share of the longer side."""


@dataclass(frozen=True, slots=True)
class Heatmap:
    """How much of a head's log-odds hangs on each part of one photo.

    Attributes:
        log_odds: of the head's "yes" with the whole photo.
        heat_GG: by how much they fall when a cell is blurred, by row and column; below zero where the cell speaks
            against "yes".
    """

    photo: int
    head: Head
    log_odds: float
    heat_GG: Floats

    @property
    def hottest(self) -> Box:
        """The cell that says most for "yes"."""
        cells = len(self.heat_GG)
        row, column = divmod(int(self.heat_GG.argmax()), cells)
        return column / cells, row / cells, (column + 1) / cells, (row + 1) / cells


def heatmaps(bundle: Bundle, listing: Listing, photo: int, *, cells: int = CELLS) -> dict[Head, Heatmap]:
    """A map for every head of one of a listing's photos; costs (cells + 1)² + 1 verdicts.

    Raises:
        ValueError: there is no such photo, or it cannot be decoded; or the listing cannot be judged.
    """
    if not 0 <= photo < len(listing.photos):
        raise ValueError(f"listing {listing.id} has no photos[{photo}]: it has {len(listing.photos)}")
    image = small(listing.photos[photo])
    windows = [window for row in range(cells + 1) for window in _row_of_windows(row, cells)]
    pictures = [image, *(blurred(image, [window]) for window in windows)]
    log_odds_NH = log_odds_of(bundle, [with_photo(listing, photo, picture) for picture in pictures])
    return {
        head: Heatmap(photo, head, float(log_odds_NH[0, place]), _heat(log_odds_NH[:, place], cells))
        for place, head in enumerate(Head)
    }


def log_odds_of(bundle: Bundle, listings: Sequence[Listing]) -> Floats:
    """Calibrated log-odds [N, H] of every listing.

    Raises:
        ValueError: a listing cannot be judged.
    """
    rows = []
    for answer in bundle.score(listings):
        if isinstance(answer, ItemError):
            raise ValueError(f"listing {answer.listing_id}, {answer.field}: {answer.message}")
        rows.append([float(bundle.judgement.calibrators[head].log_odds(answer.logits[head])) for head in Head])
    return np.array(rows).reshape(-1, len(Head))


def small(photo: Photo) -> "Image":
    """A photo, decoded and not larger than it needs to be.

    Raises:
        ValueError: it cannot be decoded.
    """
    from PIL.Image import Resampling

    try:
        image = decode(photo.read()).image
    except (ImageError, OSError) as error:
        raise ValueError(f"the photo {photo.digest[:12]}… cannot be looked at: {error}") from error
    image.thumbnail((_SIDE, _SIDE), Resampling.BICUBIC)
    return image


def blurred(image: "Image", boxes: Sequence[Box]) -> "Image":
    """The picture with some boxes blurred."""
    from PIL import ImageFilter

    veil = image.filter(ImageFilter.GaussianBlur(_BLUR * max(image.size)))
    covered = image.copy()
    for box in boxes:
        left, top, right, bottom = _pixels(box, image.size)
        covered.paste(veil.crop((left, top, right, bottom)), (left, top))
    return covered


def with_photo(listing: Listing, photo: int, image: "Image") -> Listing:
    """The listing with another picture in the place of one photo, kept without loss."""
    out = BytesIO()
    image.save(out, "PNG", compress_level=1)
    photos = list(listing.photos)
    photos[photo] = Photo.of(out.getvalue())
    return replace(listing, photos=tuple(photos))


def _row_of_windows(row: int, cells: int) -> list[Box]:
    """Windows of two by two cells, those at an edge cut off by it."""
    span = [(max(0, place - 1) / cells, min(cells, place + 1) / cells) for place in range(cells + 1)]
    return [(left, span[row][0], right, span[row][1]) for left, right in span]


def _heat(log_odds_N: Floats, cells: int) -> Floats:
    """The mean loss over the four windows that cover each cell."""
    loss_WW = (log_odds_N[0] - log_odds_N[1:]).reshape(cells + 1, cells + 1)
    heat_GG: Floats = (loss_WW[:-1, :-1] + loss_WW[1:, :-1] + loss_WW[:-1, 1:] + loss_WW[1:, 1:]) / 4
    return heat_GG


def _pixels(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    width, height = size
    left, top, right, bottom = box
    return round(left * width), round(top * height), round(right * width), round(bottom * height)
