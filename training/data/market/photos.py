"""One photo, from what lies before the camera to the bytes that are stored.

A photo is a pure function of its `Shot`: whoever renders it, and whenever, gets the same bytes.
"""

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import resvg_py
from PIL import Image, ImageChops, ImageFilter

from training.data.market.camera import Camera, encode, expose
from training.data.market.draws import draws, pick
from training.data.market.faults import Resave, spoil
from training.data.market.scenes import FABRICS, LEVEL, background, fabric, light
from training.data.market.shapes import Piece, Place, draw, extent

Matrix = npt.NDArray[np.float64]  # [2, 3]: from the article's box to pixels

_MIDDLE = (128, 128, 128)
_COARSENESS = 4
"""Shading is rendered at a quarter of the resolution: gradients are what costs time, and light is soft."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo to be taken.

    Attributes:
        scene: what the random numbers of the scene hang on; two shots of one scene show the same picture.
        view: whole, turned, detail (close to the mark) or hidden (the mark is out of sight).
        resave: how it was cropped, marked and compressed again after the camera; None leaves it.
    """

    scene: str
    piece: Piece
    camera: Camera
    view: str = "whole"
    resave: Resave | None = None


def take(shot: Shot) -> bytes:
    """The photo as JPEG."""
    picture = _picture(shot)
    quality = shot.camera.quality
    if shot.resave is not None:
        picture = spoil(picture, shot.resave)
        quality = shot.resave.quality or quality
    return encode(picture, quality=quality)


def _picture(shot: Shot) -> Image.Image:
    rng = draws(0, "scene", shot.scene, shot.view)
    camera = shot.camera
    side = camera.side * float(rng.uniform(0.94, 1.06))
    size = (round(side * min(1, camera.aspect)), round(side / max(1, camera.aspect)))
    canvas = background(rng, pick(rng, camera.surfaces), size)
    sprite, at = _sprite(shot, size, rng)
    _cast_shadow(canvas, sprite, at, camera, rng)
    canvas.paste(sprite, at, sprite)
    canvas = ImageChops.multiply(canvas, _rgb(light(rng, size, depth=camera.harshness)))
    return expose(canvas, camera, rng)


def _sprite(shot: Shot, size: tuple[int, int], rng: np.random.Generator) -> tuple[Image.Image, tuple[int, int]]:
    """The piece cut out, lit and textured, and where its corner goes in a photo of `size`."""
    drawing = draw(shot.piece)
    matrix = _framing(shot, drawing.place, size, rng)
    box = _visible(matrix, extent(shot.piece.article.category), size)
    flat = _rendered(drawing.flat, matrix, box, coarseness=1)
    coarse = _rendered(drawing.shading, matrix, box, coarseness=_COARSENESS)
    grey = Image.new("RGB", coarse.size, _MIDDLE)
    grey.paste(coarse, (0, 0), coarse)
    shading = grey.getchannel("R").resize(flat.size, Image.Resampling.BILINEAR)
    lit = ImageChops.hard_light(flat.convert("RGB"), _rgb(shading))
    return _textured(lit, flat.getchannel("A"), shot.piece, rng), box[:2]


def _rendered(svg: str, matrix: Matrix, box: tuple[int, int, int, int], *, coarseness: int) -> Image.Image:
    left, top, right, bottom = box
    a, c, e, b, d, f = matrix.ravel()
    content = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left} {top} {right - left} {bottom - top}">'
        f'<g transform="matrix({a:.5f} {b:.5f} {c:.5f} {d:.5f} {e:.3f} {f:.3f})">{svg}</g></svg>'
    )
    width, height = (max(1, side // coarseness) for side in (right - left, bottom - top))
    png = resvg_py.svg_to_bytes(svg_string=content, width=width, height=height, skip_system_fonts=True)
    return Image.open(io.BytesIO(png)).convert("RGBA")


def _framing(shot: Shot, place: Place, size: tuple[int, int], rng: np.random.Generator) -> Matrix:
    """How the camera is held: the affine map from the article's box to the photo's pixels."""
    short = min(size)
    if shot.view == "detail":
        target, scale = (place.x, place.y), short / float(np.clip(place.width * rng.uniform(1.5, 2.4), 230, 520))
    elif shot.view == "hidden":
        target, scale = _away(place, extent(shot.piece.article.category)), short / float(rng.uniform(300, 390))
    else:
        target, scale = (
            _centre(extent(shot.piece.article.category)),
            _fitting(shot, size) * float(rng.uniform(0.72, 0.98)),
        )
    turned = 1.0 if shot.view == "whole" else 1.6
    angle = np.deg2rad(rng.normal(0, shot.camera.tilt * 0.55 * turned))
    cos, sin = np.cos(angle), np.sin(angle)
    squeeze = np.diag(1 - np.abs(rng.normal(0, 0.045 * turned, 2)))
    shear = np.array([[1.0, rng.normal(0, 0.04 * turned)], [0.0, 1.0]])
    flip = np.diag([-1.0 if rng.random() < 0.25 and _may_flip(shot) else 1.0, 1.0])
    linear = scale * np.array([[cos, -sin], [sin, cos]]) @ squeeze @ shear @ flip
    centre = np.array(size) / 2 + rng.normal(0, 0.035, 2) * np.array(size)
    return np.column_stack([linear, centre - linear @ np.array(target)])


def _away(place: Place, box: tuple[int, int, int, int]) -> tuple[float, float]:
    """The part of the article that is farthest from the mark."""
    left, top, right, bottom = box
    xs, ys = (
        (0.72 * left + 0.28 * right, 0.28 * left + 0.72 * right),
        (0.72 * top + 0.28 * bottom, 0.28 * top + 0.72 * bottom),
    )
    corners = [(x, y) for x in xs for y in ys]
    return max(corners, key=lambda corner: (corner[0] - place.x) ** 2 + (corner[1] - place.y) ** 2)


def _may_flip(shot: Shot) -> bool:
    """A mark is never mirrored by the camera."""
    return shot.piece.article.brand is None


def _fitting(shot: Shot, size: tuple[int, int]) -> float:
    left, top, right, bottom = extent(shot.piece.article.category)
    return min(size[0] / (right - left), size[1] / (bottom - top))


def _centre(box: tuple[int, int, int, int]) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _visible(matrix: Matrix, box: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The rectangle of pixels that the article may touch."""
    corners = np.array([[x, y, 1.0] for x in (box[0], box[2]) for y in (box[1], box[3])]) @ matrix.T
    low = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int)
    high = np.minimum(np.ceil(corners.max(axis=0)), size).astype(int)
    return int(low[0]), int(low[1]), int(max(high[0], low[0] + 8)), int(max(high[1], low[1] + 8))


def _textured(lit: Image.Image, alpha: Image.Image, piece: Piece, rng: np.random.Generator) -> Image.Image:
    tile = fabric(FABRICS.get(piece.article.category, "smooth"))
    left, top = (int(rng.integers(tile.width - side)) for side in lit.size)
    grain = tile.crop((left, top, left + lit.width, top + lit.height))
    rough = 1 + 2.2 * piece.roughness
    grain = grain.point([min(255, max(0, int(LEVEL + rough * (level - LEVEL)))) for level in range(256)])
    textured = ImageChops.multiply(lit, _rgb(grain))
    textured.putalpha(alpha)
    return textured


def _cast_shadow(
    canvas: Image.Image, sprite: Image.Image, at: tuple[int, int], camera: Camera, rng: np.random.Generator
) -> None:
    small = (max(4, sprite.width // 8), max(4, sprite.height // 8))
    margin = 6
    alpha = Image.new("L", (small[0] + 2 * margin, small[1] + 2 * margin))
    alpha.paste(sprite.getchannel("A").resize(small, Image.Resampling.BOX), (margin, margin))
    soft = alpha.filter(ImageFilter.GaussianBlur(1 + 2.5 * float(rng.random())))
    strength = 0.25 + 0.35 * camera.harshness * float(rng.random())
    wide = (8 * soft.width, 8 * soft.height)
    mask = soft.point([int(level * strength) for level in range(256)]).resize(wide, Image.Resampling.BILINEAR)
    dx, dy = rng.normal(0, 0.012, 2) * max(canvas.size) + np.array([0, 0.012 * max(canvas.size)])
    canvas.paste((18, 16, 14), (at[0] + int(dx) - 8 * margin, at[1] + int(dy) - 8 * margin), mask)


def _rgb(grey: Image.Image) -> Image.Image:
    return Image.merge("RGB", (grey, grey, grey))
