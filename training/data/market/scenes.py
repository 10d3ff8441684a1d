"""Where an article is photographed: backgrounds, and the light that falls on them.

Backgrounds are tiles drawn once per process from fixed seeds; a photo takes a random window out of one and tints it.
"""

from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from training.data.market.draws import draws

TILE = 1300
"""Side of a background tile in pixels."""

SURFACES = ("studio", "paper", "wood", "sheet", "tiles", "carpet", "concrete", "grass", "wall", "leather")
"""Kinds of background; the first two are what professional photos have."""

_VARIANTS = 3
_HUES = {
    "studio": ((250, 250, 250), (236, 236, 238), (222, 224, 227)),
    "paper": ((226, 216, 203), (203, 217, 226), (231, 205, 205)),
    "wood": ((142, 101, 66), (186, 148, 106), (92, 66, 48)),
    "sheet": ((218, 214, 208), (176, 190, 206), (205, 186, 186)),
    "tiles": ((206, 203, 196), (168, 160, 150), (226, 226, 222)),
    "carpet": ((128, 118, 112), (104, 66, 62), (96, 104, 120)),
    "concrete": ((148, 147, 143), (116, 115, 114), (176, 172, 165)),
    "grass": ((88, 116, 58), (104, 128, 74), (76, 96, 52)),
    "wall": ((214, 206, 188), (186, 200, 196), (198, 190, 206)),
    "leather": ((74, 48, 36), (42, 42, 46), (120, 92, 70)),
}


def background(rng: np.random.Generator, surface: str, size: tuple[int, int]) -> Image.Image:
    """A window of a surface, RGB, of `size` pixels."""
    tile = _tile(surface, int(rng.integers(_VARIANTS)))
    scale = float(rng.uniform(0.75, 1.35))
    width, height = (min(TILE - 2, int(side / scale)) for side in size)
    left, top = int(rng.integers(TILE - width)), int(rng.integers(TILE - height))
    window = tile.resize(size, Image.Resampling.BILINEAR, box=(left, top, left + width, top + height))
    if rng.random() < 0.5:
        window = window.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    tint = (
        rng.uniform(0.9, 1.06) * rng.uniform(0.965, 1.035, 3)
        if surface != "studio"
        else np.full(3, rng.uniform(0.97, 1.03))
    )
    return window.point([min(255, int(level * gain)) for gain in tint for level in range(256)])


def light(rng: np.random.Generator, size: tuple[int, int], *, depth: float) -> Image.Image:
    """Uneven light as a grey picture to multiply with; `depth` 0 is even and 1 is harsh."""
    xs, ys = np.meshgrid(np.linspace(-1, 1, 24), np.linspace(-1, 1, 24))
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * xs + np.sin(angle) * ys
    centre = rng.uniform(-0.5, 0.5, 2)
    vignette = (xs - centre[0]) ** 2 + (ys - centre[1]) ** 2
    level = 1.0 - depth * (0.22 * (slope + 1) * rng.uniform(0.3, 1) + 0.16 * vignette * rng.uniform(0, 1))
    if depth > 0.5 and rng.random() < 0.35:
        level -= 0.25 * depth / (1 + np.exp(-18 * (slope - rng.uniform(-0.3, 0.9))))
    grey = np.clip(level * 255, 0, 255).astype(np.uint8)
    return Image.fromarray(grey).resize(size, Image.Resampling.BICUBIC)


@cache
def fabric(kind: str) -> Image.Image:
    """A grey texture tile to multiply with an article's colour."""
    rng = draws(0, "fabric", kind)
    noise = rng.normal(0, 1, (TILE, TILE)).astype(np.float32)
    ys, xs = np.mgrid[0:TILE, 0:TILE].astype(np.float32)
    weave = {
        "knit": np.sin(xs * 1.6) * np.sin(ys * 1.1 + np.sin(xs * 1.6)),
        "canvas": np.sign(np.sin(xs * 1.3) * np.sin(ys * 1.3)),
        "leather": 0.9 * _smooth(noise, 4.0),
    }.get(kind, np.zeros_like(noise))
    level = 238 + 11 * weave + 3.5 * noise + 10 * _smooth(rng.normal(0, 1, (TILE, TILE)).astype(np.float32), 30)
    return Image.fromarray(np.clip(level, 0, 255).astype(np.uint8))


FABRICS = {
    "sneakers": "leather",
    "tshirts": "knit",
    "hoodies": "knit",
    "caps": "canvas",
    "handbags": "leather",
    "backpacks": "canvas",
    "watch_straps": "leather",
    "ear_pads": "leather",
}
"""What articles of a category are made of; all others are smooth."""

_Plane = npt.NDArray[np.float32]


@cache
def _tile(surface: str, variant: int) -> Image.Image:
    rng = draws(0, "surface", surface, variant)
    grain = rng.normal(0, 1, (TILE, TILE)).astype(np.float32)
    soft = _smooth(rng.normal(0, 1, (TILE, TILE)).astype(np.float32), 45)
    relief = _RELIEFS[surface](grain, soft)
    hue = np.array(_HUES[surface][variant], dtype=np.float32)
    return Image.fromarray(np.clip(hue * (1 + relief[:, :, None]), 0, 255).astype(np.uint8))


def _smooth(noise: _Plane, radius: float) -> _Plane:
    """Noise without what is finer than `radius` pixels, at unit variance."""
    side = max(6, int(TILE / radius))
    coarse = Image.fromarray(noise).resize((side, side), Image.Resampling.BOX)
    plane = np.asarray(coarse.resize((TILE, TILE), Image.Resampling.BICUBIC), dtype=np.float32)
    return (plane - plane.mean()) / max(float(plane.std()), 1e-6)


def _axes() -> tuple[_Plane, _Plane]:
    ys, xs = np.mgrid[0:TILE, 0:TILE].astype(np.float32)
    return xs, ys


def _studio(grain: _Plane, soft: _Plane) -> _Plane:
    _, ys = _axes()
    return 0.004 * grain + 0.012 * soft - 0.05 * ys / TILE


def _paper(grain: _Plane, soft: _Plane) -> _Plane:
    return 0.012 * grain + 0.015 * soft


def _wood(grain: _Plane, soft: _Plane) -> _Plane:
    xs, ys = _axes()
    rings = np.sin(ys / 9 + 3.5 * soft + np.sin(xs / 170))
    plank = np.floor(ys / 260)
    gap = (ys % 260 < 4).astype(np.float32)
    return 0.07 * rings + 0.03 * grain + 0.06 * np.sin(plank * 7.3) - 0.45 * gap


def _sheet(grain: _Plane, soft: _Plane) -> _Plane:
    folds = _smooth(np.ascontiguousarray(grain[::-1]), 60)
    return 0.05 * np.tanh(2 * folds) + 0.045 * soft + 0.012 * grain


def _tiled(grain: _Plane, soft: _Plane) -> _Plane:
    xs, ys = _axes()
    grout = ((xs % 330 < 9) | (ys % 330 < 9)).astype(np.float32)
    return 0.03 * soft + 0.012 * grain - 0.28 * grout + 0.03 * np.sin(np.floor(xs / 330) * 5 + np.floor(ys / 330) * 3)


def _carpet(grain: _Plane, soft: _Plane) -> _Plane:
    return 0.16 * _smooth(grain, 1.2) + 0.05 * soft


def _concrete(grain: _Plane, soft: _Plane) -> _Plane:
    return 0.05 * soft + 0.035 * grain + 0.03 * _smooth(grain, 6)


def _grass(grain: _Plane, soft: _Plane) -> _Plane:
    xs, ys = _axes()
    blades = _smooth(grain, 2.0) + 0.6 * np.sin(xs / 3 + 2 * soft) * np.sin(ys / 17)
    return 0.2 * blades + 0.08 * soft


def _wall(grain: _Plane, soft: _Plane) -> _Plane:
    return 0.025 * _smooth(grain, 2.5) + 0.03 * soft


def _leather(grain: _Plane, soft: _Plane) -> _Plane:
    return 0.1 * _smooth(grain, 3.0) + 0.06 * soft


_RELIEFS = {
    "studio": _studio,
    "paper": _paper,
    "wood": _wood,
    "sheet": _sheet,
    "tiles": _tiled,
    "carpet": _carpet,
    "concrete": _concrete,
    "grass": _grass,
    "wall": _wall,
    "leather": _leather,
}
