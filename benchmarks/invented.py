"""A dataset of any size, generated row by row: listings that refer to a few photos and say one of a few things.

What embedding costs thus does not grow with the number of listings, and all the rest does. Invented data: what a model
learns from it means nothing.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from training.data.folder import store_photo, write_dataset
from trueshelf.listings import Dataset, Head

Row = dict[str, Any]

PHOTOS = 48
TEXTS = 400
LISTINGS_OF_A_SHOP = 20
_BLOCK = 4096
_SPLITS = ("train",) * 11 + ("validation",) * 2 + ("calibration",) * 4 + ("test",) * 3
_BRANDS = ("Nike", "Adidas", "Casio", "Lego", "Canon", "")
_GOODS = ("sneakers", "watch", "bag", "camera", "jacket", "headphones", "bricks", "shirt")
_SAID = ("worn twice", "new in box", "mirror quality 1:1", "with receipt", "factory overrun", "gift, never used")
_START = datetime(2024, 1, 1, tzinfo=UTC)


def invented(folder: Path, listings: int, *, seed: int = 0) -> Dataset:
    """Write a dataset of so many listings; memory does not grow with their number."""
    photos = [store_photo(folder, _plain(number)) for number in range(PHOTOS)]
    return write_dataset(
        folder,
        name=f"invented-{listings}",
        card={"source": "benchmarks/invented.py", "licence": "CC0-1.0", "made": "by a benchmark", "generated": True},
        listings=_listings(listings, photos, seed),
        shops=({"shop_id": f"s{shop}", "name": f"shop {shop}"} for shop in range(listings // LISTINGS_OF_A_SHOP + 1)),
        labels=_labels(listings, seed),
        splits=({"listing_id": f"l{row}", "split": _split(row), "reason": None} for row in range(listings)),
    )


def _plain(number: int) -> bytes:
    """A picture of one colour: too plain for the gallery of known photos, which would find it in every listing."""
    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (96, 96), (5 * number, 240 - 4 * number, 90)).save(out, "PNG")
    return out.getvalue()


def _split(row: int) -> str:
    """By the shop, so that no shop is in two."""
    return _SPLITS[row // LISTINGS_OF_A_SHOP % len(_SPLITS)]


def _listings(count: int, photos: list[str], seed: int) -> Iterator[Row]:
    for row, (fake, text, price, shown) in enumerate(_draws(count, seed)):
        rng = np.random.default_rng(text)
        brand, goods, said = rng.choice(_BRANDS), rng.choice(_GOODS), _SAID[2 if fake and text % 2 else text % 6]
        yield {
            "listing_id": f"l{row}",
            "shop_id": f"s{row // LISTINGS_OF_A_SHOP}",
            "title": f"{brand} {goods} model {text} {said}".strip(),
            "description": f"{goods} of {brand or 'no brand'}, {said}. Sent on the day of payment, colour as shown.",
            "brand": str(brand) or None,
            "category": str(goods),
            "price_amount": round(price, 2),
            "price_currency": "USD",
            "photos": [photos[place] for place in shown],
            "attributes": [("lot", str(row))],
            "listed_at": _START + timedelta(minutes=row),
            "language": "en",
        }


def _labels(count: int, seed: int) -> Iterator[Row]:
    for row, (fake, text, _, _) in enumerate(_draws(count, seed)):
        for head, yes in zip(Head, (fake, text % 9 == 0), strict=True):
            yield {
                "listing_id": f"l{row}",
                "head": head.value,
                "answer": "yes" if yes else "no",
                "provenance": "simulated",
            }


def _draws(count: int, seed: int) -> Iterator[tuple[bool, int, float, list[int]]]:
    """Whether each listing is a fake, its text, its price and its photos; the same whenever they are drawn."""
    rng = np.random.default_rng(seed)
    for start in range(0, count, _BLOCK):
        size = min(_BLOCK, count - start)
        fake_N, text_N = rng.random(size) < 0.1, rng.integers(TEXTS, size=size)
        price_N = np.exp(rng.normal(4.0, 0.4, size) - 0.7 * fake_N)
        shown_N2 = (rng.integers(PHOTOS // 2, size=(size, 2)) + PHOTOS // 2 * fake_N[:, None]) % PHOTOS
        photos_N = rng.integers(1, 3, size=size)
        for fake, text, price, shown, many in zip(fake_N, text_N, price_N, shown_N2, photos_N, strict=True):
            yield bool(fake), int(text), float(price), shown[:many].tolist()
