"""The challenger sees what was answered, after it was, and only while nobody waits."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from serving.classify.apart import Timed
from serving.classify.api import create_app
from serving.classify.comparisons import Comparisons
from serving.classify.metrics import Metrics
from serving.classify.model import ModelSlot, ServedModel
from serving.classify.shadow import WAITING, Shadow, chosen
from serving.settings import Settings
from serving.testing import counted
from trueshelf.listings import Listing
from trueshelf.testing import FakePredictor, make_listing


class Judge:
    """A challenger that answers when it is told to, or fails."""

    def __init__(self, model: ServedModel) -> None:
        self.model = model
        self.go_on = threading.Event()
        self.asked: list[str] = []
        self.closed = False

    def judge(self, listing: Listing) -> Timed:
        self.asked.append(listing.id)
        assert self.go_on.wait(timeout=60)
        if listing.title == "stumble":
            raise RuntimeError(listing.title)
        (answer,) = FakePredictor().predict([listing])
        return Timed(answer, 0.5)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(routes=())


@pytest.fixture
def comparisons(tmp_path: Path) -> Comparisons:
    return Comparisons(tmp_path / "deep" / "shadow.db")


@pytest.fixture
def judge(model: ServedModel) -> Judge:
    return Judge(replace(model, digest="2"))


@pytest.fixture
def shadow(comparisons: Comparisons, metrics: Metrics, judge: Judge) -> Iterator[Shadow]:
    shadow = Shadow(comparisons, metrics, share=1.0)
    shadow.put(judge)
    shadow.start()
    yield shadow
    judge.go_on.set()
    shadow.stop()


def listings_of(count: int) -> list[Listing]:
    listing = make_listing(photos=())
    return [replace(listing, id=f"L{index}") for index in range(count)]


def show(shadow: Shadow, champion: ServedModel, listings: list[Listing]) -> None:
    shadow.saw(listings, champion, FakePredictor().predict(listings), [0.25] * len(listings))


def test_what_was_answered_is_compared_and_the_challenger_is_never_heard(
    shadow: Shadow, judge: Judge, model: ServedModel, metrics: Metrics, comparisons: Comparisons, tmp_path: Path
) -> None:
    client = TestClient(
        create_app(ModelSlot(model), Settings(data=Path()), metrics=metrics, shadow=shadow), base_url="http://127.0.0.1"
    )
    bad = {"listing_id": "bad", "price": "secret"}
    asked = {"listings": [{"listing_id": "a", "title": "secret shoes"}, bad, {"listing_id": "b"}]}

    answer = client.post("/v1/verdicts", json=asked)  # while the challenger has not answered

    assert answer.json()["model"]["version"] == "1"
    judge.go_on.set()
    shadow.stop()
    rows = comparisons.rows()
    assert [(row.champion, row.challenger) for row in rows] == [("1", "2")] * 2
    results = {result["listing_id"]: result for result in answer.json()["results"]}
    for row, name in zip(rows, judge.asked, strict=True):
        champion, challenger = row.said
        assert champion == challenger
        for head, said in champion.items():
            assert results[name]["verdict"]["heads"][head]["probability"] == said.probability
        assert row.seconds[1] == 0.5
    assert counted(metrics, 'trueshelf_shadow_total{outcome="compared"}') == 2
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"secret" not in stored
    assert b"shoes" not in stored


def test_nothing_is_asked_while_a_caller_waits_and_what_waits_too_long_is_dropped(
    comparisons: Comparisons, judge: Judge, model: ServedModel, metrics: Metrics
) -> None:
    shadow = Shadow(comparisons, metrics, share=1.0, patience=0.0)
    shadow.put(judge)
    shadow.busy = lambda: True
    shadow.start()
    show(shadow, model, listings_of(3))
    shadow.stop()

    assert judge.asked == []
    assert counted(metrics, 'trueshelf_shadow_total{outcome="dropped"}') == 3


def test_no_more_waits_than_there_is_room_for(
    comparisons: Comparisons, judge: Judge, model: ServedModel, metrics: Metrics
) -> None:
    shadow = Shadow(comparisons, metrics, share=1.0)
    shadow.put(judge)
    show(shadow, model, listings_of(WAITING + 5))

    assert counted(metrics, 'trueshelf_shadow_total{outcome="dropped"}') == 5


def test_a_challenger_that_fails_is_counted_and_the_next_listing_is_compared(
    shadow: Shadow, judge: Judge, model: ServedModel, metrics: Metrics, comparisons: Comparisons
) -> None:
    judge.go_on.set()
    show(shadow, model, [make_listing(id="a", title="stumble", photos=()), *listings_of(1)])
    shadow.stop()

    assert counted(metrics, 'trueshelf_shadow_total{outcome="failed"}') == 1
    assert len(comparisons.rows()) == 1


def test_a_challenger_that_is_the_champion_is_not_asked(shadow: Shadow, judge: Judge, model: ServedModel) -> None:
    show(shadow, replace(model, digest=judge.model.digest), listings_of(3))
    shadow.stop()

    assert judge.asked == []


def test_a_challenger_that_is_replaced_is_closed(shadow: Shadow, judge: Judge, model: ServedModel) -> None:
    shadow.put(Judge(replace(model, digest="3")))

    assert judge.closed
    assert shadow.challenger is not None
    assert shadow.challenger.digest == "3"


def test_the_share_is_of_listings_and_the_same_are_chosen_again() -> None:
    listings = listings_of(2_000)
    found = [chosen(listing, share=0.1) for listing in listings]

    assert 150 < sum(found) < 250
    assert found == [chosen(listing, share=0.1) for listing in listings]
    assert not any(chosen(listing, share=0) for listing in listings)
    assert all(chosen(listing, share=1) for listing in listings)
