"""Photos, decoded within bounds: the one way from uploaded bytes to pixels, in training and in serving."""

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from trueshelf.listings.containers import Container, ImageError, read_container

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["DecodedPhoto", "ImageError", "ImageLimits", "decode", "develop", "held_pixels", "read_header"]

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_MOST_PIXELS = 89_000_000  # beyond this Pillow warns of decompression bombs
_FRACTIONS = (1, 2, 4, 8)  # that a JPEG can be decoded at
_STRIP = 256  # rows that are laid on white at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLimits:
    """What a photo may cost; anything beyond is refused before a pixel is decoded.

    Attributes:
        max_pixels: of any photo; cameras of phones make JPEGs of 50 million.
        max_whole_pixels: of a photo that can only be decoded whole: of any but a JPEG of a single scan.
    """

    max_bytes: int = 8 * 2**20
    max_pixels: int = 52_000_000
    max_whole_pixels: int = 25_000_000
    max_frames: int = 1_000
    formats: tuple[str, ...] = FORMATS

    def __post_init__(self) -> None:
        if not 0 < self.max_pixels <= _MOST_PIXELS:
            raise ValueError(f"max_pixels is {self.max_pixels}, not between 1 and {_MOST_PIXELS}")
        if unknown := set(self.formats) - set(FORMATS):
            raise ValueError(f"formats has {sorted(unknown)}, which are none of {FORMATS}")


@dataclass(frozen=True, slots=True)
class DecodedPhoto:
    """A photo as RGB, upright, on white where it was transparent.

    Attributes:
        image: mode RGB; possibly smaller than the original where `decode` was told that smaller will do.
        width: the original's pixels, upright.
        content_bytes: size of the encoded photo.
    """

    image: "Image"
    width: int
    height: int
    format: str
    content_bytes: int


def decode(content: bytes, *, limits: ImageLimits | None = None, shortest: int | None = None) -> DecodedPhoto:
    """Decode a JPEG, PNG, WebP or GIF (of an animation its first frame).

    Args:
        shortest: a JPEG may be decoded at a half, a quarter or an eighth of its size, yet never with fewer pixels than
            this along its shorter side. None decodes every pixel.

    Raises:
        ImageError: the photo is beyond the limits, of another format, cut off or broken.
    """
    limits = limits or ImageLimits()
    return develop(read_header(content, limits=limits), content_bytes=len(content), shortest=shortest)


def read_header(content: bytes, *, limits: ImageLimits) -> Container:
    """What a photo says about itself, checked against the limits; no pixel is decoded.

    Raises:
        ImageError: the photo is beyond the limits, of another format, or its header is broken.
    """
    if not content:
        raise ImageError("the photo is empty (0 bytes)")
    if len(content) > limits.max_bytes:
        raise ImageError(f"the photo has {len(content)} bytes, more than {limits.max_bytes}")
    container = read_container(content)
    _check(container, limits)
    return container


def held_pixels(container: Container, *, shortest: int) -> int:
    """How many pixels have to be in memory to decode a photo with `shortest` pixels along its shorter side."""
    fraction = max((n for n in _FRACTIONS if min(container.width, container.height) // n >= shortest), default=1)
    return container.width * container.height // (fraction**2 if container.reducible else 1)


def develop(container: Container, *, content_bytes: int, shortest: int | None = None) -> DecodedPhoto:
    """Decode what `read_header` has checked; see `decode`.

    Raises:
        ImageError: the photo is cut off or broken.
    """
    image = _upright(_pixels(container, shortest), container.orientation)
    turned = container.orientation >= 5
    width, height = (container.height, container.width) if turned else (container.width, container.height)
    return DecodedPhoto(image, width, height, container.format, content_bytes)


def _check(container: Container, limits: ImageLimits) -> None:
    if container.format not in limits.formats:
        raise ImageError(f"the photo is a {container.format}, not one of {', '.join(limits.formats)}")
    most = limits.max_pixels if container.reducible else min(limits.max_pixels, limits.max_whole_pixels)
    if container.width * container.height > most:
        size = f"{container.width} × {container.height}"
        kind = f"a photo of this kind ({container.format}) may have" if most < limits.max_pixels else "a photo may have"
        raise ImageError(f"the photo has {size} pixels, more than the {most} that {kind}")
    if container.frames > limits.max_frames:
        raise ImageError(f"the photo has {container.frames} frames, more than {limits.max_frames}")


def _pixels(container: Container, shortest: int | None) -> "Image":
    from PIL import Image, UnidentifiedImageError  # here, so that importing the records stays quick

    try:
        with Image.open(BytesIO(container.pixels), formats=(container.format,)) as image:
            if image.size != (container.width, container.height):
                raise ImageError(
                    f"the photo is {image.size}, not {(container.width, container.height)} as its header says"
                )
            if container.format == "JPEG" and shortest is not None:
                image.draft(None, (shortest, shortest))
            image.load()
            return _rgb(image)
    except ImageError:
        raise
    except UnidentifiedImageError as error:  # whose message names an object in memory
        raise ImageError(f"the {container.format} photo is cut off or broken: its header cannot be read") from error
    except Exception as error:  # decoders of hostile bytes raise whatever they stumbled over
        raise ImageError(f"the {container.format} photo is cut off or broken: {error}") from error


def _rgb(image: "Image") -> "Image":
    """The same picture as RGB: transparent parts white, 16 bits a channel reduced to 8."""
    from PIL import Image

    if image.mode.startswith("I"):
        image = image.point(lambda value: value / 256).convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    picture = Image.new("RGB", image.size)
    for top in range(0, image.height, _STRIP):  # the whole at once would take four times the memory of the photo
        strip = image.crop((0, top, image.width, min(top + _STRIP, image.height))).convert("RGBA")
        white = Image.new("RGBA", strip.size, "white")
        picture.paste(Image.alpha_composite(white, strip).convert("RGB"), (0, top))
    return picture


def _upright(image: "Image", orientation: int) -> "Image":
    """The picture as its EXIF orientation (TIFF 6.0, tag 274) wants it seen."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image
