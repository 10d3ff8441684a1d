"""Brand marks as signals and findings."""

import math

import pytest

from trueshelf.listings import BrandTable, Listing
from trueshelf.models.marks import Box, FoundMark, SeenMarks
from trueshelf.models.marks.differences import Difference
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.signals.marks import SPECS, measure_marks
from trueshelf.models.signals.spec import Part
from trueshelf.models.signals.writing import Writing
from trueshelf.testing import make_listing

BRANDS = BrandTable.default()
KNOWN = frozenset({"Nike", "Jordan", "Sony"})
WAYS = (Difference.WIDER, Difference.MISSING)
NIKE = make_listing(title="Running shoes", brand="Nike")


def mark(brand: str, *, score: float = 0.999, likeness: float = 0.9) -> FoundMark:
    return FoundMark(brand, score, Box(0.1, 0.2, 0.3, 0.1), likeness, Box(0.12, 0.27, 0.04, 0.03), 0.6, WAYS)


def part(listing: Listing, *photos: tuple[FoundMark, ...] | None) -> Part:
    seen = [None if found is None else SeenMarks(KNOWN, found) for found in photos]
    return measure_marks(Writing.of(listing), seen, BRANDS)


@pytest.mark.parametrize(
    ("listing", "photos"),
    [
        (NIKE, []),
        (NIKE, [None]),
        (make_listing(title="Shoes", brand=None), [()]),
        (make_listing(title="Shoes", brand="Gucci"), [()]),
    ],
)
def test_without_photo_search_brand_or_true_mark_nothing_is_known(
    listing: Listing, photos: list[tuple[FoundMark, ...] | None]
) -> None:
    found = part(listing, *photos)
    assert set(found.values) == {spec.name for spec in SPECS}
    assert all(math.isnan(value) for value in found.values.values())
    assert found.findings == ()


def test_a_mark_out_of_sight_says_nothing_of_its_make() -> None:
    found = part(NIKE, ())
    assert found.values["mark_found"] == found.values["mark_other_brand"] == 0
    assert math.isnan(found.values["mark_likeness"])
    assert found.findings == ()


def test_the_worst_of_several_photos_is_shown_with_the_part_that_differs() -> None:
    found = part(NIKE, (mark("Nike"),), None, (mark("Nike", likeness=0.001),))
    [finding] = found.findings
    assert finding.code is ReasonCode.MARK_DIFFERS
    assert finding.evidence == {
        "brand": "Nike",
        "field": "photos[2]",
        "box": "0.100,0.200,0.300,0.100",
        "differs": "0.120,0.270,0.040,0.030",
        "how": "it is wider for its height than the true mark; a part is missing at the lower left",
    }
    assert found.values["mark_likeness"] == 0.001
    assert found.values["mark_likeness_mean"] == pytest.approx(0.4505)


def test_what_may_be_another_thing_is_not_said_to_differ() -> None:
    assert part(NIKE, (mark("Nike", score=0.6, likeness=0.001),)).findings == ()


def test_the_mark_of_a_brand_that_is_not_named_is_a_finding() -> None:
    [finding] = part(NIKE, (mark("Sony", score=1.0),)).findings
    assert finding.code is ReasonCode.MARK_OF_ANOTHER_BRAND
    assert (finding.evidence["brand"], finding.evidence["found"]) == ("Nike", "Sony")


@pytest.mark.parametrize("listing", [NIKE, make_listing(title="Case for Sony", brand="Nike")])
def test_marks_of_brands_that_are_named_or_kin_are_none_of_another(listing: Listing) -> None:
    seen = mark("Jordan" if listing is NIKE else "Sony")
    assert part(listing, (seen,)).values["mark_other_brand"] == 0
