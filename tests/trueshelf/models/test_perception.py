"""What is written in photos, from the photo to the verdict, with and without a cache."""

from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import ImageDraw, ImageFont

from trueshelf.listings import Photo, decode
from trueshelf.models.bundle import Bundle
from trueshelf.models.perception import Perceiver, Percept
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.sight import Sight
from trueshelf.models.verdict import Verdict
from trueshelf.testing import make_listing, make_photo

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bundle")]

Floats = npt.NDArray[np.float32]


class Remembered:
    """A cache in memory."""

    def __init__(self) -> None:
        self.arrays: dict[str, Floats] = {}

    def get(self, key: str) -> Floats | None:
        return self.arrays.get(key)

    def put(self, arrays: Mapping[str, Floats]) -> None:
        self.arrays |= arrays


@pytest.fixture(scope="module")
def bundle(bundle_folder: Path) -> Bundle:
    return Bundle.load(bundle_folder)


def written(text: str) -> Photo:
    image = decode(make_photo(480, 360, seed=4).read()).image
    ImageDraw.Draw(image).text((40, 30), text, fill=(20, 20, 20), font=ImageFont.load_default(24))
    out = BytesIO()
    image.save(out, "JPEG", quality=90)
    return Photo.of(out.getvalue())


LISTING = make_listing(photos=(make_photo(480, 360), written("WhatsApp +44 7700 900123")))


def sights(perceiver: Perceiver) -> tuple[Sight, ...]:
    (percept,) = perceiver([LISTING])
    assert isinstance(percept, Percept)
    return percept.sights


def test_a_number_in_a_photo_is_a_reason_that_says_where(bundle: Bundle) -> None:
    (verdict,) = bundle.predict([LISTING])
    assert isinstance(verdict, Verdict)
    (reason,) = [reason for reason in verdict.reasons if reason.code is ReasonCode.PHOTO_TEXT_CONTACT]
    assert reason.evidence["field"] == "photos[1]"
    assert reason.evidence["line"] == "WhatsApp +44 7700 900123"


def test_what_was_read_is_remembered_as_it_was_read(bundle: Bundle) -> None:
    fresh, cache = sights(bundle.perceiver), Remembered()
    assert [sight.inscriptions is None for sight in fresh] == [True, False]
    for _ in range(2):
        found = sights(replace(bundle.perceiver, cache=cache))
        assert [sight.inscriptions for sight in found] == [sight.inscriptions for sight in fresh]


def test_a_photo_whose_embeddings_alone_are_remembered_is_read(bundle: Bundle) -> None:
    cache = Remembered()
    assert [sight.inscriptions for sight in sights(replace(bundle.perceiver, cache=cache, reader=None))] == [None, None]
    later = sights(replace(bundle.perceiver, cache=cache))
    assert [sight.inscriptions for sight in later] == [sight.inscriptions for sight in sights(bundle.perceiver)]


def test_a_remembered_photo_that_can_no_longer_be_decoded_is_its_listings_error(bundle: Bundle) -> None:
    """The cache knows the embeddings of content that its photo has lost since, as when files are damaged."""
    cache, content = Remembered(), LISTING.photos[1].read()
    replace(bundle.perceiver, cache=cache, reader=None)([LISTING])
    broken = replace(LISTING, photos=(LISTING.photos[0], replace(LISTING.photos[1], source=content[:200])))
    (answer,) = replace(bundle.perceiver, cache=cache)([broken])
    assert not isinstance(answer, Percept)
    assert answer.field == "photos[1]"
