"""Where an article is photographed: backgrounds, and the light that falls on them.

A photo takes a random window out of a surface's tile and tints it.
"""

from functools import cache

import numpy as np
from PIL import Image

from training.data.market.draws import draws
from training.data.market.surfaces import TILE, VARIANTS, smooth, surface_tile

LEVEL = 238
"""Mean brightness of a fabric's tile."""


def background(rng: np.random.Generator, surface: str, size: tuple[int, int]) -> Image.Image:
    """A window of a surface, RGB, of `size` pixels."""
    tile = surface_tile(surface, int(rng.integers(VARIANTS)))
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
    return Image.fromarray(grey).resize(size, Image.Resampling.BILINEAR)


@cache
def fabric(kind: str) -> Image.Image:
    """A grey texture tile to multiply with an article's colour."""
    rng = draws(0, "fabric", kind)
    noise = rng.normal(0, 1, (TILE, TILE)).astype(np.float32)
    ys, xs = np.mgrid[0:TILE, 0:TILE].astype(np.float32)
    weave = {
        "knit": np.sin(xs * 1.6) * np.sin(ys * 1.1 + np.sin(xs * 1.6)),
        "canvas": np.sign(np.sin(xs * 1.3) * np.sin(ys * 1.3)),
        "leather": 0.6 * smooth(noise, 4.0),
        "smooth": 0.35 * smooth(noise, 5.0),
    }[kind]
    level = LEVEL + 10 * weave + 3.0 * noise + 4 * smooth(rng.normal(0, 1, (TILE, TILE)).astype(np.float32), 30)
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
