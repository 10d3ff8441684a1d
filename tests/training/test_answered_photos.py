from dataclasses import replace
from pathlib import Path

import numpy as np

from training.answered_photos import answered_photos
from training.data.parts import Part
from training.testing import stored
from trueshelf.testing import make_listing, make_photo


def test_each_photo_has_its_listings_answers_and_unanswered_listings_have_none(
    tmp_path: Path,
) -> None:
    several = make_listing(id="several", photos=(make_photo(seed=1), make_photo(seed=2)))
    part = Part(
        stored(tmp_path / "some", [several, make_listing(id="unanswered"), replace(several, id="bare", photos=())]),
        np.array([[1, -1], [-1, -1], [0, 0]]),
    )
    photos, answers_NK = answered_photos(part)
    assert [photo.digest for photo in photos] == [photo.digest for photo in several.photos]
    assert answers_NK.tolist() == [[1, -1], [1, -1]]
    nothing, none_NK = answered_photos(Part(stored(tmp_path / "none", []), np.empty((0, 2), dtype=np.int64)))
    assert (nothing, none_NK.shape) == ([], (0, 2))
