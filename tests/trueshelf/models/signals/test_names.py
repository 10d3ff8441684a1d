"""Brand names as signals, and letters in disguise."""

import pytest

from trueshelf.listings import BrandTable, Listing
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.signals.names import measure_names, principal_brand
from trueshelf.models.signals.spec import Part
from trueshelf.models.signals.writing import Writing
from trueshelf.testing import make_listing

BRANDS = BrandTable.default()


def part(listing: Listing) -> Part:
    return measure_names(Writing.of(listing), BRANDS)


def test_a_lookalike_is_quoted_with_its_field_and_brand() -> None:
    [finding] = part(make_listing(title="Shoes", brand="N1ke")).findings
    assert finding.code is ReasonCode.BRAND_LOOKALIKE
    assert finding.evidence == {"found": "N1ke", "brand": "Nike", "field": "brand", "how": "letters"}


def test_misspellings_count_in_titles_and_not_in_descriptions() -> None:
    assert part(make_listing(title="Addidas shoes")).values["brand_lookalikes"] == 1
    assert part(make_listing(description="like Addidas shoes")).values["brand_lookalikes"] == 0
    assert part(make_listing(description="like Ad1das shoes")).values["brand_lookalikes"] == 1


def test_the_brand_field_may_not_contradict_the_title() -> None:
    contradicted = part(make_listing(title="Nike shoes", brand="Adidas"))
    assert contradicted.values["brand_contradicted"] == 1
    assert contradicted.findings[0].evidence == {"brand": "Adidas", "title": "Nike", "field": "brand"}
    for title, brand in (
        ("Nike x Adidas", "Adidas"),
        ("Case for iPhone", "Adidas"),
        ("Shoes", "Adidas"),
        ("Nike", "No brand"),
    ):
        assert part(make_listing(title=title, brand=brand)).values["brand_contradicted"] == 0


@pytest.mark.parametrize("title", ["Niкe", "Ni\u200bke shoes", "ΝIKE", "高\u200b仿", "Gu\ud800cci"])
def test_disguised_letters(title: str) -> None:
    values = part(make_listing(title=title)).values
    assert values["letters_disguised"] == 1


@pytest.mark.parametrize(
    "title", ["USB-кабель", "10 kΩ", "кВт", "👩\u200d🔧 mug", "می\u200cخواهم", "T-shirt für Größe", "soft\u00adhyphen"]
)
def test_letters_that_are_no_disguise(title: str) -> None:
    assert part(make_listing(title=title)).values["letters_disguised"] == 0


def test_invisible_characters_are_shown_in_the_evidence() -> None:
    finding = next(f for f in part(make_listing(title="Ni\u200bke")).findings if f.code is ReasonCode.LETTERS_DISGUISED)
    assert finding.evidence["found"] == "Ni<U+200B>ke"


@pytest.mark.parametrize(
    ("title", "brand", "expected"),
    [
        ("Nike shoes", None, "Nike"),
        ("Shoes", "adidas", "Adidas"),
        ("N1ke", None, "Nike"),
        ("Shoes", "N1ke", "Nike"),
        ("Case for iPhone", None, None),
        ("Shoes", "Acme", None),
        ("Cable like Nike's", "Acme", None),
        ("Cable for iPhone", "Acme", None),
        ("Nike shoes", "for iPhone", None),
        ("Nike shoes", " ", "Nike"),
        ("Nike shoes", "No Brand", "Nike"),
        ("Nike shoes", "no-brand", "Nike"),
        ("N1ke shoes", "无品牌", "Nike"),
        ("Nike shoes", "ไม่มียี่ห้อ", "Nike"),
    ],
)
def test_the_brand_that_a_listing_poses_as(title: str, brand: str | None, expected: str | None) -> None:
    assert principal_brand(Writing.of(make_listing(title=title, brand=brand)), BRANDS) == expected
