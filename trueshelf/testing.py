"""Factories for tests: a photo and a listing in which nothing is wrong, to be spoilt by the test."""

from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np

from trueshelf.listings import Listing, Money, Photo


def make_photo(
    width: int = 320,
    height: int = 240,
    colour: tuple[int, int, int] = (180, 60, 50),
    format: str = "JPEG",  # noqa: A002 (Pillow's own word)
    *,
    seed: int = 0,
) -> Photo:
    """A sharp, evenly lit picture of a striped thing of `colour` on a pale ground, with a little camera noise."""
    from PIL import Image

    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    thing = (x / 0.7) ** 2 + (y / 0.6) ** 2 < 1
    stripes = 0.75 + 0.25 * np.sign(np.sin((9 + seed % 7) * (x + y)))
    ground = np.array([212.0, 206.0, 198.0]) * (1 - 0.15 * np.abs(y))[..., None]
    pixels_HWC = np.where(thing[..., None], np.array(colour, float) * stripes[..., None], ground)  # noqa: N806
    noisy = pixels_HWC + rng.normal(0, 3, pixels_HWC.shape)
    out = BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(
        out, format, **({"quality": 92} if format == "JPEG" else {})
    )
    return Photo.of(out.getvalue())


def make_listing(**overrides: Any) -> Listing:  # noqa: ANN401 (any field of a listing)
    """An unremarkable listing with one photo; `overrides` are fields of `Listing`."""
    listing = Listing(
        id="listing-1",
        shop_id="shop-1",
        title="Canvas running shoes with striped sides",
        description="Light shoes for summer, worn twice, with a small mark on the left heel. Size as on the box.",
        category="shoes",
        price=Money(35.0, "USD"),
        photos=overrides.get("photos") or (make_photo(),),
        attributes={"size": "42"},
        language="en",
    )
    return replace(listing, **overrides)
