"""Many callers before one model: each gets its own answers, in time, and nothing is kept for those who have gone."""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.classify.batcher import BATCH, LATE, STUCK, Batcher, Overloaded
from serving.classify.load import Load
from serving.classify.model import ServedModel
from serving.classify.wire import Refused
from trueshelf.listings import Listing
from trueshelf.models import ItemError, Verdict
from trueshelf.testing import FakePredictor, make_listing

GOOD = FakePredictor()
EIGHT = replace(BATCH, listings=8)
ServedBy = Callable[[Callable[[Sequence[Listing]], list[Verdict | ItemError]]], ServedModel]


def listing_of(name: str, title: str = "Shoes") -> Listing:
    return make_listing(id=name, title=title, photos=())


def loads(listings: Sequence[Listing], *, pixels: int = 0) -> list[Load]:
    return [replace(Load.of(listing, {}), pixels=pixels) for listing in listings]


class Model:
    """A predictor that can be held up, and tells what it was asked."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.batches: list[list[Listing]] = []

    def __call__(self, listings: Sequence[Listing]) -> list[Verdict | ItemError]:
        self.batches.append(list(listings))
        assert self.go_on.wait(timeout=60)
        return GOOD.predict(listings)

    async def asked(self, times: int) -> None:
        while len(self.batches) < times:
            await anyio.sleep(0.005)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), lanes=st.integers(1, 3))
def test_everybody_gets_their_own_answers_though_ids_and_models_are_shared(
    served_by: ServedBy, seed: int, lanes: int
) -> None:
    order = random.Random(seed)  # not Hypothesis' own: which thread draws from it when depends on the machine

    async def scenario() -> None:
        batcher = Batcher(lanes=lanes, batch=EIGHT)
        models = [served_by(faulty(order)), served_by(GOOD.predict)]
        async with anyio.create_task_group() as tasks:
            for caller in range(12):
                tasks.start_soon(one_caller, batcher, caller, models[caller % 2])
        assert batcher.held == Load()

    async def one_caller(batcher: Batcher, caller: int, model: ServedModel) -> None:
        listings = [listing_of(f"L{index}", f"shoes {caller} {index}") for index in range(caller % 5 + 1)]
        answers = await batcher(listings, loads(listings), model, caller=caller % 3)
        for listing, answer, right in zip(listings, answers, GOOD.predict(listings), strict=True):
            poisoned = model.predict is not GOOD.predict and listing.title.endswith("3 2")
            assert answer.listing_id == listing.id
            assert answer == right or (isinstance(answer, Refused) and answer.status == 500 and not poisoned)

    anyio.run(scenario)


def faulty(order: random.Random) -> Callable[[Sequence[Listing]], list[Verdict | ItemError]]:
    """Raises at times, returns short at times, and in another order."""

    def predict(listings: Sequence[Listing]) -> list[Verdict | ItemError]:
        answers = GOOD.predict(listings)
        order.shuffle(answers)
        chance = order.random()
        if chance < 0.2:
            raise RuntimeError
        return answers[1:] if chance < 0.4 else answers

    return predict


def test_a_batch_is_of_one_model_has_no_id_twice_and_is_no_larger_than_allowed(served_by: ServedBy) -> None:
    model, other = Model(), Model()
    served, replaced = served_by(model), served_by(other)

    async def scenario() -> None:
        batcher = Batcher(lanes=1, batch=EIGHT)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, batcher, [listing_of("first")], served, 0)
            await model.asked(1)
            for _ in range(3):
                tasks.start_soon(ask, batcher, [listing_of(f"L{index}") for index in range(6)], served, 1_000_000)
            tasks.start_soon(ask, batcher, [listing_of("other")], replaced, 0)
            await anyio.wait_all_tasks_blocked()
            model.go_on.set()
            other.go_on.set()

    async def ask(batcher: Batcher, listings: list[Listing], model: ServedModel, pixels: int) -> None:
        answers = await batcher(listings, loads(listings, pixels=pixels), model)
        assert answers == GOOD.predict(listings)

    anyio.run(scenario)
    assert sum(map(len, model.batches)) == 19
    assert other.batches == [[listing_of("other")]]
    for batch in model.batches:
        assert len({listing.id for listing in batch}) == len(batch) <= EIGHT.listings


def test_batches_form_while_the_lanes_are_busy(served_by: ServedBy) -> None:
    model = Model()
    served = served_by(model)

    async def scenario() -> None:
        batcher = Batcher(lanes=1, batch=EIGHT)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, batcher, [listing_of("first")])
            await model.asked(1)
            for caller in range(3):
                tasks.start_soon(ask, batcher, [listing_of(f"L{caller}-{index}") for index in range(6)])
            await anyio.wait_all_tasks_blocked()
            model.go_on.set()

    async def ask(batcher: Batcher, listings: list[Listing]) -> None:
        await batcher(listings, loads(listings), served)

    anyio.run(scenario)
    assert [len(batch) for batch in model.batches] == [1, 8, 8, 2]


def test_large_listings_leave_a_lane_to_others(served_by: ServedBy) -> None:
    model = Model()

    async def scenario() -> None:
        batcher = Batcher(lanes=2)
        large = [listing_of(f"large-{index}", "large") for index in range(4)]
        async with anyio.create_task_group() as tasks:
            for listing in large:
                tasks.start_soon(judged, batcher, [listing], loads([listing], pixels=BATCH.pixels + 1))
            await model.asked(1)
            await anyio.wait_all_tasks_blocked()
            assert len(model.batches) == 1
            tasks.start_soon(judged, batcher, [listing_of("small")], loads([listing_of("small")]))
            await model.asked(2)
            assert [listing.id for batch in model.batches for listing in batch][1] == "small"
            model.go_on.set()
        assert len(model.batches) == 5

    async def judged(batcher: Batcher, listings: list[Listing], sizes: list[Load]) -> None:
        assert await batcher(listings, sizes, served_by(model)) == GOOD.predict(listings)

    anyio.run(scenario)


def test_what_is_not_judged_in_time_is_refused_and_dropped(served_by: ServedBy) -> None:
    model = Model()

    async def scenario() -> None:
        batcher = Batcher(lanes=1)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(asked, batcher, listing_of("first"), 60)
            await model.asked(1)
            (late,) = await batcher([listing_of("late")], loads([listing_of("late")]), served_by(model), seconds=0.05)
            assert late == Refused("late", "listing", LATE, status=504)
            await anyio.wait_all_tasks_blocked()
            assert batcher.held.listings == 1
            model.go_on.set()
        assert batcher.held == Load()

    async def asked(batcher: Batcher, listing: Listing, seconds: float) -> None:
        await batcher([listing], loads([listing]), served_by(model), seconds=seconds)

    anyio.run(scenario)
    assert [[listing.id for listing in batch] for batch in model.batches] == [["first"]]


def test_a_model_that_hangs_costs_its_own_batch_only(served_by: ServedBy) -> None:
    hanging = threading.Event()

    def predict(listings: Sequence[Listing]) -> list[Verdict | ItemError]:
        if listings[0].id == "hangs":
            hanging.wait(timeout=60)
        return GOOD.predict(listings)

    async def scenario() -> None:
        batcher, model = Batcher(lanes=1, patience=0.2), served_by(predict)
        (stuck,) = await batcher([listing_of("hangs")], loads([listing_of("hangs")]), model)
        assert stuck == Refused("hangs", "listing", STUCK, status=504)
        assert await batcher([listing_of("next")], loads([listing_of("next")]), model) == GOOD.predict(
            [listing_of("next")]
        )
        assert batcher.held == Load()
        hanging.set()

    anyio.run(scenario)


def test_no_more_is_let_in_than_there_is_room_for(served_by: ServedBy) -> None:
    model = Model()

    async def scenario() -> None:
        batcher = Batcher(lanes=1, room=replace(BATCH, listings=3))
        async with anyio.create_task_group() as tasks:
            first = [listing_of(f"L{index}") for index in range(3)]
            tasks.start_soon(ask, batcher, first)
            await model.asked(1)
            with pytest.raises(Overloaded) as refused:
                await ask(batcher, [listing_of("more")])
            assert refused.value.seconds >= 1
            model.go_on.set()
        await ask(batcher, [listing_of("more")])

    async def ask(batcher: Batcher, listings: list[Listing]) -> None:
        assert await batcher(listings, loads(listings), served_by(model)) == GOOD.predict(listings)

    anyio.run(scenario)


def test_no_more_is_let_in_than_is_done_in_half_the_time(served_by: ServedBy) -> None:
    model = Model()

    async def scenario() -> None:
        batcher = Batcher(lanes=1)
        model.go_on.set()
        await ask(batcher, "teaches how long it takes")
        model.go_on.clear()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, batcher, "first")
            await model.asked(2)
            batcher.admit(Load(listings=1), seconds=2.01 * batcher.wait())
            with pytest.raises(Overloaded):
                batcher.admit(Load(listings=1), seconds=1.99 * batcher.wait())
            model.go_on.set()

    async def ask(batcher: Batcher, name: str) -> None:
        await batcher([listing_of(name)], loads([listing_of(name)]), served_by(model))

    anyio.run(scenario)


def test_the_work_of_a_caller_who_has_gone_is_dropped(served_by: ServedBy) -> None:
    model = Model()

    async def scenario() -> None:
        batcher = Batcher(lanes=1)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, batcher, "first")
            await model.asked(1)
            with anyio.move_on_after(0.05):
                await ask(batcher, "gone")
            await anyio.wait_all_tasks_blocked()
            assert batcher.held.listings == 1
            model.go_on.set()

    async def ask(batcher: Batcher, name: str) -> None:
        await batcher([listing_of(name)], loads([listing_of(name)]), served_by(model))

    anyio.run(scenario)
    assert [listing.id for batch in model.batches for listing in batch] == ["first"]
