"""A map points at the part of a photo that the answer comes from."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from PIL import Image, ImageDraw

from trueshelf.listings import Head, Listing, Photo, decode
from trueshelf.models.bundle import Bundle
from trueshelf.models.calibration import Calibrator
from trueshelf.models.heatmap import Heatmap, blurred, heatmaps, log_odds_of, small, with_photo
from trueshelf.models.overlay import overlay, pointed_at
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.verdict import Reason, Scored, Verdict
from trueshelf.testing import make_listing, make_photo


class StripeSeeker:
    """Answers with the amount of detail in the left upper quarter of the first photo, and says no more."""

    judgement = SimpleNamespace(calibrators=dict.fromkeys(Head, Calibrator()))

    def score(self, listings: Sequence[Listing]) -> list[Scored]:
        return [
            Scored(Verdict(listing.id, {}, ()), dict.fromkeys(Head, detail(listing.photos[0]))) for listing in listings
        ]


def detail(photo: Photo) -> float:
    grey_HW = np.asarray(decode(photo.read()).image.convert("L"), dtype=np.float64)
    quarter_HW = grey_HW[: len(grey_HW) // 2, : grey_HW.shape[1] // 2]
    return float(quarter_HW.std() / 20)


def striped() -> Listing:
    """A photo with the same stripes in two opposite corners."""
    image = Image.new("RGB", (240, 240), (200, 200, 200))
    pen = ImageDraw.Draw(image)
    for left in range(20, 90, 10):
        pen.rectangle((left, 20, left + 4, 90), fill=(20, 20, 20))
        pen.rectangle((left + 130, 150, left + 134, 220), fill=(20, 20, 20))
    return with_photo(make_listing(), 0, image)


def test_heat_lies_where_the_answer_comes_from_and_nowhere_else() -> None:
    heatmap = heatmaps(cast("Bundle", StripeSeeker()), striped(), 0)[Head.COUNTERFEIT]
    _, _, right, bottom = heatmap.hottest
    assert (right, bottom) <= (0.5, 0.5)
    assert heatmap.heat_GG.max() > 0.5
    assert np.abs(heatmap.heat_GG[4:]).max() == pytest.approx(0, abs=0.02)  # no window over these cells touches it
    assert np.abs(heatmap.heat_GG[:, 4:]).max() == pytest.approx(0, abs=0.02)


def test_blurring_changes_the_box_and_nothing_else() -> None:
    image = small(striped().photos[0])
    before, after = (np.asarray(each, dtype=int) for each in (image, blurred(image, [(0.0, 0.0, 0.5, 0.5)])))
    changed_HW = np.abs(before - after).max(axis=-1) > 0
    assert changed_HW[:120, :120].any()
    assert not changed_HW[120:].any()
    assert not changed_HW[:, 120:].any()


def test_what_cannot_be_looked_at_is_told() -> None:
    seeker = cast("Bundle", StripeSeeker())
    with pytest.raises(ValueError, match=r"no photos\[1\]: it has 1"):
        heatmaps(seeker, make_listing(), 1)
    with pytest.raises(ValueError, match="cannot be looked at"):
        heatmaps(seeker, make_listing(photos=(Photo.of(b"no photo"),)), 0)


@pytest.mark.slow
@pytest.mark.xdist_group("bundle")
def test_a_real_bundle_gives_a_map_for_each_head(bundle_folder: Path) -> None:
    bundle, listing = Bundle.load(bundle_folder), make_listing(photos=(make_photo(), make_photo(seed=3)))
    maps = heatmaps(bundle, listing, 1, cells=2)
    whole_H = log_odds_of(bundle, [with_photo(listing, 1, small(listing.photos[1]))])[0]
    for place, head in enumerate(Head):
        assert maps[head].heat_GG.shape == (2, 2)
        assert maps[head].log_odds == pytest.approx(whole_H[place], abs=1e-5)


def test_an_overlay_is_red_where_heat_is_and_has_the_size_of_its_photo() -> None:
    image, heat_GG = Image.new("RGB", (120, 80), (128, 128, 128)), np.zeros((4, 4))
    heat_GG[0, 0], heat_GG[3, 3] = 2.0, -2.0
    drawn = overlay(image, Heatmap(0, Head.COUNTERFEIT, 0.0, heat_GG), {})
    assert drawn.size == image.size
    pixels_HWC = np.asarray(drawn, dtype=int)
    assert pixels_HWC[4, 6, 0] > pixels_HWC[4, 6, 2] + 50
    assert pixels_HWC[-4, -6, 2] > pixels_HWC[-4, -6, 0] + 50


def test_a_map_without_heat_stays_pale() -> None:
    image = Image.new("RGB", (60, 60), (90, 90, 90))
    drawn = overlay(image, Heatmap(0, Head.COUNTERFEIT, 0.0, np.full((3, 3), 0.001)), {})
    assert np.abs(np.asarray(drawn, dtype=int) - 90).max() <= 4


def test_boxes_are_those_of_the_head_and_the_photo() -> None:
    def reason(field: str, **evidence: str) -> Reason:
        return Reason(ReasonCode.PHOTO_WATERMARKED, Head.LOW_QUALITY, 1, 1, 0.0, {"field": field, **evidence})

    reasons = [reason("photos[0]", box="0.1,0.2,0.3,0.4"), reason("photos[1]", box="0,0,1,1"), reason("photos[0]")]
    found = pointed_at(reasons, Head.LOW_QUALITY, 0)
    assert found == {"photo_watermarked": pytest.approx((0.1, 0.2, 0.4, 0.6))}
    assert pointed_at(reasons, Head.COUNTERFEIT, 0) == {}


def test_what_differs_within_a_box_is_a_box_too() -> None:
    evidence = {"field": "photos[0]", "box": "0.1,0.2,0.3,0.4", "differs": "0.1,0.2,0.1,0.1"}
    reason = Reason(ReasonCode.MARK_DIFFERS, Head.COUNTERFEIT, 0.0, 0.1, 1.0, evidence)
    found = pointed_at([reason], Head.COUNTERFEIT, 0)
    assert found["mark_differs: here"] == pytest.approx((0.1, 0.2, 0.2, 0.3))
    assert found["mark_differs"] == pytest.approx((0.1, 0.2, 0.4, 0.6))
