"""How much a photo looks as if it had writing in it: a test that costs two milliseconds and asks for one of hundreds.

Along a line of writing, strokes follow one another: an edge to light is soon met by an edge to dark. Above and below it
they stop, which tells writing from stripes, knitwear and lace.

Shapes: H height, W width.
"""

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL.Image import Image

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

_SIDE: Final = 320
_EDGE: Final = 25.0  # grey levels over two pixels
_STROKE: Final = 6  # pixels from one edge to the other, at most
_LINE: Final = (8, 48)  # height and width of the window that a line is looked for in
_MARGIN: Final = 4  # height of the windows above and below it,
_GAP: Final = 2  # and their distance from it


def writing_hint(image: "Image") -> float:
    """How dense strokes are in the place most like a line, less those above or below it, from -1 to 1.

    Args:
        image: an RGB photo, measured at 320 pixels along its longer side where it is larger.
    """
    strokes_HW = _strokes(_grey(image)).astype(np.float32)
    (height, width), outside = _LINE, _MARGIN + _GAP
    if strokes_HW.shape[0] < height or strokes_HW.shape[1] < width:
        return -1.0
    framed_HW = np.pad(strokes_HW, ((outside, outside), (0, 0)))
    lines = _density(framed_HW, height, width)[outside:-outside]
    margins = _density(framed_HW, _MARGIN, width)
    below = height + outside + _GAP
    return float((lines - np.maximum(margins[: len(lines)], margins[below : below + len(lines)])).max())


def _grey(image: "Image") -> Floats:
    from PIL.Image import Resampling

    scale = _SIDE / max(image.size)
    if scale < 1:
        width, height = (max(1, round(side * scale)) for side in image.size)
        image = image.resize((width, height), Resampling.BILINEAR, reducing_gap=2.0)
    return np.asarray(image.convert("L"), dtype=np.float32)


def _strokes(grey_HW: Floats) -> Flags:
    """Pixels at an edge that the opposite edge follows to the right, within a stroke's width."""
    steps_HW = np.pad(grey_HW[:, 2:] - grey_HW[:, :-2], ((0, 0), (1, 1)))
    up_HW, down_HW = steps_HW > _EDGE, steps_HW < -_EDGE
    return (up_HW & _ahead(down_HW)) | (down_HW & _ahead(up_HW))


def _ahead(flags_HW: Flags) -> Flags:
    """Where a flag stands to the right, within a stroke's width."""
    found_HW = np.zeros_like(flags_HW)
    for reach in range(1, _STROKE + 1):
        found_HW[:, :-reach] |= flags_HW[:, reach:]
    return found_HW


def _density(values_HW: Floats, height: int, width: int) -> Floats:
    """The mean over every window, by the window's upper left corner."""
    sums: Floats = np.zeros((values_HW.shape[0] + 1, values_HW.shape[1] + 1), dtype=np.float32)
    np.cumsum(np.cumsum(values_HW, axis=0), axis=1, out=sums[1:, 1:])
    total = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    return np.asarray(total / (height * width), dtype=np.float32)
