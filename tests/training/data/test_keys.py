import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.data.keys import Keys, first_of_each, key, keys
from training.data.names import Names
from training.data.places import Places

TEXTS = st.lists(st.text(max_size=4), max_size=40)


@given(texts=TEXTS, other=st.text(max_size=4))
def test_texts_are_found_again_with_how_often_they_were_there(texts: list[str], other: str) -> None:
    found = Keys.of(texts)
    assert len(found) == len(set(texts))
    assert (other in found) == (other in texts)
    for text in texts:
        assert found.counts_D[found.place(text)] == texts.count(text)


def test_what_is_no_text_is_in_no_keys_and_half_characters_have_one() -> None:
    assert None not in Keys.of(["a"])
    assert key("\ud800") != key("\ud801")


@given(texts=TEXTS)
def test_each_distinct_text_is_numbered_as_it_first_comes(texts: list[str]) -> None:
    first_D, which_N = first_of_each(keys(texts))
    distinct = list(dict.fromkeys(texts))
    assert [texts[row] for row in first_D] == distinct
    assert [distinct[number] for number in which_N] == texts


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=3), max_size=40))
def test_names_keep_their_order_and_know_that_of_their_texts(texts: list[str]) -> None:
    names = Names.of(texts)
    assert list(names) == [names[row] for row in range(len(names))] == texts
    assert [texts[row] for row in names.order()] == sorted(texts, key=lambda text: text.encode())


@given(seed=st.integers(0, 100), count=st.integers(0, 200), most_new=st.integers(1, 9))
def test_places_are_found_whether_new_or_settled(seed: int, count: int, most_new: int) -> None:
    wanted = np.random.default_rng(seed).permutation(count).tolist()
    places = Places(most_new)
    for number, each in enumerate(wanted):
        assert places.get(key(str(each))) == -1
        places.put(key(str(each)), number)
    assert [places.get(key(str(each))) for each in wanted] == list(range(count))
    assert places.get(key("none")) == -1
