import math

import numpy as np
import pytest

from trueshelf.listings import BrandTable, Listing
from trueshelf.models.inscriptions import Inscription
from trueshelf.models.reasons import ReasonCode
from trueshelf.models.sight import Sight
from trueshelf.models.signals import PHOTO_FACTS, Lexicon
from trueshelf.models.signals.inscriptions import measure_inscriptions
from trueshelf.models.signals.spec import Part
from trueshelf.models.signals.writing import Writing
from trueshelf.testing import make_listing

BRANDS, LEXICON = BrandTable.default(), Lexicon.default()
NIKE = make_listing(title="Nike running shoes", brand="Nike")


def line(text: str, confidence: float = 0.98, *, top: float = 0.2) -> Inscription:
    return Inscription(text, confidence, (0.1, top, 0.6, top + 0.1))


def sight(*lines: Inscription, read: bool = True) -> Sight:
    return Sight(np.zeros((1, 4), np.float32), np.zeros(len(PHOTO_FACTS), np.float32), lines if read else None)


def measured(*sights: Sight, listing: Listing = NIKE) -> Part:
    return measure_inscriptions(Writing.of(listing), sights, brands=BRANDS, lexicon=LEXICON)


def codes(part: Part) -> set[ReasonCode]:
    return {found.code for found in part.findings}


@pytest.mark.parametrize(
    "text", ["WhatsApp +44 7700 900123", "Telegram @shoes_factory", "wa.me/447700900123", "微信 : topshoes88"]
)
def test_contact_details_in_a_photo_are_found_with_their_place(text: str) -> None:
    part = measured(sight(), sight(line(text)))
    (found,) = part.findings
    assert found.code is ReasonCode.PHOTO_TEXT_CONTACT
    assert found.evidence["field"] == "photos[1]"
    assert found.evidence["box"] == "10 %, 20 %, 60 %, 30 %"
    assert found.evidence["line"] == text
    assert part.values["photo_text_contacts"] == 1


@pytest.mark.parametrize(
    "text",
    ["nova supply", "@novasupply", "www.novasupply.example", "SAMPLE", "SALE -30%", "-50%", "NEW", "14:27", "1/8",
     "EU 42 UK 8 CM 26.5", "Bust 92 Waist 74 Length 101", "MADE IN VIETNAM", "100% COTTON", "8 001090 379481", "NIKE"],
)  # fmt: skip
def test_marks_of_shops_size_charts_badges_and_labels_are_no_findings(text: str) -> None:
    assert not measured(sight(line(text))).findings


def test_a_number_below_its_messenger_belongs_to_it() -> None:
    (found,) = measured(sight(line("WhatsApp"), line("0812 3456 7890", top=0.35))).findings
    assert found.evidence["line"] == "WhatsApp 0812 3456 7890"
    assert found.evidence["box"] == "10 %, 20 %, 60 %, 45 %"
    assert not measured(sight(line("Telegram"), line("@shoes_factory", top=0.7))).findings
    assert not measured(sight(line("Telegram")), sight(line("@shoes_factory", top=0.3))).findings
    assert measured(sight(line("Telegram"), line("@shoes_factory", top=0.3))).values["photo_text_contacts"] == 1


def test_a_word_for_copies_is_found_unless_it_is_denied() -> None:
    assert codes(measured(sight(line("mirror quality")))) == {ReasonCode.PHOTO_TEXT_REPLICA}
    assert not measured(sight(line("NOT REPLICA"))).findings


@pytest.mark.parametrize("text", ["WhatsApp +44 7700 900123", "mirror quality", "ADIDAS"])
def test_a_line_that_was_read_without_confidence_accuses_nobody(text: str) -> None:
    assert measured(sight(line(text))).findings
    assert not measured(sight(line(text, confidence=0.8))).findings


@pytest.mark.parametrize("text", ["m1rror qual1ty", "r e p l i c a", "AD1DAS", "ADIDSA"])
def test_words_that_may_be_misread_accuse_nobody(text: str) -> None:
    assert not measured(sight(line(text))).findings


def test_another_brand_in_the_photo_is_found() -> None:
    part = measured(sight(line("ADIDAS")))
    assert codes(part) == {ReasonCode.PHOTO_TEXT_OTHER_BRAND}
    assert part.values["photo_text_brands"] == 1


@pytest.mark.parametrize(
    ("lines", "listing"),
    [
        (["ADIDAS", "NIKE"], NIKE),
        (["ADIDAS"], make_listing(title="Nike shoes, as comfortable as Adidas", brand="Nike")),
        (["ADIDAS"], make_listing(title="Running shoes", brand=None)),
        (["SHOP ADIDAS AND MORE"], NIKE),
        (["FILA 7 EBENE 2"], NIKE),
        (["SAMSUNG"], NIKE),
        (["TOYOTA"], NIKE),
    ],
    ids=[
        "beside the claimed one",
        "named in the text",
        "none claimed",
        "within a longer line",
        "a word of a line",
        "camera's mark",
        "printed car",
    ],
)
def test_brands_that_are_no_contradiction_are_no_finding(lines: list[str], listing: Listing) -> None:
    assert not measured(sight(*map(line, lines)), listing=listing).findings


def test_the_claimed_name_and_what_nearly_is_it_are_told_apart() -> None:
    shown, bent = measured(sight(line("ADIDAS")), listing=make_listing(brand="Adidas")), measured(
        sight(line("ADIDSA")), listing=make_listing(brand="Adidas")
    )  # fmt: skip
    assert (shown.values["photo_text_claimed"], shown.values["photo_text_lookalikes"]) == (1, 0)
    assert (bent.values["photo_text_claimed"], bent.values["photo_text_lookalikes"]) == (0, 1)


def test_what_was_not_read_is_unknown_and_what_has_no_lines_is_nothing() -> None:
    unread = dict(measured(sight(read=False)).values)
    assert unread.pop("photos_read") == 0
    assert all(math.isnan(value) for value in unread.values())
    assert set(measured(sight(), sight(read=False)).values.values()) == {0.0, 1.0}


def test_the_share_under_writing_is_that_of_the_fullest_photo() -> None:
    assert measured(sight(line("a")), sight(line("b"), line("c"))).values["photo_text_share"] == pytest.approx(0.1)


def test_what_is_shown_is_bounded_and_has_no_invisible_characters() -> None:
    (found,) = measured(sight(line("WhatsApp +44 7700 900123 \u200b" + "x" * 500))).findings
    assert "<U+200B>" in found.evidence["line"]
    assert len(found.evidence["line"]) < 140
