from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.serving_memory import CHANGES, shares
from serving.classify.remembering import Memory
from trueshelf.listings import Listing
from trueshelf.models import ItemError, Verdict
from trueshelf.testing import FakePredictor, make_listing


def test_no_change_touches_the_photos() -> None:
    listing = make_listing()
    changed = {name: change(listing) for name, change in CHANGES.items()}

    assert {each.photos for each in changed.values()} == {listing.photos}
    assert [name for name, each in changed.items() if each == listing] == ["as it was"]


def test_every_change_is_measured_beside_a_model_that_remembers_nothing(tmp_path: Path) -> None:
    memory = Memory(tmp_path, most_bytes=64 * 2**20, looked_up=lambda *_: None)
    model = FakePredictor().predict
    remembering = memory.verdicts(model, digest="d", precision="fp32")

    found = shares([make_listing(id="1"), make_listing(id="2")], model, remembering, settle=memory.settle)
    memory.close()

    assert found.keys() == {"first", *CHANGES}
    assert all(share > 0 for share in found.values())


def test_another_answer_than_the_bare_models_is_told() -> None:
    def other(listings: Sequence[Listing]) -> list[Verdict | ItemError]:
        return [ItemError(listing.id, "title", "is another") for listing in listings]

    with pytest.raises(RuntimeError, match="listing 'listing-1' is answered otherwise"):
        shares([make_listing()], FakePredictor().predict, other, settle=lambda: None)
