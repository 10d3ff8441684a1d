"""What articles lie on: tiles drawn once per process from fixed seeds.

A relief is a plane of TILE × TILE brightness offsets, of `grain`, white noise, and `soft`, noise
without detail, both at unit variance.
"""

from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from training.data.market.draws import draws

Plane = npt.NDArray[np.float32]

TILE = 1300
"""Side of a tile in pixels."""

VARIANTS = 3
"""Tiles of each surface."""

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


@cache
def surface_tile(surface: str, variant: int) -> Image.Image:
    """An RGB tile of TILE × TILE pixels."""
    rng = draws(0, "surface", surface, variant)
    grain = rng.normal(0, 1, (TILE, TILE)).astype(np.float32)
    soft = smooth(rng.normal(0, 1, (TILE, TILE)).astype(np.float32), 45)
    relief = _RELIEFS[surface](grain, soft)
    hue = np.array(_HUES[surface][variant], dtype=np.float32)
    return Image.fromarray(np.clip(hue * (1 + relief[:, :, None]), 0, 255).astype(np.uint8))


def smooth(noise: Plane, radius: float) -> Plane:
    """Noise without what is finer than `radius` pixels, at unit variance."""
    side = max(6, int(TILE / radius))
    coarse = Image.fromarray(noise).resize((side, side), Image.Resampling.BOX)
    plane = np.asarray(coarse.resize((TILE, TILE), Image.Resampling.BICUBIC), dtype=np.float32)
    even: Plane = (plane - plane.mean()) / max(float(plane.std()), 1e-6)
    return even


def _axes() -> tuple[Plane, Plane]:
    ys, xs = np.mgrid[0:TILE, 0:TILE].astype(np.float32)
    return xs, ys


def _studio(grain: Plane, soft: Plane) -> Plane:
    _, ys = _axes()
    relief: Plane = 0.004 * grain + 0.004 * soft - (0.05 / TILE) * ys
    return relief


def _paper(grain: Plane, soft: Plane) -> Plane:
    relief: Plane = 0.012 * grain + 0.007 * soft
    return relief


def _wood(grain: Plane, soft: Plane) -> Plane:
    xs, ys = _axes()
    rings = np.sin(ys / 9 + 1.1 * soft + np.sin(xs / 170))
    plank = np.floor(ys / 260)
    gap = (ys % 260 < 4).astype(np.float32)
    relief: Plane = 0.07 * rings + 0.03 * grain + 0.06 * np.sin(plank * 7.3) - 0.45 * gap
    return relief


def _sheet(grain: Plane, soft: Plane) -> Plane:
    folds = smooth(np.ascontiguousarray(grain[::-1]), 60.0)
    relief: Plane = 0.045 * np.tanh(2 * folds) + 0.02 * soft + 0.012 * grain
    return relief


def _tiled(grain: Plane, soft: Plane) -> Plane:
    xs, ys = _axes()
    grout = ((xs % 330 < 9) | (ys % 330 < 9)).astype(np.float32)
    relief: Plane = (
        0.03 * soft + 0.012 * grain - 0.28 * grout + 0.03 * np.sin(np.floor(xs / 330) * 5 + np.floor(ys / 330) * 3)
    )
    return relief


def _carpet(grain: Plane, soft: Plane) -> Plane:
    relief: Plane = 0.16 * smooth(grain, 1.2) + 0.05 * soft
    return relief


def _concrete(grain: Plane, soft: Plane) -> Plane:
    relief: Plane = 0.03 * soft + 0.035 * grain + 0.02 * smooth(grain, 6)
    return relief


def _grass(grain: Plane, soft: Plane) -> Plane:
    xs, ys = _axes()
    blades = smooth(grain, 2.0) + 0.6 * np.sin(xs / 3 + 2 * soft) * np.sin(ys / 17)
    relief: Plane = 0.2 * blades + 0.08 * soft
    return relief


def _wall(grain: Plane, soft: Plane) -> Plane:
    relief: Plane = 0.022 * smooth(grain, 2.5) + 0.012 * soft
    return relief


def _leather(grain: Plane, soft: Plane) -> Plane:
    relief: Plane = 0.1 * smooth(grain, 3.0) + 0.06 * soft
    return relief


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
