"""What a text denies, and what only stands near a negation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueshelf.listings.text import read
from trueshelf.models.signals.denials import denied_terms
from trueshelf.models.signals.lexicon import Lexicon

LEXICON = Lexicon.default()
TERMS = ("replica", "grades", "weak")


def terms(text: str) -> tuple[list[str], list[str]]:
    """The terms that the text denies and those that it does not, as it writes them."""
    reading = read(text)
    matches = [match for match in LEXICON.find(reading) if match.payload in TERMS]
    found = denied_terms(LEXICON.find(reading), reading, LEXICON)
    quotes = [(text[match.start : match.end], match in found) for match in matches]
    return [quote for quote, denied in quotes if denied], [quote for quote, denied in quotes if not denied]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("not a replica", ["replica"]),
        ("This is no replica", ["replica"]),
        ("We don't sell replicas", ["replicas"]),
        ("We never sell any replicas", ["replicas"]),
        ('not a "replica"', ["replica"]),
        ("This is not a replica and not a copy.", ["replica", "copy"]),
        ("no es réplica", ["réplica"]),
        ("no es una réplica", ["réplica"]),
        ("não é réplica", ["réplica"]),
        ("bukan replika", ["replika"]),
        ("ไม่ใช่ของก๊อป", ["ของก๊อป"]),
        ("không phải hàng fake", ["hàng fake"]),
        ("не реплика", ["реплика"]),
        ("это не реплика", ["реплика"]),
        ("不是高仿", ["高仿"]),
        ("拒绝高仿", ["高仿"]),
        ("拒绝 高 仿", ["高 仿"]),
        ("beware of replica sellers", ["replica"]),
    ],
)
def test_denials(text: str, expected: list[str]) -> None:
    assert terms(text) == (expected, [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No returns, 1:1 replica Nike", ["1:1 replica"]),
        ("No returns 1:1 replica Nike", ["1:1 replica"]),
        ("No, replica", ["replica"]),
        ("Not for kids. Replica watch", ["Replica"]),
        ("Box: no\nReplica Nike", ["Replica"]),
        ("Never worn replica Gucci", ["replica"]),
        ("sin caja réplica Nike", ["réplica"]),
        ("tanpa box replika", ["replika"]),
        ("Без коробки реплика", ["реплика"]),
        ("无盒 高仿 耐克", ["高仿"]),
        ("非常高仿", ["高仿"]),
        ("NON-slip mirror quality", ["mirror quality"]),
        ("anti-slip mirror quality", ["mirror quality"]),
        ("Nota: réplica AAA", ["réplica AAA"]),
        ("nota réplica AAA", ["réplica AAA"]),
        ("Nº 1 replica", ["replica"]),
        ("Nº replica", ["replica"]),
        ("№ replica", ["replica"]),
        ("Not a copy, 1:1 quality", ["1:1 quality"]),
    ],
)
def test_what_belongs_to_another_word_denies_nothing(text: str, expected: list[str]) -> None:
    assert terms(text)[1] == expected


@pytest.mark.parametrize(
    "text",
    [
        "We don't sell replicas, clones or knockoffs",
        "Não trabalhamos com réplica, primeira linha ou 1:1.",
        "Toko kami tidak jual KW, replika, atau 1:1.",
        "本店拒绝高仿、A货、精仿。",
        "没有高仿和精仿",
    ],
)
def test_a_list_is_denied_up_to_its_last_item(text: str) -> None:
    denied, offered = terms(text)
    assert len(denied) > 1
    assert offered == []


def test_a_list_without_an_or_is_denied_no_further_than_its_first_item() -> None:
    assert terms("Not a copy, replica, clone") == (["copy"], ["replica", "clone"])
    assert terms("Not a copy or clone. Replica") == (["copy", "clone"], ["Replica"])


@given(
    st.lists(
        st.sampled_from(["not", "a", "no", "replica", "or", ",", "copy", "高仿", "、", "不是", "\n", "box"]), max_size=9
    )
)
def test_only_terms_are_denied_and_only_after_a_negation(pieces: list[str]) -> None:
    text = " ".join(pieces)
    reading = read(text)
    matches = LEXICON.find(reading)
    found = denied_terms(matches, reading, LEXICON)
    first = min((match.start for match in matches if match.payload == "negations"), default=len(text))
    assert all(match.payload in TERMS and match.start > first for match in found)
