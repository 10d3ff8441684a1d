"""What reads a listing's texts, and how much of them."""

from trueshelf.listings import Listing
from trueshelf.listings.text import LONGEST_DESCRIPTION, LONGEST_TITLE
from trueshelf.models.perception import encoded_text
from trueshelf.models.preprocessing import ngram_fields
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
