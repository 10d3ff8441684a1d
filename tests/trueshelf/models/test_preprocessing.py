"""What reads a listing's texts, and how much of them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trueshelf.listings import Listing
from trueshelf.listings.text import LONGEST_DESCRIPTION, LONGEST_TITLE
from trueshelf.models.perception import encoded_text
from trueshelf.models.preprocessing import SignalMoments, ngram_fields
from trueshelf.testing import make_listing


def long(letter: str) -> Listing:
    return make_listing(title=letter * 9_000, description=letter * 50_000, attributes={"note": letter * 50_000})


def test_no_text_is_read_beyond_its_beginning_however_it_expands() -> None:
    for letter in ("a", "\ufdfa", "ß", "\u0344"):
        listing = long(letter)
        title, description, named = ngram_fields(listing)
        assert 0 < len(title) <= LONGEST_TITLE
        assert 0 < len(description) <= LONGEST_DESCRIPTION
        assert 0 < len(named) <= LONGEST_DESCRIPTION
        assert encoded_text(listing) == f"{title}. {description}"


def test_ordinary_texts_are_read_whole() -> None:
    listing = make_listing(title="Canvas SHOES", description="Worn  twice.", brand="Acme", attributes={"Size": "42"})
    assert ngram_fields(listing) == ("canvas shoes", "worn twice.", "acme size 42")
    assert encoded_text(listing) == "canvas shoes. worn twice."


@given(
    st.lists(st.lists(st.sampled_from([np.nan, 0.0, 1.5, 4096.25, -3.0]), min_size=3, max_size=3), min_size=1),
    st.integers(1, 7),
)
def test_the_scale_does_not_depend_on_the_blocks_that_signals_come_in(values: list[list[float]], size: int) -> None:
    values_NK = np.array(values, dtype=np.float32)
    moments = SignalMoments(3)
    for start in range(0, len(values_NK), size):
        moments.add(values_NK[start : start + size])
    scale = moments.scale()
    for values_N, centre, spread in zip(values_NK.T, scale.centre_K, scale.spread_K, strict=True):
        known_N = values_N[~np.isnan(values_N)].astype(np.float64)
        assert np.isclose(centre, known_N.mean() if len(known_N) else 0, rtol=1e-6)
        expected = known_N.std() if len(known_N) else 0
        assert np.isclose(spread, expected if expected >= 1e-6 else 1e9, rtol=1e-5)


def test_a_signal_that_never_varied_in_training_says_nothing_however_it_comes_out() -> None:
    moments = SignalMoments(2)
    moments.add(np.array([[0.0, 1.0], [0.0, 3.0]], dtype=np.float32))
    assert moments.scale()(np.array([0.9, 3.0], dtype=np.float32)).round(6).tolist() == [0.0, 1.0, 0.0, 0.0]
