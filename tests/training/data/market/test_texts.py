import re
from string import Formatter
from typing import Any

import pytest

from training.data.duplicates import text_likeness
from training.data.market import rates
from training.data.market.build import Tables
from training.data.market.draws import draws
from training.data.market.names import disguised, mistyped
from training.data.market.voice import phrases
from trueshelf.listings.text import normalise

SHAPE = {section: set(pools) for section, pools in phrases("en").items()}


@pytest.mark.parametrize("language", rates.LANGUAGES)
def test_every_language_says_everything_that_english_says(language: str) -> None:
    assert {section: set(pools) for section, pools in phrases(language).items()} == SHAPE


@pytest.mark.parametrize("language", rates.LANGUAGES)
def test_phrases_have_known_slots(language: str) -> None:
    known = _slots(phrases("en"))
    assert _slots(phrases(language)) <= known


def test_no_slot_is_left_open(market: Tables) -> None:
    for row in market.listings:
        assert not re.search(r"[{}]", row["title"] + row["description"])


def test_unrelated_shops_rarely_write_the_same(market: Tables) -> None:
    likeness = text_likeness(market.listings)
    operators = {shop["shop_id"]: shop["operator_id"] for shop in market.shops}
    copied = {row["listing_id"] for row in market.labels if "description_copied" in row["detail"]}
    writer = {
        int(node): market.listings[int(listing)]
        for listing, node in zip(likeness.listings_M, likeness.nodes_M, strict=True)
    }
    alike = 0
    for first, second in likeness.edges_E2.tolist():
        one, other = writer[first], writer[second]
        own_words = not {one["listing_id"], other["listing_id"]} & copied
        alike += own_words and operators[one["shop_id"]] != operators[other["shop_id"]]
    assert alike < 0.02 * len(market.listings)


def test_a_copied_description_names_its_source(market: Tables) -> None:
    texts = {row["listing_id"]: row["description"] for row in market.listings}
    shops: dict[str, list[str]] = {}
    for row in market.listings:
        shops.setdefault(row["shop_id"], []).append(row["description"])
    copies = [
        (row["listing_id"], found[1])
        for row in market.labels
        if (found := re.search(r"\(from (S\w+)\)", row["detail"])) and "title" not in row["detail"]
    ]
    assert len(copies) > 5
    traced = sum(texts[listing] in shops[source] for listing, source in copies)
    assert traced > 0.7 * len(copies)


def test_new_euphemisms_come_into_use_over_the_year(market: Tables) -> None:
    late = [word for word, day in phrases("zh")["fake"]["words"] if day >= 170]
    early_rows = [row for row in market.listings if (row["listed_at"] - rates.START).days < 160]
    assert not [row for row in early_rows if any(word in row["title"] for word in late)]


def test_brand_names_are_disguised_in_many_ways() -> None:
    rng = draws(0, "names")
    spellings = {disguised(rng, "Samsung") for _ in range(200)}
    assert len(spellings) > 40
    assert "Samsung" not in spellings
    assert any(ord(letter) > 0x370 for spelling in spellings for letter in spelling)
    assert any(letter.isdigit() for spelling in spellings for letter in spelling)
    assert {mistyped(rng, "H&M") for _ in range(9)} == {"H&Mm"}


def test_some_disguises_survive_normalisation_and_some_do_not() -> None:
    rng = draws(1, "names")
    plain = [normalise(disguised(rng, "Adidas")).casefold() == "adidas" for _ in range(100)]
    assert any(plain) or not all(plain)


def _slots(section: Any) -> set[str]:
    if isinstance(section, dict):
        return set().union(*(_slots(value) for value in section.values()))
    if isinstance(section, list):
        return set().union(*(_slots(value) for value in section))
    return {name for _, name, _, _ in Formatter().parse(section) if name} if isinstance(section, str) else set()
