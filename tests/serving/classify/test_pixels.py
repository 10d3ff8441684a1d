"""What photos cost is bounded by the request, and told by photo."""

import base64
import json
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from serving.classify.pixels import MAX_PIXELS, costs_of
from trueshelf.listings import Listing, Photo
from trueshelf.testing import make_listing

PATH = "/v1/verdicts"


def blank(width: int, height: int, format_: str = "PNG") -> bytes:
    out = BytesIO()
    Image.new("1" if format_ == "PNG" else "L", (width, height)).save(out, format_)
    return out.getvalue()


def listing_of(name: str, *photos: bytes) -> Listing:
    return make_listing(id=name, photos=tuple(Photo.of(photo) for photo in photos))


def test_a_jpeg_that_is_decoded_smaller_counts_a_quarter_and_a_broken_photo_nothing() -> None:
    listing = listing_of("a", blank(40, 30, "JPEG"), blank(40, 30), b"<svg/>")

    assert [costs_of([listing])[photo.digest] for photo in listing.photos] == [300, 1_200, 0]


@pytest.mark.parametrize("form", [False, True])
def test_the_photos_of_a_request_have_a_budget(client: TestClient, form: bool) -> None:
    huge = blank(5_000, 5_000)
    most = MAX_PIXELS // 25_000_000
    first = most - 2
    assert first <= 16 * 2
    photo = "p" if form else base64.b64encode(huge).decode()
    listings: list[dict[str, Any]] = [
        {"listing_id": "a", "photos": [photo] * 16},
        {"listing_id": "b", "photos": [photo] * (first - 16)},
        {"listing_id": "c", "photos": [photo] * 3},
        {"listing_id": "d", "photos": [photo] * 2},
        {"listing_id": "e", "photos": []},
    ]
    body = {"listings": listings}

    answer = (
        client.post(PATH, files={"listings": ("l", json.dumps(body)), "p": ("p", huge)})
        if form
        else client.post(PATH, json=body)
    )

    results = answer.json()["results"]
    assert ["error" in result for result in results] == [False, False, True, False, False]
    assert results[2]["error"] == {
        "field": "photos[2]",
        "status": 422,
        "message": f"the photos of the request have more than {MAX_PIXELS} pixels; send the listing in another one",
    }
