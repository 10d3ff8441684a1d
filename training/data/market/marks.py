"""Brand marks as SVG fragments: the genuine outline, and what a counterfeiter's mould makes of it.

A mark lives in a box of its own: its longer side is 1 and its centre is the origin.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from simple_icons_pack import get_icon

from training.data.market.draws import chance, draws, pick_key
from training.data.market.outlines import Points, path_of, polygons

_VIEW = 1000.0
_PATH = re.compile(r' d="([^"]*)"')

FLAWS = {
    "proportion": 3.0,
    "slant": 2.0,
    "weight": 2.5,
    "wobble": 2.5,
    "spacing": 2.5,
    "turned": 1.5,
    "blunt": 2.0,
    "lopsided": 2.0,
    "colour": 2.0,
    "doubled": 2.0,
    "missing": 1.0,
    "film": 2.0,
    "patchy": 2.0,
}
"""In what a copied mark differs from the brand's own, and how often."""


@dataclass(frozen=True, slots=True)
class Mould:
    """How one supplier's batch gets one brand's mark wrong.

    Attributes:
        key: what its random numbers hang on.
        strength: 0 leaves the mark as it is; 1 is wrong at a glance.
        flaws: names out of `FLAWS`.
        sloppiness: of the sewing and the finish, 0 to 1.
    """

    key: str
    strength: float
    flaws: tuple[str, ...]
    sloppiness: float


def mould(seed: int, supplier: int, brand: str, batch: int, *, grade: float) -> Mould:
    """What a batch of a supplier looks like; `grade` 0 is the crudest and 1 the finest copy."""
    rng = draws(seed, "mould", supplier, brand, batch)
    flaws: dict[str, None] = {}
    for _ in range(3 + chance(rng, 0.5)):
        flaws[pick_key(rng, FLAWS)] = None
    strength = float(np.clip(1.1 - grade + rng.normal(0, 0.12), 0.0, 1.0))
    sloppiness = float(np.clip(0.95 - 0.8 * grade + rng.normal(0, 0.15), 0.0, 1.0))
    return Mould(f"{seed}/{supplier}/{brand}/{batch}", strength, tuple(flaws), sloppiness)


@dataclass(frozen=True, slots=True)
class MarkStyle:
    """Colour and make of a mark: `finish` is print, embroidery or metal."""

    ink: str
    finish: str


def mark_svg(brand: str, style: MarkStyle, mould: Mould | None) -> tuple[str, float, float]:
    """The mark of a brand as an SVG fragment, with its width and height (the longer is 1)."""
    shapes = _own_shapes(brand) if mould is None else _copied(brand, mould)
    corners = np.concatenate(shapes)
    width, height = np.ptp(corners, axis=0)
    ink = style.ink if mould is None else _copied_ink(style.ink, mould)
    svg = _painted(path_of([shape * _VIEW for shape in shapes]), MarkStyle(ink, style.finish), mould)
    return f'<g transform="scale({1 / _VIEW})">{svg}</g>', float(width), float(height)


@cache
def _own_shapes(brand: str) -> list[Points]:
    icon = get_icon(brand)
    assert icon is not None, brand
    path = _PATH.search(icon.svg)
    assert path, brand
    return _boxed(polygons(path[1]))


def _boxed(shapes: list[Points]) -> list[Points]:
    corners = np.concatenate(shapes)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return [(shape - (low + high) / 2) / (high - low).max() for shape in shapes]


@cache
def _copied(brand: str, mould: Mould) -> list[Points]:
    shapes = _own_shapes(brand)
    for flaw in mould.flaws:
        bend = _BENDS.get(flaw)
        if bend:
            shapes = bend(shapes, mould.strength, draws(0, "flaw", mould.key, flaw))
    return shapes


def _proportion(shapes: list[Points], strength: float, rng: np.random.Generator) -> list[Points]:
    stretch = 1 + strength * rng.uniform(0.3, 0.65)
    factors = np.array([1.0, 1 / stretch] if chance(rng, 0.5) else [1 / stretch, 1.0])
    return [shape * factors for shape in shapes]


def _slant(shapes: list[Points], strength: float, rng: np.random.Generator) -> list[Points]:
    lean = strength * rng.uniform(0.15, 0.35) * _sign(rng)
    return [np.column_stack([shape[:, 0] + lean * shape[:, 1], shape[:, 1]]) for shape in shapes]


def _turned(shapes: list[Points], strength: float, rng: np.random.Generator) -> list[Points]:
    angle = strength * rng.uniform(0.15, 0.35) * _sign(rng)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return [shape @ turn for shape in shapes]


def _wobble(shapes: list[Points], strength: float, rng: np.random.Generator) -> list[Points]:
    waves = [(rng.uniform(4, 14, 2), rng.uniform(0, 6.3), rng.normal(0, 1, 2)) for _ in range(4)]
    reach = 0.02 * strength

    def bent(shape: Points) -> Points:
        dense = _dense(shape)
        swings = [np.sin(dense @ wave + phase)[:, None] * way for wave, phase, way in waves]
        moved: Points = dense + reach * np.sum(swings, axis=0)
        return moved

    return [bent(shape) for shape in shapes]


def _blunt(shapes: list[Points], strength: float, rng: np.random.Generator) -> list[Points]:
    reach = 1 + round(strength * float(rng.uniform(3, 7)))

    def rounded(shape: Points) -> Points:
        dense = _dense(shape, step=0.012)
        mean: Points = np.mean([np.roll(dense, shift, axis=0) for shift in range(-reach, reach + 1)], axis=0)
        return mean

    return [rounded(shape) for shape in shapes]


def _spacing(shapes: list[Points], strength: float, rng: np.random.Generator) -> list[Points]:
    """Parts of a mark, or the letters of a word, too wide apart or too close, each a little off its line."""
    if len(shapes) == 1:
        return _lopsided(shapes, strength, rng)
    spread = strength * rng.uniform(0.1, 0.2) * (1 if chance(rng, 0.6) else -0.8)
    return [shape + spread * shape.mean(axis=0) + strength * rng.normal(0, [0.004, 0.015]) for shape in shapes]


def _lopsided(shapes: list[Points], strength: float, rng: np.random.Generator) -> list[Points]:
    """One end larger than the other."""
    axis = int(rng.integers(2))
    slope = strength * rng.uniform(0.35, 0.75) * _sign(rng)
    return [shape * (1 + slope * shape[:, axis : axis + 1] * np.array([axis, 1 - axis])) for shape in shapes]


def _missing(shapes: list[Points], strength: float, rng: np.random.Generator) -> list[Points]:
    if strength < 0.3 or len(shapes) < 3:
        return _blunt(shapes, strength, rng)
    sizes = [float(np.ptp(shape, axis=0).prod()) for shape in shapes]
    gone = int(np.argsort(sizes)[int(rng.integers(len(shapes) // 2))])
    return [shape for index, shape in enumerate(shapes) if index != gone]


_BENDS: dict[str, Callable[[list[Points], float, np.random.Generator], list[Points]]] = {
    "proportion": _proportion,
    "slant": _slant,
    "turned": _turned,
    "wobble": _wobble,
    "blunt": _blunt,
    "spacing": _spacing,
    "lopsided": _lopsided,
    "missing": _missing,
}


def _sign(rng: np.random.Generator) -> float:
    return 1.0 if chance(rng, 0.5) else -1.0


def _dense(shape: Points, step: float = 0.02) -> Points:
    """The polygon with extra points, so that long straight edges can bend."""
    closed = np.concatenate([shape, shape[:1]])
    lengths = np.hypot(*np.diff(closed, axis=0).T)
    pieces = [
        np.linspace(start, end, max(1, int(length / step)), endpoint=False)
        for start, end, length in zip(closed[:-1], closed[1:], lengths, strict=True)
    ]
    return np.concatenate(pieces)


def _copied_ink(ink: str, mould: Mould) -> str:
    if "colour" not in mould.flaws:
        return ink
    rng = draws(0, "ink", mould.key)
    channels = [int(ink[start : start + 2], 16) for start in (1, 3, 5)]
    shift = mould.strength * rng.uniform(35, 90, 3) * rng.choice([-1.0, 1.0], 3)
    return "#" + "".join(
        f"{int(np.clip(channel + move, 0, 255)):02x}" for channel, move in zip(channels, shift, strict=True)
    )


def _painted(path: str, style: MarkStyle, mould: Mould | None) -> str:
    strength = mould.strength if mould else 0.0
    flaws = mould.flaws if mould else ()
    layers = []
    if "film" in flaws:
        layers.append(_stroke(path, "#ffffff", 60 + 50 * strength, 0.12 + 0.2 * strength))
    if "doubled" in flaws:
        shift = 14 + 26 * strength
        moved = f'transform="translate({shift:.0f},{shift * 0.7:.0f})"'
        layers.append(f'<path d="{path}" fill="{style.ink}" opacity="0.5" {moved}/>')
    if "weight" in flaws:
        layers.append(_stroke(path, style.ink, 20 + 44 * strength, 1.0))
    layers.append(f'<path d="{path}" fill="{"url(#metal)" if style.finish == "metal" else style.ink}"/>')
    if style.finish == "embroidery":
        layers.append(f'<path d="{path}" fill="url(#thread)" opacity="0.35"/>')
        layers.append(_stroke(path, "#000000", 8, 0.25))
    if mould and "patchy" in flaws:
        layers.append(_cracks(path, mould))
    return "".join(layers)


def _stroke(path: str, colour: str, width: float, opacity: float) -> str:
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:.0f}" stroke-opacity="{opacity:.2f}" '
        'stroke-linejoin="round"/>'
    )


def _cracks(path: str, mould: Mould) -> str:
    """Print that has not taken everywhere: the outline once more, broken into short pale pieces, and specks."""
    starts_and_ways = draws(0, "cracks", mould.key).normal(0, [260, 150, 30, 30], (12 + int(40 * mould.strength), 4))
    specks = "".join(f"M{x:.0f} {y:.0f}l{dx:.0f} {dy:.0f}" for x, y, dx, dy in starts_and_ways)
    pale = 'fill="none" stroke="#8c8c8c"'
    return (
        f'<path d="{path}" {pale} stroke-width="14" stroke-opacity="0.8" stroke-dasharray="16 44"/>'
        f'<path d="{specks}" {pale} stroke-width="9" stroke-opacity="{0.35 + 0.4 * mould.strength:.2f}"/>'
    )
