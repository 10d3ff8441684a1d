import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from trueshelf.listings import decode
from trueshelf.models.inscriptions import ReaderSpec
from trueshelf.models.inscriptions.hint import writing_hint
from trueshelf.testing import make_photo

ASKED = ReaderSpec("").hint


def written(text: str, *, size: int = 18) -> Image.Image:
    image = decode(make_photo(480, 360, seed=4).read()).image
    ImageDraw.Draw(image).text((20, 20), text, fill=(20, 20, 20), font=ImageFont.load_default(size))
    return image


@pytest.mark.parametrize("size", [14, 18, 26])
def test_a_line_of_writing_asks_to_be_read(size: int) -> None:
    assert writing_hint(written("WhatsApp +44 7700 900123", size=size)) >= ASKED


def test_a_photo_without_writing_does_not() -> None:
    for seed in range(6):
        assert writing_hint(decode(make_photo(480, 360, seed=seed).read()).image) < ASKED


def test_stripes_and_noise_are_no_writing() -> None:
    x = np.arange(320)
    stripes = np.broadcast_to(128 + 100 * np.sign(np.sin(x)), (240, 320)).astype(np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, (240, 320), dtype=np.uint8)
    for pixels in (stripes, stripes.T, noise):
        assert writing_hint(Image.fromarray(pixels).convert("RGB")) < ASKED


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (400, 3), (7, 47)])
def test_the_smallest_photos_have_no_writing(size: tuple[int, int]) -> None:
    assert writing_hint(Image.new("RGB", size)) <= 0
