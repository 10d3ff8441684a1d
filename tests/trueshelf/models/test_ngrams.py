import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trueshelf.models.ngrams import NgramSpec, NgramWeights, hashed

SPEC = NgramSpec(buckets=4096)


def weights() -> NgramWeights:
    return NgramWeights.fit([("nike air", "shoe"), ("nike bag", ""), ("高仿 耐克", "shoe")], SPEC)


def test_the_hash_is_the_same_on_every_machine() -> None:
    assert hashed("高仿", NgramSpec(shortest=2, longest=2, buckets=1 << 16)).tolist() == [38605, 51631, 30100]


def test_fields_do_not_share_buckets() -> None:
    assert set(hashed("replica", SPEC, field=0).tolist()) != set(hashed("replica", SPEC, field=1).tolist())


def test_common_ngrams_weigh_less() -> None:
    fitted = weights()
    (common,) = hashed("nike", NgramSpec(shortest=6, longest=6, buckets=4096)).tolist()
    assert fitted.idf[hashed("nike", SPEC)].min() < fitted.idf.max()
    assert 0 <= common < SPEC.buckets


def test_an_empty_text_has_no_ngrams() -> None:
    assert len(weights()(("", "", "")).ids) == 0


@given(st.lists(st.text(max_size=80), min_size=1, max_size=3))
def test_weights_have_length_one_and_buckets_are_distinct(fields: list[str]) -> None:
    ngrams = weights()(fields)
    assert len(set(ngrams.ids.tolist())) == len(ngrams.ids) <= SPEC.most
    if len(ngrams.ids):
        assert np.isclose((ngrams.weights**2).sum(), 1, atol=1e-4)


def test_only_the_first_ngrams_of_a_long_text_are_kept() -> None:
    spec = NgramSpec(most=10)
    fitted = NgramWeights.fit([("a", "b")], spec)
    title = "first words"
    kept = fitted((title, "other " * 500)).ids
    assert len(kept) == 10
    assert set(kept.tolist()) <= set(hashed(title, spec, field=0).tolist())
