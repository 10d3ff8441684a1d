"""What the packaged networks read in rendered photos."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image, ImageDraw, ImageFont

from training.readers import reader_graphs
from trueshelf.listings import decode
from trueshelf.models.inscriptions import Inscription, InscriptionReader
from trueshelf.testing import make_photo

CONTACT = "WhatsApp +44 7700 900123"


def written(*lines: str, turned: float = 0, size: int = 22) -> Image.Image:
    """A photo with lines laid over it, each turned around the photo's middle."""
    image = decode(make_photo(560, 420, seed=2).read()).image
    layer = Image.new("L", image.size, 0)
    for row, line in enumerate(lines):
        place = (image.width / 2, image.height / 2 + 60 * row)
        ImageDraw.Draw(layer).text(place, line, fill=255, font=ImageFont.load_default(size), anchor="mm")
    image.paste((255, 255, 255), (0, 0), layer.rotate(turned))
    return image


def texts(lines: tuple[Inscription, ...] | None) -> list[str]:
    assert lines is not None
    return [line.text for line in lines if line.confidence > 0.9]


@pytest.mark.parametrize("turned", [0, 25, -30, 90])
def test_a_line_is_read_whichever_way_it_is_laid(reader: InscriptionReader, turned: float) -> None:
    assert texts(reader.read(written(CONTACT, turned=turned))) == [CONTACT]


def test_lines_come_from_top_to_bottom_with_their_place(reader: InscriptionReader) -> None:
    found = reader.read(written("mirror quality 1:1", CONTACT))
    assert texts(found) == ["mirror quality 1:1", CONTACT]
    left, top, right, bottom = found[1].box
    assert 0 <= left < 0.5 < right <= 1
    assert top < 0.5 + 60 / 420 < bottom


def test_chinese_is_read(reader: InscriptionReader) -> None:
    """Pillow brings no Chinese letters, but the recogniser's own list has them."""
    assert {"微", "信", "W", "@", "+", " "} <= set(reader._characters)


def test_a_photo_that_does_not_ask_is_not_read(reader: InscriptionReader) -> None:
    assert reader(decode(make_photo(560, 420).read()).image) is None
    assert texts(reader(written(CONTACT))) == [CONTACT]


def test_threads_read_what_one_reads(reader: InscriptionReader) -> None:
    photos = [written(f"wa.me/44770090012{digit}") for digit in range(4)]
    alone = [reader.read(photo) for photo in photos]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(reader.read, photos)) == alone


@pytest.mark.parametrize("size", [(1, 1), (2, 700), (900, 3), (31, 33)])
def test_photos_of_any_size_can_be_read(reader: InscriptionReader, size: tuple[int, int]) -> None:
    assert reader.read(Image.new("RGB", size, (90, 120, 60))) == ()


def test_readers_of_the_same_networks_and_settings_are_one_to_a_cache(reader: InscriptionReader) -> None:
    graphs = reader_graphs()
    assert graphs.open().digest == reader.digest
    swapped = InscriptionReader.open(
        graphs.detector, graphs.recogniser, type(graphs.spec)(graphs.spec.source, side=320)
    )
    assert swapped.digest != reader.digest


def test_a_graph_that_knows_no_characters_is_refused() -> None:
    graphs = reader_graphs()
    with pytest.raises(ValueError, match="characters"):
        InscriptionReader.open(graphs.detector, graphs.detector, graphs.spec)
