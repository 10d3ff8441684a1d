import numpy as np
import pytest

from training import surveying
from training.surveying import Seen, surveyor
from trueshelf.listings import Money
from trueshelf.models.ngrams import NgramSpec
from trueshelf.models.perception import Percept
from trueshelf.models.signals import Tables
from trueshelf.testing import make_listing

SPEC = NgramSpec(buckets=4096)
NOTHING = Percept(np.zeros((0, 1, 4), dtype=np.float32), (), None)


def block(start: int) -> Seen:
    titles = ["N1ke Air Max mirror quality", "Plain canvas bag", ""]
    listings = [
        make_listing(id=f"l{start + row}", title=title, price=Money(10.0 + start + row, "USD"), photos=())
        for row, title in enumerate(titles)
    ]
    return listings, [NOTHING] * len(listings)


@pytest.mark.slow
def test_several_processes_find_what_one_finds_in_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surveying, "FEWEST_LISTINGS", 1)
    blocks = [block(start) for start in range(0, 60, 3)]
    tables = Tables.fit([listing for listings, _ in blocks for listing in listings])
    found = []
    for processes in (1, 2):
        with surveyor(tables, SPEC, listings=60, processes=processes) as surveyed:
            found.append(list(surveyed(iter(blocks))))
    for (one, first), (other, second) in zip(*found, strict=True):
        assert [listing.id for listing in one[0]] == [listing.id for listing in other[0]]
        np.testing.assert_array_equal(first.signals_NK, second.signals_NK)
        for mine, theirs in zip(first.counted, second.counted, strict=True):
            np.testing.assert_array_equal(mine.ids, theirs.ids)
            np.testing.assert_array_equal(mine.counts, theirs.counts)
