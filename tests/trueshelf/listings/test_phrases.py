"""Phrases found in texts, plain and disguised."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueshelf.listings.phrases import How, Phrase, PhraseIndex

NAMES = (
    "Nike",
    "Adidas",
    "Louis Vuitton",
    "Gucci",
    "Burberry",
    "H&M",
    "Levi's",
    "Ray-Ban",
    "HP",
    "1:1",
    "耐克",
    "ไนกี้",
    "Найк",
)
INDEX = PhraseIndex([Phrase(name, name, misspellings=True) for name in NAMES], ordinary=["adios das"])


def found(text: str) -> list[tuple[str, How, str]]:
    return [(match.payload, match.how, text[match.start : match.end]) for match in INDEX.find(text)]


@pytest.mark.parametrize(
    ("text", "name", "how", "fragment"),
    [
        ("new NIKE shoes", "Nike", How.EXACT, "NIKE"),
        ("Nike's best", "Nike", How.EXACT, "Nike's"),
        ("Nikes, used", "Nike", How.EXACT, "Nikes"),
        ("LouisVuitton bag", "Louis Vuitton", How.EXACT, "LouisVuitton"),
        ("louis-vuitton bag", "Louis Vuitton", How.EXACT, "louis-vuitton"),
        ("rayban", "Ray-Ban", How.EXACT, "rayban"),
        ("h & m dress", "H&M", How.EXACT, "h & m"),
        ("Levis 501", "Levi's", How.EXACT, "Levis"),
        ("найк обувь", "Найк", How.EXACT, "найк"),
        ("รองเท้าไนกี้แท้", "ไนกี้", How.EXACT, "ไนกี้"),
        ("正品耐克鞋", "耐克", How.EXACT, "耐克"),
        ("耐 克鞋", "耐克", How.SPELT_OUT, "耐 克"),
        ("耐·克", "耐克", How.SPELT_OUT, "耐·克"),
        ("N1KE air", "Nike", How.LETTERS, "N1KE"),
        ("Nіkе air", "Nike", How.LETTERS, "Nіkе"),
        ("buy ad!das now", "Adidas", How.LETTERS, "ad!das"),
        ("n.i.k.e", "Nike", How.SPELT_OUT, "n.i.k.e"),
        ("N i k e", "Nike", How.SPELT_OUT, "N i k e"),
        ("bur-berry", "Burberry", How.SPLIT, "bur-berry"),
        ("adi das", "Adidas", How.SPLIT, "adi das"),
        ("n*ke", "Nike", How.MASKED, "n*ke"),
        ("Adidos", "Adidas", How.MISSPELT, "Adidos"),
        ("Addidas", "Adidas", How.MISSPELT, "Addidas"),
        ("Guci bag", "Gucci", How.MISSPELT, "Guci"),
        ("Louis Vuiton", "Louis Vuitton", How.MISSPELT, "Louis Vuiton"),
    ],
)
def test_found(text: str, name: str, how: How, fragment: str) -> None:
    assert found(text) == [(name, how, fragment)]


@pytest.mark.parametrize(
    "text",
    [
        "mike",
        "nice",
        "pike",
        "16GB 1HP2",
        "11:15",
        "size 1:10",
        "gecko",
        "gucc",
        "guccio",
        "on i ke a",
        "Gugci",
        "h m",
        "",
        "ni",
        "adios das",
    ],
)
def test_not_found(text: str) -> None:
    assert found(text) == []


def test_words_are_found_in_one_only_where_that_is_wanted() -> None:
    for joined in (True, False):
        index = PhraseIndex([Phrase("not a", "denial", disguises=False, joined=joined)])
        assert [match.payload for match in index.find("not a bag, nota")] == ["denial"] * (1 + joined)


def test_a_colon_parts_letters_but_not_digits() -> None:
    index = PhraseIndex([Phrase(text, text) for text in ("QQ", "1:1")])
    assert [match.payload for match in index.find("QQ:12 1:1 1:1:2 id:QQ")] == ["QQ", "1:1", "QQ"]


def test_matches_do_not_overlap_and_are_in_order() -> None:
    text = "Nike N1ke nike-adidas Adidos a d i d a s 耐克 1:1"
    matches = INDEX.find(text)
    assert [match.payload for match in matches] == ["Nike", "Nike", "Nike", "Adidas", "Adidas", "Adidas", "耐克", "1:1"]
    assert all(before.end <= after.start for before, after in pairwise(matches))


@given(st.text(alphabet=st.characters(codec=None), max_size=80))
def test_any_text_can_be_searched(text: str) -> None:
    for match in INDEX.find(text):
        assert 0 <= match.start < match.end <= len(text)


@given(
    st.sampled_from(["Nike", "Adidas", "Gucci", "Burberry"]),
    st.sampled_from(["", "buy ", "(", "鞋"]),
    st.sampled_from(["", " now", ")", "!"]),
)
def test_a_name_is_found_wherever_it_stands(name: str, before: str, after: str) -> None:
    text = before + name + after
    assert (name, How.EXACT, name) in found(text)


def test_an_empty_index_finds_nothing() -> None:
    assert PhraseIndex[str]([]).find("Nike 耐克 n i k e") == []
