import numpy as np
import pytest

from training.data.trust import TRUST, trust_of, trusted
from trueshelf.listings import Provenance


def test_the_table_covers_every_provenance_and_reports_count_least() -> None:
    assert set(TRUST) == set(Provenance)
    assert min(TRUST, key=lambda provenance: TRUST[provenance]) is Provenance.REPORT


def test_entries_can_be_set_and_the_others_stay() -> None:
    assert trust_of(["report=0.2", "reviewer=0.9"]) == {**TRUST, Provenance.REPORT: 0.2, Provenance.REVIEWER: 0.9}


@pytest.mark.parametrize("wrong", ["rumour=0.2", "report", "report=much", "report=1.5", "report=nan"])
def test_what_is_no_entry_is_said(wrong: str) -> None:
    with pytest.raises(ValueError, match="trust"):
        trust_of([wrong])


def test_an_answer_counts_by_whose_word_it_is_and_nobodys_not_at_all() -> None:
    numbers = {provenance: number for number, provenance in enumerate(Provenance)}
    hands_NH = np.array([[numbers[Provenance.REPORT], -1], [numbers[Provenance.TEST_BUY], -1]], dtype=np.int8)
    assert trusted(hands_NH, trust_of(["report=0.25"])).tolist() == [[0.25, 0.0], [1.0, 0.0]]
