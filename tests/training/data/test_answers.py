from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.answers import answers_to
from training.data.folder import write_dataset
from trueshelf.listings import Answer, Dataset, Head, Label, Provenance
from trueshelf.listings.answers import STRENGTH, settled
from trueshelf.listings.tables import label_to_row

IDS = ["a", "b", "c"]
LABELS = st.builds(
    Label,
    listing_id=st.sampled_from([*IDS, "no listing"]),
    head=st.sampled_from(Head),
    answer=st.sampled_from(Answer),
    provenance=st.sampled_from(Provenance),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("labelled")


def label(answer: Answer, provenance: Provenance) -> Label:
    return Label(listing_id="a", head=Head.COUNTERFEIT, answer=answer, provenance=provenance)


def test_the_stronger_provenance_wins_in_any_order() -> None:
    labels = [label(Answer.YES, Provenance.REPORT), label(Answer.NO, Provenance.TEST_BUY)]
    assert settled(labels) == settled(reversed(labels)) == {("a", Head.COUNTERFEIT): Answer.NO}


def test_equally_strong_contradictions_are_unknown() -> None:
    labels = [label(Answer.YES, Provenance.REVIEWER), label(Answer.NO, Provenance.REVIEWER)]
    assert settled(labels) == {("a", Head.COUNTERFEIT): Answer.UNKNOWN}


def test_unknown_stands_against_nothing() -> None:
    labels = [label(Answer.UNKNOWN, Provenance.TEST_BUY), label(Answer.YES, Provenance.REPORT)]
    assert settled(labels) == {("a", Head.COUNTERFEIT): Answer.YES}


NUMBER = {Answer.YES: 1, Answer.NO: 0, Answer.UNKNOWN: -1}
TURNS = count()


def labelled(folder: Path, labels: list[Label]) -> Dataset:
    return write_dataset(
        folder / str(next(TURNS)),
        name="labelled",
        card={"source": "a test", "licence": "none", "made": "by a test"},
        listings=[{"listing_id": name} for name in IDS],
        labels=map(label_to_row, labels),
    )


@given(st.lists(LABELS, max_size=12))
def test_the_answers_in_arrays_are_the_settled_ones(folder: Path, labels: list[Label]) -> None:
    given = answers_to(labelled(folder, labels), pa.array(IDS))
    expected = settled(labels)
    for name, answers_H in zip(IDS, given.answers_NH, strict=True):
        assert answers_H.tolist() == [NUMBER[expected.get((name, head), Answer.UNKNOWN)] for head in Head]
    for row, place in np.ndindex(given.answers_NH.shape):
        own = [each for each in labels if (each.listing_id, each.head) == (IDS[row], list(Head)[place])]
        hand = given.provenance_NH[row, place]
        assert (hand == -1) == (given.answers_NH[row, place] == -1)
        if hand >= 0:
            strongest = max(STRENGTH[each.provenance] for each in own if each.answer is not Answer.UNKNOWN)
            provenance = list(Provenance)[hand]
            assert STRENGTH[provenance] == strongest
            assert provenance in {each.provenance for each in own}
