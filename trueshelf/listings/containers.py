"""What an encoded photo says about itself, read without decoding a pixel.

The decoder is handed only what pixels need: colour profiles, EXIF blocks, comments, thumbnails and further pictures
stay out, so that nothing hostile or merely broken in them can matter. Formats: JPEG (ITU T.81), PNG (ISO 15948), WebP
(RFC 9649) and GIF89a.
"""

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass


class ImageError(ValueError):
    """A photo that cannot be used; the message says what is wrong with it, with the figure."""


@dataclass(frozen=True, slots=True)
class Container:
    """A photo as its header describes it.

    Attributes:
        width: pixels, as stored (before the orientation is applied).
        frames: how many pictures an animation has; 1 for a still photo.
        reducible: whether it can be decoded at a fraction of its size for a fraction of the memory.
        orientation: the EXIF value from 1 to 8; 1 where there is none or it cannot be read.
        pixels: the encoded photo without anything that its pixels do not need.
    """

    format: str
    width: int
    height: int
    frames: int
    orientation: int
    pixels: bytes
    reducible: bool = False


_MAX_SCANS = 20  # a progressive photo has about ten; each one more costs a pass over every pixel
_LONE_MARKERS = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})  # without a length: escaped 0xFF, TEM, RST0 to 7, SOI
_MAX_SEGMENTS = 1_000  # between scans, where each of those has a few tables
_NEXT_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")  # with a length, or the end; behind coded pixels
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_DROPPED_SEGMENTS = (frozenset(range(0xE0, 0xF0)) - {0xE0, 0xEE}) | {0xFE}  # APPn but JFIF and Adobe's; comments
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})


def read_container(content: bytes) -> Container:
    """Read the header of a photo of any of the four formats, told by content and never by name.

    Raises:
        ImageError: the content is of another format, or its header is cut off or contradictory.
    """
    read = _reader(content)
    try:
        container = read(content)
    except (IndexError, struct.error) as error:
        raise ImageError(f"the photo is cut off within its header ({len(content)} bytes)") from error
    if container.width < 1 or container.height < 1:
        raise ImageError(f"the photo is {container.width} × {container.height} pixels")
    return container


def _reader(content: bytes) -> Callable[[bytes], Container]:
    if content.startswith(b"\xff\xd8\xff"):
        return _read_jpeg
    if content.startswith(_PNG_SIGNATURE):
        return _read_png
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return _read_webp
    if content.startswith((b"GIF87a", b"GIF89a")):
        return _read_gif
    raise ImageError(f"the photo is {_guess(content)}, not JPEG, PNG, WebP or GIF")


def _guess(content: bytes) -> str:
    """What content of another format seems to be, for the message only."""
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<svg", b"<?xml")) or b"<svg" in start:
        return "an SVG drawing"
    if start.startswith((b"<!doctype", b"<html", b"<")):
        return "a web page"
    if content[4:12] in (b"ftypavif", b"ftypheic", b"ftypmif1", b"ftypheix"):
        return "an AVIF or HEIC picture"
    return f"of an unknown format (it starts with {content[:4].hex(' ')})"


def _read_jpeg(content: bytes) -> Container:
    kept = bytearray(content[:2])
    size: tuple[int, int] | None = None
    orientation = 1
    end = 2
    for marker, start, end in _segments(content):
        if marker in _FRAME_HEADERS:
            if size is not None:
                raise ImageError("the photo has two frame headers")
            size = struct.unpack_from(">HH", content, start + 5)
        elif marker == 0xE1 and content[start + 4 : start + 10] == b"Exif\0\0":
            orientation = _exif_orientation(content[start + 10 : end])
        if marker not in _DROPPED_SEGMENTS:
            kept += content[start:end]
    if size is None:
        raise ImageError("the photo has no frame header")
    scans = _scans(content, end)
    if scans > _MAX_SCANS:
        raise ImageError(f"the photo has more than {_MAX_SCANS} scans")
    height, width = size
    # With several scans every coefficient is kept until the last, whatever size is asked for.
    return Container("JPEG", width, height, 1, orientation, bytes(kept) + content[end:], reducible=scans == 1)


def _scans(content: bytes, at: int) -> int:
    """How many scans a JPEG has from `at`, counted no further than is allowed.

    What follows the photo's end, a phone's second picture for instance, does not count.
    """
    scans = segments = 0
    while scans <= _MAX_SCANS and (found := _NEXT_MARKER.search(content, at)):
        marker, at = content[found.end() - 1], found.end()
        if marker == 0xD9 or at + 2 > len(content):
            break
        (length,) = struct.unpack_from(">H", content, at)
        scans += marker == 0xDA
        segments += 1
        at += length
        if segments > _MAX_SEGMENTS:
            raise ImageError(f"the photo has more than {_MAX_SEGMENTS} segments between its scans")
    return scans


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment before the first scan of a JPEG."""
    at = 2
    while True:
        marker = content[at + 1]
        if content[at] != 0xFF or marker == 0xFF:  # padding between segments, which decoders skip
            at += 1
        elif marker in _LONE_MARKERS:
            at += 2
        elif marker in (0xD9, 0xDA):
            return
        else:
            (length,) = struct.unpack_from(">H", content, at + 2)
            yield marker, at, at + 2 + length
            at += 2 + length


def _read_png(content: bytes) -> Container:
    kept = bytearray(_PNG_SIGNATURE)
    orientation, frames = 1, 1
    at = len(_PNG_SIGNATURE)
    width, height = struct.unpack_from(">II", content, at + 8)
    while at + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        data = slice(at + 8, at + 8 + length)
        if kind == b"eXIf":
            orientation = _exif_orientation(content[data])
        elif kind == b"acTL" and length >= 4:
            (frames,) = struct.unpack_from(">I", content, data.start)
        if kind in _PNG_KEPT:
            kept += content[at : data.stop + 4]
        at = data.stop + 4
        if kind == b"IEND":
            break
    return Container("PNG", width, height, max(frames, 1), orientation, bytes(kept))


def _read_webp(content: bytes) -> Container:
    width, height = _webp_size(content)
    orientation, frames = 1, 0
    at = 12
    while at + 8 <= len(content):
        kind, length = struct.unpack_from("<4sI", content, at)
        if kind == b"EXIF":
            exif = content[at + 8 : at + 8 + length]
            orientation = _exif_orientation(exif.removeprefix(b"Exif\0\0"))
        frames += kind == b"ANMF"
        at += 8 + length + length % 2
    return Container("WEBP", width, height, max(frames, 1), orientation, content)


def _webp_size(content: bytes) -> tuple[int, int]:
    """Canvas width and height in pixels."""
    kind = content[12:16]
    if kind == b"VP8X":
        size = int.from_bytes(content[24:30], "little")
        return (size & 0xFFFFFF) + 1, (size >> 24) + 1
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise ImageError("the photo is a WebP file without a picture")


def _read_gif(content: bytes) -> Container:
    """The header and the first frame, cut off before the second."""
    width, height, flags = struct.unpack_from("<HHB", content, 6)
    at = 13 + _palette_bytes(flags)
    first_end, frames = None, 0
    while at < len(content) and content[at] in (0x21, 0x2C):
        if content[at] == 0x2C:
            frame_width, frame_height, flags = struct.unpack_from("<HHB", content, at + 5)
            # A first frame larger than its screen makes decoders grow the canvas.
            if frames == 0:
                width, height = max(width, frame_width), max(height, frame_height)
            at = _after_blocks(content, at + 11 + _palette_bytes(flags))
            frames += 1
            first_end = first_end or at
        else:
            at = _after_blocks(content, at + 2)
    return Container("GIF", width, height, max(frames, 1), 1, content[: first_end or at] + b";")


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _after_blocks(content: bytes, at: int) -> int:
    """The offset behind a chain of GIF sub-blocks; the end of the content where the chain is cut off."""
    while at < len(content) and content[at]:
        at += content[at] + 1
    return min(at + 1, len(content))


def _exif_orientation(tiff: bytes) -> int:
    """Tag 0x0112 of the first directory of an EXIF block; 1 where it is absent or the block is malformed."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (entries,) = struct.unpack_from(f"{order}H", tiff, start)
        for entry in range(entries):
            tag, kind, _count, value = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * entry)
            if tag == 0x0112:
                return value if kind == 3 and 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1
