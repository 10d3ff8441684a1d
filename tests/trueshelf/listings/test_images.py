"""Decoding photos: every format and mode, every kind of damage, nothing but `ImageError`."""

import struct
import zlib
from contextlib import suppress
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageOps

from trueshelf.listings.images import FORMATS, ImageError, ImageLimits, decode, held_pixels, read_header
from trueshelf.testing import make_photo


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:  # noqa: A002
    out = BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def make_photo_image() -> Image.Image:
    return Image.open(BytesIO(make_photo(96, 64).read()))


def png_header(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"\0" * 64)
    chunks = [header, data, b"IEND"]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks
    )


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_gives_rgb_of_its_size(format_: str) -> None:
    photo = decode(make_photo(96, 64, (10, 120, 200), format_).read())
    assert (photo.image.mode, photo.image.size, photo.width, photo.height) == ("RGB", (96, 64), 96, 64)
    assert photo.format == format_


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_png_mode(mode: str) -> None:
    if mode == "I;16":
        image = Image.fromarray(np.full((6, 8), 0x8000, np.uint16))
    else:
        grey = Image.new("RGB", (8, 6), (128, 128, 128))
        image = grey.quantize(4) if mode == "P" else grey.convert(mode, dither=Image.Dither.NONE)
    photo = decode(encoded(image, "PNG"))
    assert photo.image.mode == "RGB"
    pixel = photo.image.getpixel((3, 3))
    assert isinstance(pixel, tuple)
    assert pixel[0] in ((255,) if mode == "1" else (127, 128, 129))


def test_cmyk_jpeg_keeps_its_colour() -> None:
    pixel = decode(encoded(Image.new("RGB", (32, 32), (200, 40, 40)).convert("CMYK"), "JPEG")).image.getpixel((9, 9))
    assert isinstance(pixel, tuple)
    assert np.allclose(pixel, (200, 40, 40), atol=6)


@pytest.mark.parametrize("format_", ["PNG", "WEBP"])
def test_transparency_becomes_white(format_: str) -> None:
    content = encoded(
        Image.new("RGBA", (8, 8), (255, 0, 0, 0)), format_, **({"lossless": True} if format_ == "WEBP" else {})
    )
    assert decode(content).image.getpixel((2, 2)) == (255, 255, 255)


def test_palette_transparency_becomes_white() -> None:
    image = Image.new("P", (8, 8), 0)
    image.putpalette([255, 0, 0, 0, 255, 0])
    assert decode(encoded(image, "PNG", transparency=0)).image.getpixel((2, 2)) == (255, 255, 255)
    assert decode(encoded(image, "PNG", transparency=b"\0\xff")).image.getpixel((2, 2)) == (255, 255, 255)
    assert decode(encoded(image, "GIF", transparency=0)).image.getpixel((2, 2)) == (255, 255, 255)


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG"])
def test_an_animation_gives_its_first_frame(format_: str) -> None:
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("red", "blue", "green")]
    content = encoded(frames[0], format_, save_all=True, append_images=frames[1:])
    pixel = decode(content).image.getpixel((5, 5))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 240
    assert pixel[2] < 20
    with pytest.raises(ImageError, match="3 frames, more than 2"):
        decode(content, limits=ImageLimits(max_frames=2))


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_agrees_with_pillow(format_: str, orientation: int) -> None:
    image = Image.new("RGB", (64, 32), "red")
    ImageDraw.Draw(image).rectangle((0, 0, 20, 10), fill="blue")
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(image, format_, exif=exif)
    expected = ImageOps.exif_transpose(Image.open(BytesIO(content))).convert("RGB")
    photo = decode(content)
    assert (photo.width, photo.height) == expected.size
    assert np.abs(np.asarray(photo.image, int) - np.asarray(expected, int)).max() <= 2


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x63\0\0\0",
    ],
)
def test_malformed_exif_and_profile_are_survived(exif: bytes) -> None:
    image = Image.new("RGB", (40, 30), "navy")
    assert decode(encoded(image, "JPEG", exif=exif, icc_profile=b"no profile")).width == 40
    assert decode(encoded(image, "PNG", icc_profile=b"no profile")).width == 40


def test_a_smaller_decode_keeps_the_shorter_side_and_the_original_size() -> None:
    photo = decode(make_photo(1200, 900).read(), shortest=224)
    assert min(photo.image.size) >= 224
    assert photo.image.size == (300, 225)
    assert (photo.width, photo.height) == (1200, 900)
    assert min(decode(make_photo(300, 200).read(), shortest=224).image.size) == 200


def test_decoding_is_deterministic() -> None:
    content = make_photo(500, 400).read()
    assert decode(content, shortest=100).image.tobytes() == decode(content, shortest=100).image.tobytes()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<?xml version='1.0'?><svg/>", "an SVG drawing"),
        (b"<!DOCTYPE html><html></html>", "a web page"),
        (b"BM" + b"\0" * 60, "unknown format"),
        (b"%PDF-1.7", "unknown format"),
        (b"\0\0\0\x20ftypavif" + b"\0" * 30, "AVIF or HEIC"),
        (b"\xff\xd8\xff", "cut off within its header"),
        (b"GIF89a", "cut off within its header"),
        (b"RIFF\0\0\0\0WEBPabcd" + b"\0" * 30, "without a picture"),
        (png_header(50_000, 50_000), "50000 × 50000 pixels, more than"),
        (png_header(0, 10), "0 × 10"),
        (make_photo(640, 480).read()[:9000], "cut off or broken"),
        (make_photo(64, 48, format="PNG").read()[:900], "cut off or broken"),
        (make_photo(64, 48, format="WEBP").read()[:100], "cut off or broken"),
    ],
)
def test_what_is_wrong_is_said(content: bytes, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        decode(content)


def test_limits() -> None:
    content = make_photo(100, 80).read()
    with pytest.raises(ImageError, match=f"{len(content)} bytes, more than 100"):
        decode(content, limits=ImageLimits(max_bytes=100))
    with pytest.raises(ImageError, match="100 × 80 pixels, more than the 7999 that a photo may have"):
        decode(content, limits=ImageLimits(max_pixels=7999))
    with pytest.raises(ImageError, match="a JPEG, not one of PNG"):
        decode(content, limits=ImageLimits(formats=("PNG",)))
    with pytest.raises(ValueError, match="TIFF"):
        ImageLimits(formats=("TIFF",))
    with pytest.raises(ValueError, match="max_pixels is 0"):
        ImageLimits(max_pixels=0)


def test_a_photo_with_countless_scans_is_refused() -> None:
    content = encoded(Image.new("RGB", (16, 16)), "JPEG", progressive=True)
    scan = content[content.rindex(b"\xff\xda") : -2]
    with pytest.raises(ImageError, match="scans"):
        decode(content[:-2] + scan * 200 + content[-2:])


def test_scans_are_counted_up_to_the_photo_s_end_and_wherever_a_decoder_finds_them() -> None:
    content = encoded(make_photo_image(), "JPEG", progressive=True)
    scan = content[content.rindex(b"\xff\xda") : -2]
    comment = b"\xff\xfe\0\x04\xff\xd9"  # says that the photo ends, but decoders skip it

    assert decode(content + content * 9).width == 96
    with pytest.raises(ImageError, match="more than 20 scans"):
        decode(content[:-2] + (comment + scan) * 22 + content[-2:])


def test_a_photo_of_countless_segments_is_refused() -> None:
    content = encoded(make_photo_image(), "JPEG")
    with pytest.raises(ImageError, match="more than 1000 segments between its scans"):
        decode(content[:-2] + b"\xff\xfe\0\x02" * 2_000 + content[-2:])


def test_what_cannot_be_decoded_smaller_has_a_lower_limit() -> None:
    limits = ImageLimits(max_pixels=8000, max_whole_pixels=7000)
    picture = make_photo_image().resize((100, 80))

    assert decode(encoded(picture, "JPEG"), limits=limits).width == 100
    for content in (encoded(picture, "JPEG", progressive=True), encoded(picture, "PNG"), encoded(picture, "WEBP")):
        with pytest.raises(ImageError, match=r"100 × 80 pixels, more than the 7000 that a photo of this kind \("):
            decode(content, limits=limits)


def test_only_a_jpeg_of_one_scan_takes_less_memory_when_less_is_wanted() -> None:
    picture = make_photo_image().resize((800, 600))

    def held(content: bytes, shortest: int) -> int:
        return held_pixels(read_header(content, limits=ImageLimits()), shortest=shortest)

    assert [held(encoded(picture, "JPEG"), shortest) for shortest in (75, 76, 600, 900)] == [7500, 30_000] + [
        480_000
    ] * 2
    assert held(encoded(picture, "JPEG", progressive=True), 75) == held(encoded(picture, "PNG"), 75) == 480_000


def test_a_tall_transparent_photo_is_white_all_over() -> None:
    picture = Image.new("RGBA", (4, 700), (255, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (0, 255, 4, 257))

    found = np.asarray(decode(encoded(picture, "PNG")).image)

    assert (found[[254, 257, 699]] == 255).all()
    assert (found[255:257] == (0, 0, 255)).all()


def test_no_message_tells_where_in_memory_something_lies() -> None:
    content = bytearray(make_photo(64, 48, format="PNG").read())
    content[25] = 255  # a colour type that there is not
    with pytest.raises(ImageError, match="the PNG photo is cut off or broken: its header cannot be read"):
        decode(bytes(content))


def test_what_follows_a_photo_is_ignored() -> None:
    for format_ in FORMATS:
        content = make_photo(40, 30, format=format_).read()
        assert decode(content + b"<script>alert(1)</script>PK\3\4" * 50).width == 40


def test_a_phone_s_second_picture_is_ignored() -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    photo = decode(encoded(frames[0], "MPO", save_all=True, append_images=frames[1:]))
    assert photo.format == "JPEG"
    pixel = photo.image.getpixel((5, 5))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 240


def test_a_gif_whose_first_frame_is_larger_than_its_screen_is_measured_by_the_frame() -> None:
    content = bytearray(make_photo(40, 30, format="GIF").read())
    start = content.index(b"\x2c", 13 + 768)
    content[start + 5 : start + 9] = struct.pack("<HH", 60_000, 60_000)
    with pytest.raises(ImageError, match="60000 × 60000"):
        decode(bytes(content))


REAL = [make_photo(48, 40, format=format_).read() for format_ in FORMATS]


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF1234WEBPVP8X", b"GIF89a", b"\xff\xd8\xff\xe1"]),
)
def test_arbitrary_bytes_raise_nothing_else(content: bytes, start: bytes) -> None:
    with suppress(ImageError):
        decode(start + content)


@settings(max_examples=300)
@given(st.sampled_from(REAL), st.data())
def test_damaged_photos_raise_nothing_else(content: bytes, data: st.DataObject) -> None:
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    for spoilt in (bytes(damaged), bytes(damaged[:cut])):
        try:
            photo = decode(spoilt, limits=ImageLimits(max_pixels=1_000_000), shortest=data.draw(st.integers(1, 64)))
        except ImageError:
            continue
        assert photo.image.mode == "RGB"
