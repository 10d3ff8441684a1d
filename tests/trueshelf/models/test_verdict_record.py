import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueshelf.listings import Head
from trueshelf.models import Action, HeadVerdict, Note, NoteCode, Reason, ReasonCode, Verdict
from trueshelf.models.verdict_record import from_bytes, to_bytes

TEXT = st.text(st.characters(), max_size=8)
NUMBERS = st.floats(allow_nan=False)
HEADS = st.fixed_dictionaries(
    dict.fromkeys(Head, st.builds(HeadVerdict, NUMBERS, st.sampled_from(Action), st.none() | TEXT))
)
REASONS = st.builds(
    Reason,
    st.sampled_from(ReasonCode),
    st.sampled_from(Head),
    NUMBERS,
    NUMBERS,
    st.none() | NUMBERS,
    st.dictionaries(TEXT, TEXT, max_size=2),
)
NOTES = st.builds(Note, st.sampled_from(NoteCode), TEXT)
VERDICTS = st.builds(
    Verdict, TEXT, HEADS, st.lists(REASONS, max_size=3).map(tuple), st.lists(NOTES, max_size=2).map(tuple)
)


@given(VERDICTS)
def test_a_verdict_comes_back_without_any_loss(verdict: Verdict) -> None:
    assert from_bytes(to_bytes(verdict)) == verdict


UNHEARD_OF = b'{"listing_id": "1", "heads": {"unheard_of": [1, "act", null]}}'


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", UNHEARD_OF])
def test_what_is_no_verdict_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="is no verdict"):
        from_bytes(content)
