"""True marks as pictures, from the outlines in `simple-icons-pack` (CC0).

Shapes: N marks, M side of a mark's canvas.
"""

import io
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import resvg_py
import simple_icons_pack
from PIL import Image

from trueshelf.models.marks.geometry import CANVAS, MARK

Bytes = npt.NDArray[np.uint8]

_RENDERED = 256
_UNSEEN = 140


def brand_icons() -> dict[str, str]:
    """The icon of every brand that has one, by the brand's name."""
    return dict(_table()["icons"])


def mirrored_brands() -> frozenset[str]:
    """Brands whose mark is worn both ways round."""
    return frozenset(_table()["mirrored"])


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "marks.toml").read_text(encoding="utf-8"))


@cache
def all_icons() -> tuple[str, ...]:
    """The names of all icons, sorted."""
    return tuple(sorted(name.removeprefix("SI_").lower() for name in dir(simple_icons_pack) if name.startswith("SI_")))


def unseen_icons() -> tuple[str, ...]:
    """Icons that no network ever learns from, spread over the alphabet: what finding is like for marks never seen."""
    brands = set(brand_icons().values())
    return tuple(icon for icon in all_icons() if icon not in brands)[:: len(all_icons()) // _UNSEEN]


def learnt_icons() -> tuple[str, ...]:
    """Icons to learn from, those of the brands first."""
    brands = tuple(brand_icons().values())
    left_out = {*brands, *unseen_icons()}
    return brands + tuple(icon for icon in all_icons() if icon not in left_out)


def drawn(icons: Sequence[str]) -> Bytes:
    """Marks as ink on nothing, 0 to 255 [N,M,M]: in the middle, the longer side `MARK` of the canvas's `CANVAS`."""
    return np.stack([_drawn(icon) for icon in icons])


def _drawn(icon: str) -> Bytes:
    svg = getattr(simple_icons_pack, f"SI_{icon.upper()}").svg
    png = resvg_py.svg_to_bytes(svg_string=svg, width=_RENDERED, height=_RENDERED, skip_system_fonts=True)
    ink = Image.open(io.BytesIO(bytes(png))).convert("RGBA").getchannel("A")
    ink = ink.crop(ink.getbbox())
    scale = MARK / max(ink.size)
    width, height = (max(1, round(side * scale)) for side in ink.size)
    canvas = Image.new("L", (CANVAS, CANVAS))
    canvas.paste(ink.resize((width, height), Image.Resampling.BOX), ((CANVAS - width) // 2, (CANVAS - height) // 2))
    return np.asarray(canvas)
