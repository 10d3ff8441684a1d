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
    size, grid = spec.size, view.grid
    padding = (round(spec.mean[0] * 255), round(spec.mean[1] * 255), round(spec.mean[2] * 255))
    pixels_vssc = np.empty((view.count, size, size, 3), dtype=np.uint8)
    pixels_vssc[0] = np.asarray(squared(image, size, padding=padding))
    if grid:
        large = np.asarray(squared(image, grid * size, padding=padding))
        pixels_vssc[1:] = large.reshape(grid, size, grid, size, 3).swapaxes(1, 2).reshape(-1, size, size, 3)
    return pixels_vssc


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
