"""What a camera, a phone and a marketplace's upload make of a scene: colour cast, blur, noise, compression."""

import io
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from training.data.market.draws import chance, draws, pick

_NOISE_SIDE = 1000


@dataclass(frozen=True, slots=True)
class Camera:
    """A shop's way of taking photos; it is the same for what is genuine and what is not.

    Attributes:
        surfaces: backgrounds that it uses.
        harshness: of the light, 0 to 1.
        tilt: how far the camera is held off, in degrees.
        noise: standard deviation in levels of 256.
        softness: radius of blur in pixels of a photo of 512.
        warmth: colour cast, -1 blue to 1 yellow.
        quality: of the JPEG.
        side: longer side of its photos in pixels.
        aspect: width over height.
    """

    surfaces: tuple[str, ...]
    harshness: float
    tilt: float
    noise: float
    softness: float
    warmth: float
    quality: int
    side: int
    aspect: float


def studio_camera(rng: np.random.Generator) -> Camera:
    """A professional's: even light, no cast, large and sharp."""
    return Camera(
        surfaces=tuple(
            pick(rng, (("studio",), ("studio", "paper"), ("paper",), ("studio", "concrete"), ("studio", "wood")))
        ),
        harshness=float(rng.uniform(0.05, 0.45)),
        tilt=float(rng.uniform(1, 9)),
        noise=float(rng.uniform(0.5, 2.0)),
        softness=float(rng.uniform(0.0, 0.5)),
        warmth=float(rng.normal(0, 0.12)),
        quality=int(rng.integers(80, 95)),
        side=_side(rng, 400, 700),
        aspect=pick(rng, (1.0, 1.0, 0.75, 0.8)),
    )


def phone_camera(rng: np.random.Generator) -> Camera:
    """An amateur's: whatever floor, bed or table there is, by the light of the room."""
    surfaces = ("wood", "sheet", "tiles", "carpet", "concrete", "grass", "wall", "leather", "paper")
    chosen = [surfaces[int(index)] for index in rng.permutation(len(surfaces))[: 1 + int(rng.integers(3))]]
    return Camera(
        surfaces=tuple(chosen),
        harshness=float(rng.uniform(0.3, 1.0)),
        tilt=float(rng.uniform(4, 22)),
        noise=float(rng.uniform(1.5, 7.0)),
        softness=float(rng.uniform(0.1, 0.9)),
        warmth=float(rng.normal(0, 0.45)),
        quality=int(rng.integers(62, 92)),
        side=_side(rng, 310, 640),
        aspect=pick(rng, (1.0, 0.75, 0.75, 1.333)),
    )


def _side(rng: np.random.Generator, low: int, high: int) -> int:
    """The longer side of a seller's photos; one in twenty has a large camera."""
    side = int(rng.integers(low, high))
    return min(900, round(1.4 * side)) if chance(rng, 0.05) else side


def expose(image: Image.Image, camera: Camera, rng: np.random.Generator) -> Image.Image:
    """The scene as the sensor sees it: brightness, contrast, colour cast, softness and noise."""
    softness = camera.softness * max(image.size) / 512 * rng.uniform(0.6, 1.4)
    if softness > 0.35:
        image = image.filter(ImageFilter.BoxBlur(float(softness)))
    gain = float(rng.normal(1.0, 0.05 + 0.06 * camera.harshness))
    gamma = float(np.clip(rng.normal(1.0, 0.08), 0.8, 1.25))
    warmth = camera.warmth + rng.normal(0, 0.08)
    gains = (gain * (1 + 0.09 * warmth), gain, gain * (1 - 0.11 * warmth))
    levels = np.arange(256) / 255
    curve = np.concatenate([np.clip(255 * (levels**gamma) * channel, 0, 255) for channel in gains])
    return _noisy(image.point([int(level) for level in curve]), camera.noise, rng)


def encode(image: Image.Image, *, quality: int) -> bytes:
    """JPEG, as a marketplace stores it."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def recompressed(image: Image.Image, *, quality: int) -> Image.Image:
    """The picture after one more round of JPEG."""
    again = Image.open(io.BytesIO(encode(image, quality=quality)))
    again.load()
    return again


def _noisy(image: Image.Image, sigma: float, rng: np.random.Generator) -> Image.Image:
    bank = _noise(max(1, min(7, round(sigma))))
    left, top = (int(rng.integers(_NOISE_SIDE - side)) if side < _NOISE_SIDE else 0 for side in image.size)
    return ImageChops.add(image, bank.crop((left, top, left + image.width, top + image.height)), 1, -128)


@cache
def _noise(sigma: int) -> Image.Image:
    rng = draws(0, "noise", sigma)
    grain = (
        rng.normal(0, sigma, (_NOISE_SIDE, _NOISE_SIDE, 3)) * 0.6
        + rng.normal(0, sigma, (_NOISE_SIDE, _NOISE_SIDE, 1)) * 0.8
    )
    return Image.fromarray(np.clip(128 + grain, 0, 255).astype(np.uint8))
