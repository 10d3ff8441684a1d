"""Normalised text and what it looks like."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trueshelf.listings.text import appearance, cut, folded, normalise, read, skeleton, words

ANY_TEXT = st.text(alphabet=st.characters(codec=None), max_size=60)  # lone surrogates too
SEPARATORS = st.sampled_from([" ", ".", "-", "_", "*", "·", " - "])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Ｎｉｋｅ\t Air\n\nMax ", "nike air max"),
        ("Ni\u200bke\u202e \ufeffAir", "nike air"),
        ("Ni\ud800ke", "nike"),
        ("STRASSE straße", "strasse strasse"),
        ("ｶﾞﾝﾀﾞﾑ", "ガンダム"),
        ("e\u0301te\u0301 ÉTÉ", "été été"),
        ("𝐍𝐢𝐤𝐞 ①", "nike 1"),
        ("", ""),
        ("\u202e\u200f", ""),
    ],
)
def test_normalise(text: str, expected: str) -> None:
    assert normalise(text) == expected


@given(ANY_TEXT)
def test_normalising_twice_is_the_same_as_once(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert once == once.strip()
    assert "  " not in once


@given(ANY_TEXT, st.integers(0, 40))
def test_a_text_is_cut_as_written_and_as_normalised(text: str, longest: int) -> None:
    beginning = cut(text, longest)
    assert text.startswith(beginning)
    assert len(beginning) <= longest
    assert len(normalise(beginning)) <= longest


def test_a_character_that_becomes_eighteen_counts_as_eighteen() -> None:
    assert cut("\ufdfa" * 50_000, 2_000) == "\ufdfa" * 111
    assert cut("a" * 50_000, 2_000) == "a" * 2_000
    assert cut("ab", 2) == "ab"


@given(ANY_TEXT)
def test_every_character_knows_where_it_comes_from(text: str) -> None:
    for aligned in (folded(text), appearance(text)):
        assert len(aligned.text) == len(aligned.starts) == len(aligned.ends)
        assert all(0 <= start < end <= len(text) for start, end in zip(aligned.starts, aligned.ends, strict=True))
        assert aligned.starts == sorted(aligned.starts)


def test_a_fragment_is_quoted_as_it_was_written() -> None:
    aligned = folded("Wow: Ｎ\u200bＩＫＥ  shoes")
    start = aligned.text.index("nike")
    assert aligned.quote(start, start + 4) == "Ｎ\u200bＩＫＥ"
    assert aligned.quote(3, 3) == ""


@pytest.mark.parametrize(
    "spelling",
    [
        "Nike",
        "NIKE",
        "N1ke",
        "Nlke",
        "n!ke",
        "Νіке",
        "Nіkе",
        "N.i-k e",
        "n i k e",
        "N*i*k*e",
        "Ｎｉｋｅ",
        "𝐍𝐢𝐤𝐞",
        "Ñíkê",
        "ni\u200bke",
        "NI\u202eKE",
        "n|k€",
    ],
)
def test_disguises_have_the_skeleton_of_the_name(spelling: str) -> None:
    assert skeleton(spelling) == skeleton("nike")


@given(st.text("abcdefghijkmnopqrstuvwxyz", min_size=3, max_size=12), st.data())
def test_skeleton_is_insensitive_to_separators(word: str, data: st.DataObject) -> None:
    spelt = word[0] + "".join(data.draw(SEPARATORS) + letter for letter in word[1:])
    assert skeleton(spelt) == skeleton(word)
    assert skeleton(f"buy {spelt} now") == skeleton(f"buy {word} now")


def test_ordinary_words_stay_apart() -> None:
    assert skeleton("red t-shirt for a man") == "red t-shirt for a man"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Levi's 501, W32/L34", ["levis", "501", "w32", "l34"]),
        ("รองเท้าไนกี้ ของแท้", ["รองเท้าไนกี้", "ของแท้"]),
        ("耐克Nike鞋", ["耐", "克", "nike", "鞋"]),
        ("New BalanceT恤", ["new", "balance", "t", "恤"]),
        ("T恤V领", ["t", "恤", "v", "领"]),
        ("Giày thể thao", ["giày", "thể", "thao"]),
        ("snake_case", ["snake", "case"]),
        ("!?", []),
    ],
)
def test_words_of_any_script(text: str, expected: list[str]) -> None:
    assert [word.text for word in words(folded(text))] == expected


@given(ANY_TEXT)
@example("ʼ")
def test_words_lie_where_they_say(text: str) -> None:
    reading = read(text)
    for word in (*reading.words, *reading.looks):
        assert 0 <= word.start < word.end <= len(text)
        assert word.text
