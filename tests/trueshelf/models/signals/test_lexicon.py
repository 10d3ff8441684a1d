"""The words of the trade."""

import pytest

from trueshelf.listings.text import read
from trueshelf.models.signals.lexicon import Lexicon

LEXICON = Lexicon.default()


def test_it_survives_json_and_misses_no_group() -> None:
    assert Lexicon.from_dict(LEXICON.to_dict()) == LEXICON
    with pytest.raises(ValueError, match=r"no groups .*replica"):
        Lexicon.from_dict({"weak": []})


def test_no_term_is_in_two_groups() -> None:
    """A text cannot say two things by one word; words between terms are no terms."""
    groups = {group: terms for group, terms in LEXICON.groups.items() if group not in ("fillers", "joins")}
    assert sum(map(len, groups.values())) == len({term for terms in groups.values() for term in terms})


@pytest.mark.parametrize("text", ["nota", "notas de fondo", "noes", "isnot"])
def test_negations_are_not_found_closed_up_in_other_words(text: str) -> None:
    assert LEXICON.find(read(text)) == []


def test_a_short_channel_is_found_before_a_colon() -> None:
    assert [match.payload for match in LEXICON.find(read("QQ:123 WA: 5"))] == ["loose_channels"] * 2
