from training.data.answers import settled
from trueshelf.listings import Answer, Head, Label, Provenance


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
