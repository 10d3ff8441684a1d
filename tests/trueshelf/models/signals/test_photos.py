"""Faults of photos: each is found where it was made, and not where it was not."""

import math
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from trueshelf.listings import Photo, decode
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.signals import PHOTO_FACTS, inspect_photo
from trueshelf.models.signals.photos import measure_photos
from trueshelf.testing import make_listing, make_photo

Spoil = Callable[[Image.Image], Image.Image]


def saved(image: Image.Image, quality: int = 92) -> Photo:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return Photo.of(out.getvalue())


def picture(seed: int = 0) -> Image.Image:
    return decode(make_photo(640, 480, seed=seed).read()).image


def codes(*photos: Photo) -> list[tuple[ReasonCode, str]]:
    listing = make_listing(photos=photos)
    facts = [inspect_photo(decode(photo.read())) for photo in photos]
    return [(finding.code, finding.evidence["field"]) for finding in measure_photos(listing, facts).findings]


def fact(image: Image.Image, name: str) -> float:
    return float(inspect_photo(decode(saved(image).read()))[PHOTO_FACTS.index(name)])


def blurred(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(9))


def dark(image: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(0.2)


def washed_out(image: Image.Image) -> Image.Image:
    return Image.blend(image, Image.new("RGB", image.size, "white"), 0.95)


def tiny(image: Image.Image) -> Image.Image:
    return image.resize((160, 120))


def saved_badly(image: Image.Image) -> Image.Image:
    return decode(saved(image, 8).read()).image


def collage(image: Image.Image) -> Image.Image:
    both = Image.new("RGB", (1280, 480), (30, 30, 34))
    both.paste(image, (0, 0))
    return both


def screenshot(image: Image.Image) -> Image.Image:
    image = image.copy()
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, 640, 36), fill=(24, 24, 28))
    pen.text((16, 8), "12:34", fill="white", font_size=22)
    pen.rectangle((560, 10, 600, 26), outline="white")
    return image


@pytest.mark.parametrize("seed", range(3))
def test_a_good_photo_has_no_fault(seed: int) -> None:
    assert codes(make_photo(640, 480, seed=seed)) == []


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (blurred, ReasonCode.PHOTO_BLURRED),
        (dark, ReasonCode.PHOTO_BADLY_LIT),
        (washed_out, ReasonCode.PHOTO_BADLY_LIT),
        (tiny, ReasonCode.PHOTO_TINY),
        (saved_badly, ReasonCode.PHOTO_BLOCKY),
        (collage, ReasonCode.PHOTO_COLLAGE),
        (screenshot, ReasonCode.PHOTO_SCREENSHOT),
    ],
)
def test_the_fault_and_its_photo_are_named(spoil: Spoil, code: ReasonCode) -> None:
    assert codes(make_photo(640, 480), saved(spoil(picture()))) == [(code, "photos[1]")]


def test_repeated_photos_are_counted_by_their_bytes() -> None:
    photo = make_photo(640, 480)
    assert codes(photo, photo) == [(ReasonCode.PHOTO_REPEATED, "photos")]


def test_thin_half_transparent_marks_show_on_an_even_ground() -> None:
    clean = Image.new("RGB", (640, 480), (120, 110, 100))
    layer = Image.new("L", clean.size, 0)
    for row in range(0, 480, 60):
        ImageDraw.Draw(layer).text((row % 120, row), "shop 1234 shop 1234 shop 1234", fill=110, font_size=34)
    marked = clean.copy()
    marked.paste("white", (0, 0), layer)
    assert fact(marked, "watermark") > 0.05 > fact(clean, "watermark")


def test_blocks_are_unknown_where_the_photo_was_decoded_smaller() -> None:
    photo = make_photo(640, 480)
    assert not math.isnan(inspect_photo(decode(photo.read()))[PHOTO_FACTS.index("blockiness")])
    assert math.isnan(inspect_photo(decode(photo.read(), shortest=100))[PHOTO_FACTS.index("blockiness")])


def test_facts_hardly_depend_on_the_size_that_was_decoded() -> None:
    photo = make_photo(900, 700)
    full, small = (inspect_photo(decode(photo.read(), shortest=shortest)) for shortest in (None, 300))
    for name in ("dark", "bright", "contrast", "background", "colourfulness"):
        assert small[PHOTO_FACTS.index(name)] == pytest.approx(full[PHOTO_FACTS.index(name)], rel=0.1, abs=0.02)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 255))
def test_any_photo_has_all_facts(width: int, height: int, tone: int) -> None:
    facts = inspect_photo(decode(saved(Image.new("RGB", (width, height), (tone, tone, 255 - tone))).read()))
    assert facts.shape == (len(PHOTO_FACTS),)
    assert facts.dtype == np.float32
    known = np.delete(facts, PHOTO_FACTS.index("blockiness"))
    assert np.isfinite(known).all()
