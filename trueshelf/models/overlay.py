"""A heat map drawn over its photo: red where it speaks for "yes", blue where it speaks against, and boxes of reasons.

Shapes: G cells along each side, H and W pixels.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from trueshelf.listings import Head
from trueshelf.models.heatmap import Box, Heatmap
from trueshelf.models.verdict import Reason

if TYPE_CHECKING:
    from PIL.Image import Image

_STRONGEST = 0.55
"""How opaque the hottest cell is."""

_FAINTEST = 0.25
"""A map whose largest heat is less, in log-odds, stays as pale as that heat: nothing in it mattered."""


def overlay(image: "Image", heatmap: Heatmap, boxes: Mapping[str, Box]) -> "Image":
    """The picture with the map over it, and named boxes drawn around what reasons point at."""
    from PIL import Image, ImageDraw

    heat_GG = heatmap.heat_GG / max(float(np.abs(heatmap.heat_GG).max()), _FAINTEST)
    layer = Image.fromarray((127.5 * (heat_GG + 1)).astype(np.uint8)).resize(image.size, Image.Resampling.BICUBIC)
    heat_HW = np.asarray(layer, dtype=np.float32) / 127.5 - 1
    colour = np.where(heat_HW[..., None] > 0, (220, 30, 30), (30, 70, 220)).astype(np.float32)
    alpha = (_STRONGEST * np.abs(heat_HW))[..., None]
    grey = np.asarray(image.convert("L").convert("RGB"), dtype=np.float32)
    drawn = Image.fromarray((alpha * colour + (1 - alpha) * grey).clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(drawn)
    for name, (left, top, right, bottom) in boxes.items():
        corners = (left * image.width, top * image.height, right * image.width, bottom * image.height)
        pen.rectangle(corners, outline=(255, 210, 0), width=max(2, max(image.size) // 200))
        pen.text((corners[0] + 4, corners[1] + 4), name, fill=(255, 210, 0))
    return drawn


def pointed_at(reasons: Iterable[Reason], head: Head, photo: int) -> dict[str, Box]:
    """The boxes in one photo that a head's reasons name in their evidence as "x,y,width,height", by reason code.

    Numbers are shares of the photo's width and height. What differs within a box is one more, named with the code.
    """
    boxes: dict[str, Box] = {}
    for reason in reasons:
        if reason.head is head and reason.evidence.get("field") == f"photos[{photo}]" and "box" in reason.evidence:
            boxes[reason.code.value] = _box(reason.evidence["box"])
            if "differs" in reason.evidence:
                boxes[f"{reason.code.value}: here"] = _box(reason.evidence["differs"])
    return boxes


def _box(written: str) -> Box:
    left, top, width, height = (float(part) for part in written.split(","))
    return (left, top, left + width, top + height)
