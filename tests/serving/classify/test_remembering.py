"""What is remembered, and that nobody ever gets another's."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from serving.classify.api import create_app
from serving.classify.metrics import Metrics
from serving.classify.model import ModelSlot, load_model
from serving.classify.remembering import Behind, Memory, open_memory
from serving.settings import Settings
from trueshelf.listings import Dataset, Listing, Photo
from trueshelf.models import ItemError, Verdict
from trueshelf.models.disk_store import DiskStore
from trueshelf.testing import FakePredictor, make_listing

BYTES = 64 * 2**20
Looks = Counter[tuple[str, bool]]


class Asked(FakePredictor):
    """A model that keeps what it was asked about."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def predict(self, listings: Sequence[Listing]) -> list[Verdict | ItemError]:
        self.ids += [listing.id for listing in listings]
        return super().predict(listings)


@pytest.fixture
def looks() -> Looks:
    return Counter()


@pytest.fixture
def memory(tmp_path: Path, looks: Looks) -> Iterator[Memory]:
    opened = Memory(tmp_path / "memory", most_bytes=BYTES, looked_up=lambda name, found: looks.update([(name, found)]))
    yield opened
    opened.close()


def test_a_listing_is_judged_once_and_the_others_of_its_batch_as_ever(memory: Memory, looks: Looks) -> None:
    model = Asked()
    predict = memory.verdicts(model.predict, digest="d", precision="fp32")
    first, second = make_listing(id="1"), make_listing(id="2")

    judged = predict([first])
    memory.settle()
    again = {answer.listing_id: answer for answer in predict([second, first])}

    assert model.ids == ["1", "2"]
    assert again == {answer.listing_id: answer for answer in FakePredictor().predict([first, second])}
    assert again["1"] == judged[0]
    assert looks == {("verdicts", False): 2, ("verdicts", True): 1}


def test_a_verdict_outlives_the_process(tmp_path: Path) -> None:
    for asked in (["1"], []):
        model, memory = Asked(), Memory(tmp_path, most_bytes=BYTES, looked_up=lambda *_: None)
        memory.verdicts(model.predict, digest="d", precision="fp32")([make_listing(id="1")])
        memory.close()
        assert model.ids == asked


def test_an_error_is_not_remembered(memory: Memory) -> None:
    model = Asked()
    predict = memory.verdicts(model.predict, digest="d", precision="fp32")
    broken = make_listing(id="1", photos=(Photo.of(b"no photo"),))
    for _ in range(2):
        assert isinstance(predict([broken])[0], ItemError)
        memory.settle()

    assert model.ids == ["1", "1"]


MODELS = st.tuples(st.sampled_from(["digest-1", "digest-2"]), st.sampled_from(["fp32", "int8"]))


@settings(max_examples=20)
@given(asked=st.lists(st.tuples(MODELS, st.sampled_from("ab"), st.sampled_from(["one", "other"])), max_size=20))
def test_no_model_answers_with_what_another_said(
    tmp_path_factory: pytest.TempPathFactory, asked: list[tuple[tuple[str, str], str, str]]
) -> None:
    memory = Memory(tmp_path_factory.mktemp("memory"), most_bytes=BYTES, looked_up=lambda *_: None)
    models = {(digest, precision): Asked() for digest in ("digest-1", "digest-2") for precision in ("fp32", "int8")}
    predict = {
        (digest, precision): memory.verdicts(model.predict, digest=digest, precision=precision)
        for (digest, precision), model in models.items()
    }
    for model, listing_id, title in asked:
        listing = Listing(id=listing_id, title=title)
        assert predict[model]([listing]) == FakePredictor().predict([listing])
        memory.settle()
    memory.close()

    for model, judge in models.items():
        assert sorted(judge.ids) == sorted(each for each, _ in {(i, title) for m, i, title in asked if m == model})


def test_a_slow_disk_holds_up_nobody(tmp_path: Path) -> None:
    go_on = threading.Event()

    class Slow(DiskStore):
        def put(self, values: object) -> None:  # noqa: ARG002 - what a store takes
            assert go_on.wait(timeout=60)

    behind = Behind(Slow(tmp_path))
    for number in range(2000):
        behind.put({str(number): b"1"})
    go_on.set()
    behind.close()


def test_a_damaged_memory_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "memory").write_text("in the way")
    model, memory = Asked(), Memory(tmp_path / "memory", most_bytes=BYTES, looked_up=lambda *_: None)
    predict = memory.verdicts(model.predict, digest="d", precision="fp32")
    for _ in range(2):
        assert isinstance(predict([make_listing(id="1")])[0], Verdict)
        memory.settle()
    memory.close()

    assert model.ids == ["1", "1"]


def test_nothing_is_remembered_where_that_is_asked(tmp_path: Path) -> None:
    assert open_memory(Settings(data=tmp_path, cache_mb=0), looked_up=lambda *_: None) is None
    assert list(tmp_path.iterdir()) == []


def test_looks_are_counted_under_few_names(tmp_path: Path) -> None:
    metrics = Metrics(routes=())
    memory = Memory(tmp_path, most_bytes=BYTES, looked_up=metrics.looked_up)
    for key in ("views/1/2", "odd/1", "odder/2"):
        assert memory.seen.get(key) is None
    memory.close()
    client = TestClient(create_app(ModelSlot(), Settings(data=tmp_path), metrics=metrics), base_url="http://127.0.0.1")

    found = client.get("/metrics").text

    assert 'trueshelf_cache_lookups_total{cache="views",result="miss"} 1.0' in found
    assert 'trueshelf_cache_lookups_total{cache="other",result="miss"} 2.0' in found


@pytest.mark.slow
@pytest.mark.xdist_group("bundle")
def test_a_real_model_says_the_same_with_what_it_remembers(
    bundle_folder: Path, market: Dataset, memory: Memory, looks: Looks
) -> None:
    listings = [listing for listing in market.listings() if listing.photos][:6]
    expected = load_model(bundle_folder).predict(listings)
    model = load_model(bundle_folder, memory=memory)
    assert model.predict(listings) == expected
    memory.settle()
    looks.clear()

    assert sorted(model.predict(listings), key=lambda answer: answer.listing_id) == sorted(
        expected, key=lambda answer: answer.listing_id
    )
    assert looks == {("verdicts", True): 6}

    dearer = [replace(listing, title=f"{listing.title}!") for listing in listings]
    assert model.predict(dearer) == load_model(bundle_folder).predict(dearer)
    assert not looks["views", False]
    assert looks["views", True]
