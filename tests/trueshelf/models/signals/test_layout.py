"""The form of titles and descriptions."""

import math

import pytest

from trueshelf.models.reasons import ReasonCode
from trueshelf.models.signals.layout import measure_layout
from trueshelf.models.signals.spec import Part
from trueshelf.models.signals.writing import Writing
from trueshelf.testing import make_listing


def part(title: str, description: str = "A description that says something else entirely.", brands: float = 0) -> Part:
    listing = make_listing(title=title, description=description)
    return measure_layout(listing, Writing.of(listing), brands_claimed=brands)


def codes(measured: Part) -> set[ReasonCode]:
    return {finding.code for finding in measured.findings}


@pytest.mark.parametrize("title", ["", "  ", "\u200b\u202e", "!!! ***", "\ud800"])
def test_titles_without_a_word_are_empty(title: str) -> None:
    measured = part(title)
    assert codes(measured) == {ReasonCode.TITLE_EMPTY}
    assert math.isnan(measured.values["title_repeated"])


@pytest.mark.parametrize(
    ("title", "brands"),
    [
        ("shoes shoes shoes shoes sneakers shoes shoes sneakers shoes", 0),
        ("shoes, sneakers, kicks, boots, run, sport, gym, men, women, kids, hot, new, sale, cheap, gift, best", 1),
        ("Nike Adidas Puma Gucci Prada Fila shoes new", 6),
        ("女鞋 运动鞋 女鞋 板鞋 女鞋 小白鞋 女鞋 跑步鞋 女鞋 休闲鞋 女鞋 新款鞋 女鞋", 0),
    ],
)
def test_stuffed_titles(title: str, brands: float) -> None:
    assert ReasonCode.TITLE_STUFFED in codes(part(title, brands=brands))


@pytest.mark.parametrize(
    "title",
    [
        "UGREEN Type C to USB 3.0 Adapter USB C OTG Converter Thunderbolt 3 for Chromebook Macbook P9 /P10/P20/M",
        "Canvas running shoes with striped sides, size 42",
        "Nike Air Force 1 '07 (white)",
        "T-shirt",
        "耐克运动鞋男款白色",
    ],
)
def test_ordinary_titles(title: str) -> None:
    assert codes(part(title, brands=1)) == set()


def test_shouting() -> None:
    assert codes(part("NIKE AIR FORCE ONE WHITE")) == {ReasonCode.TITLE_SHOUTED}
    assert codes(part("NIKE AIR")) == set()
    assert math.isnan(part("耐克运动鞋").values["title_capitals"])


def test_descriptions() -> None:
    assert codes(part("Canvas shoes", "")) == {ReasonCode.DESCRIPTION_MISSING}
    assert codes(part("Canvas shoes", " \u200b ")) == {ReasonCode.DESCRIPTION_MISSING}
    assert codes(part("Canvas running shoes", "canvas  RUNNING shoes!")) == {ReasonCode.DESCRIPTION_COPIED}
    assert math.isnan(part("Canvas shoes", "").values["description_copied"])
