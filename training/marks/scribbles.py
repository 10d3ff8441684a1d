"""Ink that is no brand's mark: words in a plain typeface, blots, strokes and simple figures.

Shapes: N scribbles, M side of a mark's canvas.
"""

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from training.marks.alterations import waves
from trueshelf.models.marks.geometry import CANVAS, MARK

_LETTERS = "AABCDEEEFGHIIKLMNNOOPRRSSTTUVWYZ"


def scribbles(count: int, seed: int = 0) -> Tensor:
    """As many, a third of each kind, each in the middle of its canvas [N,1,M,M]."""
    rng = np.random.default_rng(seed)
    drawn = [(_word, _strokes)[number % 2](rng) for number in range(count - count // 3)]
    flat = torch.from_numpy(np.stack(drawn)).float()[:, None] / 255
    return torch.cat([flat, _blots(count // 3, torch.Generator().manual_seed(seed))])


def _blots(count: int, random: torch.Generator) -> Tensor:
    ink = []
    for number in range(count):
        field = waves(1, CANVAS, 3 + number % 6, random)[..., 0]
        ink.append(((field - 0.25) * 12).clamp(0, 1))
    edge = torch.arange(CANVAS)
    inside = (edge >= (CANVAS - MARK) // 2) & (edge < (CANVAS + MARK) // 2)
    return torch.stack(ink) * (inside[:, None] & inside[None, :])


def _word(rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    letters = "".join(rng.choice(list(_LETTERS), int(rng.integers(2, 12))))
    text = letters if rng.random() < 0.5 else letters.capitalize()
    font = ImageFont.load_default(60)
    left, top, right, bottom = font.getbbox(text)
    picture = Image.new("L", (int(right - left) + 1, int(bottom - top) + 1))
    ImageDraw.Draw(picture).text((-left, -top), text, fill=255, font=font)
    return _centred(picture)


def _strokes(rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Bent lines, arcs, boxes and discs."""
    picture = Image.new("L", (256, 256))
    pen = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(1, 5))):
        width = int(rng.integers(4, 36))
        left, top = (int(each) for each in rng.integers(0, 150, 2))
        right, bottom = left + int(rng.integers(20, 105)), top + int(rng.integers(20, 105))
        kind = int(rng.integers(4))
        if kind == 0:
            points = [(int(x), int(y)) for x, y in rng.integers(0, 256, (int(rng.integers(2, 5)), 2))]
            pen.line(points, fill=255, width=width, joint="curve")
        elif kind == 1:
            start = int(rng.integers(360))
            pen.arc((left, top, right, bottom), start, start + int(rng.integers(40, 300)), fill=255, width=width)
        elif kind == 2:
            pen.rounded_rectangle((left, top, right, bottom), 6, outline=255, width=width)
        else:
            pen.ellipse((left, top, right, bottom), fill=255)
    return _centred(picture.crop(picture.getbbox()))


def _centred(ink: Image.Image) -> npt.NDArray[np.uint8]:
    """The longer side `MARK` of the canvas's `CANVAS`."""
    scale = MARK / max(ink.size)
    width, height = (max(1, round(side * scale)) for side in ink.size)
    canvas = Image.new("L", (CANVAS, CANVAS))
    canvas.paste(ink.resize((width, height), Image.Resampling.BOX), ((CANVAS - width) // 2, (CANVAS - height) // 2))
    return np.asarray(canvas)
