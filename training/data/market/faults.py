"""What happens to a photo after it was taken: cropping, marking, blurring, shrinking, saving again."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from training.data.market.camera import recompressed
from training.data.market.draws import chance, draws, pick


@dataclass(frozen=True, slots=True)
class Resave:
    """What is done to a photo before it is uploaded.

    Attributes:
        key: what its random numbers hang on.
        crop: share of each side that is cut away.
        mirror: left and right exchanged.
        blur: radius in hundredths of the shorter side.
        shake: length of a hand's movement in hundredths of the shorter side.
        side: longer side in pixels; 0 leaves it.
        watermark: text written across; empty for none.
        badge: a price tag or ribbon in a corner, which is no watermark.
        screenshot: bars of the page that it was copied from.
        quality: of the JPEG; 0 leaves the camera's.
        rounds: of JPEG in between.
    """

    key: str
    crop: float = 0.0
    mirror: bool = False
    blur: float = 0.0
    shake: float = 0.0
    side: int = 0
    watermark: str = ""
    badge: bool = False
    screenshot: bool = False
    quality: int = 0
    rounds: int = 0


def spoil(image: Image.Image, how: Resave) -> Image.Image:
    """The picture after everything that `how` says, in the order in which people do it."""
    rng = draws(0, "resave", how.key)
    if how.crop:
        image = _cropped(image, how.crop, rng)
    if how.mirror:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if how.shake:
        image = _shaken(image, how.shake, rng)
    if how.blur:
        image = image.filter(ImageFilter.GaussianBlur(how.blur * min(image.size) / 100))
    for _ in range(how.rounds):
        image = recompressed(image, quality=int(rng.integers(35, 70)))
    if how.screenshot:
        _add_bars(image, rng)
    if how.badge:
        _add_badge(image, rng)
    if how.watermark:
        image = _watermarked(image, how.watermark, rng)
    if how.side:
        scale = how.side / max(image.size)
        image = image.resize(
            (max(1, round(image.width * scale)), max(1, round(image.height * scale))), Image.Resampling.BOX
        )
    return image


def _cropped(image: Image.Image, share: float, rng: np.random.Generator) -> Image.Image:
    left, top = (int(side * share * rng.random()) for side in image.size)
    right, bottom = (int(side * (1 - share * rng.random())) for side in image.size)
    return image.crop((left, top, right, bottom))


def _shaken(image: Image.Image, length: float, rng: np.random.Generator) -> Image.Image:
    """Blur along a line: the mean of shifted copies, halved as often as needed."""
    angle = rng.uniform(0, np.pi)
    reach = length * min(image.size) / 100
    for step in (0.5, 0.25, 0.125):
        dx, dy = round(np.cos(angle) * reach * step), round(np.sin(angle) * reach * step)
        moved = image.transform(image.size, Image.Transform.AFFINE, (1, 0, dx, 0, 1, dy), fillcolor=(128, 128, 128))
        image = Image.blend(image, moved, 0.5)
    return image


def _watermarked(image: Image.Image, text: str, rng: np.random.Generator) -> Image.Image:
    """Text across the picture: tiled, in one large line, or as a strip near the lower edge."""
    style = pick(rng, ("tiled", "tiled", "line", "line", "strip"))
    size = max(9, round(image.width * float(rng.uniform(0.06, 0.13))))
    if style != "tiled":
        size = min(size, max(9, int(1.5 * image.width / len(text))))
    letters = _lettering(image.size, text, style, ImageFont.load_default(size))
    if style != "strip":
        letters = letters.rotate(float(rng.uniform(20, 40)), Image.Resampling.BILINEAR)
    left, top = image.width // 2, image.height // 2
    opacity = float(rng.uniform(0.4, 0.75))
    mask = letters.crop((left, top, left + image.width, top + image.height))
    ink = (255, 255, 255) if chance(rng, 0.6) else pick(rng, ((20, 20, 20), (190, 30, 30), (40, 60, 160)))
    marked = image.copy()
    marked.paste(ink, (0, 0), mask.point([int(level * opacity) for level in range(256)]))
    return marked


def _lettering(
    size: tuple[int, int], text: str, style: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont
) -> Image.Image:
    """White text on black, twice the picture's size, so that it can be turned; the middle of it is what is used."""
    layer = Image.new("L", (size[0] * 2, size[1] * 2), 0)
    pen = ImageDraw.Draw(layer)
    width, height = max(1, int(pen.textlength(text, font=font))), max(8, size[0] // 14)
    if style == "tiled":
        for row in range(0, layer.height, height * 4):
            for column in range(-(row // height * 31) % width, layer.width, width + height * 2):
                pen.text((column, row), text, fill=255, font=font)
    else:
        y = size[1] + (0 if style == "line" else size[1] // 3)
        pen.text((size[0] - width // 2, y), text, fill=255, font=font)
    return layer


def _add_badge(image: Image.Image, rng: np.random.Generator) -> None:
    """A tag such as "-30%" in a corner, as many marketplaces put on photos themselves."""
    text = pick(rng, ("SALE", "-30%", "-50%", "NEW", "HOT", "TOP", "24h", "-20%"))
    side = round(min(image.size) * float(rng.uniform(0.13, 0.2)))
    pen = ImageDraw.Draw(image)
    x = 0 if chance(rng, 0.5) else image.width - side
    y = 0 if chance(rng, 0.7) else image.height - side
    pen.ellipse(
        (x, y, x + side, y + side), fill=pick(rng, ((214, 40, 40), (240, 150, 20), (30, 120, 90), (30, 30, 34)))
    )
    pen.text(
        (x + side / 2, y + side / 2),
        text,
        fill=(255, 255, 255),
        font=ImageFont.load_default(max(8, side // 4)),
        anchor="mm",
    )


def _add_bars(image: Image.Image, rng: np.random.Generator) -> None:
    """The bars of an app above and below, as on a screenshot of somebody else's page."""
    pen = ImageDraw.Draw(image)
    high = round(image.height * float(rng.uniform(0.05, 0.09)))
    tone = pick(rng, ((248, 248, 250), (24, 24, 28)))
    ink = (90, 90, 96) if tone[0] > 100 else (220, 220, 224)
    pen.rectangle((0, 0, image.width, high), fill=tone)
    font = ImageFont.load_default(max(8, int(high * 0.6)))
    pen.text(
        (high // 2, high / 2),
        f"{int(rng.integers(24)):02d}:{int(rng.integers(60)):02d}",
        fill=ink,
        font=font,
        anchor="lm",
    )
    pen.rectangle((image.width - 2 * high, int(high * 0.3), image.width - high // 2, int(high * 0.7)), outline=ink)
    if chance(rng, 0.6):
        pen.rectangle((0, image.height - high, image.width, image.height), fill=tone)
        pen.text(
            (image.width / 2, image.height - high / 2), f"1/{int(rng.integers(3, 9))}", fill=ink, font=font, anchor="mm"
        )
