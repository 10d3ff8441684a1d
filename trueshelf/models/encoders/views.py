"""A photo as an image encoder sees it: once as a whole and in tiles; the same code in training and behind HTTP.

Nothing is cut off: a mark in a corner decides. A photo up to 4:3 is stretched to the square: ImageNet training varies
the aspect ratio by as much, so the weights know it, and no part of the input is wasted. A longer photo is stretched as
far as that and then padded; stretched wholly, a 9:16 screenshot would lose the proportions that tell a wrong mark.

Legend: V views of a photo, S side of the encoder's square input.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trueshelf.models.encoders.spec import ImageSpec, ViewSpec

MAX_STRETCH = 4 / 3
# A photo that is far too large is first averaged down by whole factors to twice the size wanted: quicker, and as sharp.
REDUCING_GAP = 2.0


def views(image: Image.Image, spec: ImageSpec, view: ViewSpec) -> NDArray[np.float32]:
    """The whole photo and its tiles, normalised for the encoder: float32 [V,3,S,S].

    Args:
        image: an RGB photo, right way up.
    """
    return normalised(view_pixels(image, spec, view), spec)


def view_pixels(image: Image.Image, spec: ImageSpec, view: ViewSpec) -> NDArray[np.uint8]:
    """The whole photo, then its tiles row by row, not yet normalised: uint8 [V,S,S,3]."""
    size, padding = spec.size, neutral(spec)
    pictures = [squared(image, size, padding=padding)]
    if view.grid:
        large = squared(image, view.side(size), padding=padding)
        pictures += [large.crop(box) for box in tiles(size, view)]
    return np.stack([np.asarray(picture) for picture in pictures])


def tiles(size: int, view: ViewSpec) -> list[tuple[int, int, int, int]]:
    """Left, top, right and bottom of each tile of the enlarged photo, spread evenly from edge to edge."""
    room = view.side(size) - size
    starts = [round(index * room / max(1, view.grid - 1)) for index in range(view.grid)]
    return [(left, top, left + size, top + size) for top in starts for left in starts]


def neutral(spec: ImageSpec) -> tuple[int, int, int]:
    """The colour that the encoder takes for nothing."""
    red, green, blue = (round(255 * mean) for mean in spec.mean)
    return red, green, blue


def squared(image: Image.Image, side: int, *, padding: tuple[int, int, int]) -> Image.Image:
    """The photo in a square of `side` pixels, stretched by at most 4:3 and centred on `padding`."""
    longest = max(image.size)
    width, height = (max(1, round(side * min(1.0, MAX_STRETCH * length / longest))) for length in image.size)
    resized = image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=REDUCING_GAP)
    if (width, height) == (side, side):
        return resized
    square = Image.new("RGB", (side, side), padding)
    square.paste(resized, ((side - width) // 2, (side - height) // 2))
    return square


def normalised(pixels_vssc: NDArray[np.uint8], spec: ImageSpec) -> NDArray[np.float32]:
    """Pixels 0..255 [V,S,S,3] as the encoder's input [V,3,S,S]."""
    scale = (1 / (255 * np.asarray(spec.std))).astype(np.float32)
    shift = (np.asarray(spec.mean) / np.asarray(spec.std)).astype(np.float32)
    pixels_vcss = np.empty((len(pixels_vssc), 3, *pixels_vssc.shape[1:3]), dtype=np.float32)
    for channel in range(3):
        np.multiply(pixels_vssc[..., channel], scale[channel], out=pixels_vcss[:, channel])
        pixels_vcss[:, channel] -= shift[channel]
    return pixels_vcss
