"""All signals together: any listing can be measured, the same way each time."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trueshelf.listings import Certification, Head, Listing, Money, Photo, ShopContext, decode
from trueshelf.models.marks import Box, FoundMark, SeenMarks
from trueshelf.models.reasons import MODALITIES, ReasonCode
from trueshelf.models.sight import Sight
from trueshelf.models.signals import LIMITS, SIGNALS, Readings, Tables, inspect_photo, measure
from trueshelf.testing import make_listing, make_photo


def seen(photo: Photo) -> Sight:
    """What is seen in a photo, but for its embeddings."""
    return Sight(np.zeros((1, 4), dtype=np.float32), inspect_photo(decode(photo.read())))


SIGHT = seen(make_photo())
TABLES = Tables.fit(
    [make_listing(id=str(number), brand="Nike", price=Money(100.0 + number, "USD")) for number in range(20)]
)
ANY_TEXT = st.text(alphabet=st.characters(codec=None), max_size=120)
ANY_MONEY = st.none() | st.builds(Money, st.floats(), st.sampled_from(["USD", "IDR", "???", ""]) | ANY_TEXT)
ANY_LISTING = st.builds(
    Listing,
    id=ANY_TEXT,
    title=ANY_TEXT,
    description=ANY_TEXT,
    brand=st.none() | ANY_TEXT,
    category=st.none() | ANY_TEXT,
    price=ANY_MONEY,
    list_price=ANY_MONEY,
    attributes=st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=3),
)


def value(readings: Readings, name: str) -> float:
    return float(readings.values[[signal.name for signal in SIGNALS].index(name)])


@settings(deadline=None, max_examples=60)
@given(ANY_LISTING, st.integers(0, 2))
def test_any_listing_can_be_measured(listing: Listing, photos: int) -> None:
    readings = measure(listing, [SIGHT] * photos, TABLES)
    assert readings.values.shape == (len(SIGNALS),)
    assert readings.values.dtype == np.float32
    assert not np.isinf(readings.values).any()
    again = measure(listing, [SIGHT] * photos, TABLES)
    assert np.array_equal(readings.values, again.values, equal_nan=True)
    assert readings.findings == again.findings


@settings(deadline=None, max_examples=60)
@given(ANY_LISTING)
def test_findings_reach_their_limits_and_can_be_stored(listing: Listing) -> None:
    names = {signal.name for signal in SIGNALS}
    for found in measure(listing, [], TABLES).findings:
        limit = LIMITS[found.code]
        assert limit.reached(found.value)
        assert (found.head, found.threshold) == (limit.head, limit.threshold)
        assert found.signals
        assert set(found.signals) <= names
        assert json.dumps(dict(found.evidence), ensure_ascii=False).encode()


def test_an_unremarkable_listing_has_no_findings() -> None:
    assert measure(make_listing(), [SIGHT], TABLES).findings == ()


def test_signals_are_named_once_and_explained() -> None:
    assert len({signal.name for signal in SIGNALS}) == len(SIGNALS)
    assert all(signal.meaning and signal.unit and signal.heads for signal in SIGNALS)
    assert {head for signal in SIGNALS for head in signal.heads} == set(Head)


def test_a_missing_price_is_unknown_and_not_zero() -> None:
    for price in (None, Money(math.nan, "USD"), Money(-1, "USD"), Money(5, "???"), Money(5e-324, "IDR")):
        readings = measure(make_listing(price=price), [SIGHT], TABLES)
        assert math.isnan(value(readings, "price_log"))
        assert math.isnan(value(readings, "price_ratio"))


def test_without_photos_their_signals_are_unknown() -> None:
    readings = measure(make_listing(photos=()), [], TABLES)
    assert value(readings, "photos") == 0
    assert math.isnan(value(readings, "photo_sharpness"))
    assert [found.code for found in readings.findings] == [ReasonCode.NO_PHOTO]


def test_the_tables_survive_json() -> None:
    copy = Tables.from_json(TABLES.to_json())
    assert copy == TABLES
    listing = make_listing(title="N1ke replica", price=Money(9, "USD"))
    assert measure(listing, [SIGHT], copy).findings == measure(listing, [SIGHT], TABLES).findings


@pytest.mark.parametrize("text", ["{}", "[]", "null", '{"brands": {}}', "nonsense"])
def test_garbled_tables_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Tables.from_json(text)


NOW = datetime(2025, 3, 14, tzinfo=UTC)
SHOP = ShopContext(
    registered_at=NOW, certification=Certification.NONE, authorised_brands=("Nike",), found_counterfeit=1
)


def test_every_finding_can_occur() -> None:
    """A listing, or several, for each code; codes that nothing can set off would be dead."""
    tiny = make_photo(90, 90)
    spoilt = [
        make_listing(title="N1ke shoes replica", brand="Adidas", description="WhatsApp +86 138 1234 5678"),
        make_listing(title="Niкe Adidas", brand="Puma"),
        make_listing(title="Nike shoes", brand="Nike", price=Money(9, "USD"), list_price=Money(99, "USD")),
        make_listing(title="100% original authentic genuine", description="100% authentic, genuine, legit, guaranteed"),
        make_listing(title="", description="", photos=(tiny, tiny)),
        make_listing(title="SHOUTED VERY LOUD", description="shouted very loud", photos=()),
        make_listing(title="Nike shoes", brand="Nike", listed_at=NOW, shop=SHOP),
        make_listing(title="bag, bag, bag, Nike, Adidas, Puma, Gucci bag, bag | bag | bag, shoes, shoes, bag, bag"),
    ]
    found = {
        finding.code
        for listing in spoilt
        for finding in measure(listing, [seen(photo) for photo in listing.photos], TABLES).findings
    }
    for brand in ("Nike", "Sony"):
        badly_made = FoundMark(brand, 1.0, Box(0, 0, 1, 1), 0.0, Box(0, 0, 1, 1), 1.0)
        sight = replace(SIGHT, marks=SeenMarks(frozenset({"Nike", "Sony"}), (badly_made,)))
        found |= {finding.code for finding in measure(make_listing(brand="Nike"), [sight], TABLES).findings}
    photo_faults = {code for code in ReasonCode if code.startswith("photo_")} - {"photo_tiny", "photo_repeated"}
    assert found == set(ReasonCode) - MODALITIES - photo_faults
