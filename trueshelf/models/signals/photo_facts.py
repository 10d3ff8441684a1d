"""Facts of a single photo, measured on a grey copy of `SIDE` pixels along its longer side, so that cameras compare.

Shapes: H height, W width, Q facts.
"""

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from trueshelf.listings import DecodedPhoto
from trueshelf.models.signals.spec import Floats

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE: Final = 320

PHOTO_FACTS: Final = (
    "width",  # pixels of the original, upright
    "height",
    "bytes_per_pixel",
    "sharpness",  # ln(1 + variance of the Laplacian), Pech-Pacheco et al. (2000)
    "edge_strength",  # 99.5th percentile of the Laplacian's size by the range of grey
    "dark",  # 95th percentile of grey
    "bright",  # 5th percentile of grey
    "contrast",  # standard deviation of grey
    "background",  # share of the outermost pixels within ±6 of their median
    "bars",  # share of the height that is even bars at top and bottom with a straight inner edge
    "bars_inked",  # the same, of bars that have some writing in them
    "seam",  # largest share of a straight line across the middle that is an edge
    "blockiness",  # steps every eight pixels by steps elsewhere; NaN where pixels are not the original's
    "watermark",  # evenness of thin half-transparent marks, see `_watermark`
    "colourfulness",  # mean distance between the colour channels
)
"""The names of a photo's facts, in the order of the array that `inspect_photo` gives."""


def inspect_photo(photo: DecodedPhoto) -> Floats:
    """The facts of one photo, float32 [Q] in the order of `PHOTO_FACTS`."""
    small = _shrunk(photo)
    colour_HWC = np.asarray(small, dtype=np.float32)
    grey_HW = np.asarray(small.convert("L"), dtype=np.float32)
    laplacian_HW = _laplacian(grey_HW)
    low, five, ninety_five, high = np.percentile(grey_HW, (1, 5, 95, 99))
    strongest = float(np.percentile(np.abs(laplacian_HW), 99.5))
    bars, inked = _bars(grey_HW)
    facts = {
        "width": photo.width,
        "height": photo.height,
        "bytes_per_pixel": photo.content_bytes / (photo.width * photo.height),
        "sharpness": math.log1p(float(laplacian_HW.var())),
        "edge_strength": strongest / max(float(high - low), 8.0),
        "dark": ninety_five,
        "bright": five,
        "contrast": grey_HW.std(),
        "background": _background(grey_HW),
        "bars": bars,
        "bars_inked": inked,
        "seam": _seam(grey_HW),
        "blockiness": _blockiness(photo),
        "watermark": _watermark(grey_HW),
        "colourfulness": _colourfulness(colour_HWC),
    }
    return np.array([facts[name] for name in PHOTO_FACTS], dtype=np.float32)


def _shrunk(photo: DecodedPhoto) -> "Image":
    from PIL.Image import Resampling

    scale = SIDE / max(photo.image.size)
    if scale >= 1:
        return photo.image
    width, height = (max(1, round(side * scale)) for side in photo.image.size)
    return photo.image.resize((width, height), Resampling.BILINEAR, reducing_gap=2.0)


def _colourfulness(colour_HWC: Floats) -> float:
    """Mean distance between the strongest and the weakest channel, from 0 (grey) to 1."""
    red, green, blue = colour_HWC[..., 0], colour_HWC[..., 1], colour_HWC[..., 2]
    strongest = np.maximum(np.maximum(red, green), blue)
    return float(np.mean(strongest - np.minimum(np.minimum(red, green), blue))) / 255


def _laplacian(grey_HW: Floats) -> Floats:
    """The four-neighbour Laplacian of the inner pixels; zero where there are none."""
    if min(grey_HW.shape) < 3:
        return np.zeros((1, 1), dtype=np.float32)
    centre = grey_HW[1:-1, 1:-1]
    around = grey_HW[:-2, 1:-1] + grey_HW[2:, 1:-1] + grey_HW[1:-1, :-2] + grey_HW[1:-1, 2:]
    return around - 4 * centre


def _background(grey_HW: Floats) -> float:
    """How much of the outermost pixels is one tone: 1 on a plain ground."""
    edge = np.concatenate([grey_HW[0], grey_HW[-1], grey_HW[:, 0], grey_HW[:, -1]])
    return float(np.mean(np.abs(edge - np.median(edge)) <= 6))


def _bars(grey_HW: Floats) -> tuple[float, float]:
    """Shares of the height that are bars of one tone at top and bottom: all, and those with writing in them."""
    bars = [_bar(grey_HW), _bar(grey_HW[::-1])]
    return sum(share for share, _ in bars), sum(share for share, ink in bars if 0.005 <= ink <= 0.3)


def _bar(grey_HW: Floats) -> tuple[float, float]:
    """The height of the even bar at the top as a share, and the share of it that is not of its tone; zeros without one.

    A bar ends where most of a row changes at once; a plain ground behind an article does not.
    """
    height = grey_HW.shape[0]
    differs_HW = np.abs(grey_HW - np.median(grey_HW[0])) > 10
    even_H = differs_HW.mean(axis=1) <= 0.3
    end = int(np.argmin(even_H))  # the first row that is not even, or 0 where all are
    if not 2 <= end <= 0.3 * height:
        return 0.0, 0.0
    jump_W = np.abs(grey_HW[min(end + 1, height - 1)] - grey_HW[end - 2])
    if (jump_W > 12).mean() < 0.5:
        return 0.0, 0.0
    return end / height, float(differs_HW[: end - 1].mean())


def _seam(grey_HW: Floats) -> float:
    """The largest share of a row's or column's length, in the middle three fifths, that is an edge across it."""
    return max(_upright_seam(grey_HW), _upright_seam(grey_HW.T))


def _upright_seam(grey_HW: Floats) -> float:
    width = grey_HW.shape[1]
    middle_HW = grey_HW[:, width // 5 : width - width // 5]
    if middle_HW.shape[1] < 4:
        return 0.0
    return float((np.abs(middle_HW[:, 2:] - middle_HW[:, :-2]) > 14).mean(axis=0).max())


def _blockiness(photo: DecodedPhoto) -> float:
    """Steps between 8×8 blocks by steps within them, 1 without blocks (after Wang, Sheikh and Bovik, 2002).

    NaN where the photo was decoded at another size than its own, for then its blocks are no longer eight pixels.
    """
    if photo.image.size != (photo.width, photo.height) or min(photo.image.size) < 64:
        return math.nan
    left, top = (max(0, side - 512) // 2 for side in photo.image.size)
    crop = photo.image.crop((left, top, left + min(512, photo.width), top + min(512, photo.height))).convert("L")
    grey_HW = np.asarray(crop, dtype=np.float32)
    return float(np.mean([_steps_by_phase(grey_HW), _steps_by_phase(grey_HW.T)]))


def _steps_by_phase(grey_HW: Floats) -> float:
    steps_W = np.abs(np.diff(grey_HW, axis=1)).mean(axis=0)
    phases_8 = np.array([np.median(steps_W[phase::8]) for phase in range(8)])  # one seam is no grid
    return float((phases_8.max() + 1) / (np.sort(phases_8)[:-1].mean() + 1))  # steps below one grey level are noise


def _watermark(grey_HW: Floats) -> float:
    """How much of the even ground carries thin marks that cover it by half, as writing laid over a photo does.

    Top hats of both polarities (opening and closing over 7 pixels); a mark's opacity is its height by what full ink
    would give. Weak evidence on its own: prints and patterns look alike.
    """
    grey = grey_HW.astype(np.uint8)
    return max(_thin_marks(grey), _thin_marks(255 - grey))


def _thin_marks(grey_HW: npt.NDArray[np.uint8]) -> float:
    """Share of the even ground under thin marks that are lighter and let 25 to 85 % of it through."""
    if min(grey_HW.shape) < 32:
        return 0.0
    opened = _extreme(_extreme(grey_HW, 7, np.minimum), 7, np.maximum)
    even = _extreme(opened, 13, np.maximum) - _extreme(opened, 13, np.minimum) < 14
    height = (grey_HW - opened).astype(np.float32)
    opacity = height / np.maximum(255.0 - opened, 30.0)
    marks = even & (height > 8) & (opacity > 0.15) & (opacity < 0.75)
    return float(marks.sum() / max(int(even.sum()), grey_HW.size // 10))


def _extreme(grey_HW: npt.NDArray[np.uint8], size: int, choose: "np.ufunc") -> npt.NDArray[np.uint8]:
    """The running minimum or maximum over squares of `size` pixels, by doubling steps along each axis."""
    padded = np.pad(grey_HW, size // 2, mode="edge")
    for _axis in range(2):
        reach = 1
        while reach < size:
            step = min(reach, size - reach)
            padded = choose(padded[:-step], padded[step:])
            reach += step
        padded = padded.T
    return padded
