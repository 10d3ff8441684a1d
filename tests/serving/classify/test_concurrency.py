"""Who is slow holds up nobody else."""

import base64
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from io import BytesIO
from itertools import count
from pathlib import Path

import anyio
from httpx2 import ASGITransport, AsyncClient
from PIL import Image

from serving.classify.api import MAX_WAITING, SLOTS, create_app
from serving.classify.model import ModelSlot, Predict, ServedModel
from serving.classify.scoring import Scorer
from serving.settings import Settings
from trueshelf.listings import Listing
from trueshelf.models import ItemError, Verdict
from trueshelf.testing import FakePredictor, make_listing

ServedBy = Callable[[Predict], ServedModel]


class Held:
    """A predictor that keeps listings titled "slow" until it is told to go on."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.batches: list[int] = []

    def predict(self, listings: Sequence[Listing]) -> list[Verdict | ItemError]:
        self.batches.append(len(listings))
        if any(listing.title == "slow" for listing in listings):
            assert self.go_on.wait(timeout=60)
        return FakePredictor().predict(listings)

    def client(self, served_by: ServedBy) -> AsyncClient:
        app = create_app(ModelSlot(served_by(self.predict)), Settings(data=Path()))
        return AsyncClient(transport=ASGITransport(app), base_url="http://test")


def test_a_slow_request_holds_up_neither_health_nor_others(served_by: ServedBy) -> None:
    held = Held()

    async def scenario() -> None:
        async with held.client(served_by) as client, anyio.create_task_group() as tasks:
            slow: list[int] = []

            async def ask_slowly() -> None:
                slow.append((await client.post("/v1/verdicts", json={"listing_id": "a", "title": "slow"})).status_code)

            tasks.start_soon(ask_slowly)
            while not held.batches:
                await anyio.sleep(0.01)
            assert (await client.get("/livez")).status_code == 200
            assert (await client.get("/readyz")).status_code == 200
            assert (await client.post("/v1/verdicts", json={"listing_id": "b"})).status_code == 200
            assert slow == []
            held.go_on.set()
        assert slow == [200]

    anyio.run(scenario)


def test_a_large_batch_is_judged_in_chunks_between_which_others_get_their_turn(served_by: ServedBy) -> None:
    held = Held()
    held.go_on.set()

    async def scenario() -> None:
        async with held.client(served_by) as client:
            batch = [{"listing_id": str(index)} for index in range(64)]
            assert len((await client.post("/v1/verdicts", json={"listings": batch})).json()["results"]) == 64

    anyio.run(scenario)

    assert held.batches == [8] * 8


def test_a_small_request_is_judged_before_a_large_batch_that_came_first_is_done() -> None:
    chunks = count()
    small_waits, small_is_done = threading.Event(), threading.Event()

    def predict(listings: Sequence[Listing]) -> list[Verdict | ItemError]:
        assert small_waits.wait(timeout=60)
        if listings[0].id == "small":
            small_is_done.set()
        elif next(chunks) >= 3 * SLOTS:  # by now it must have been its turn, however slow its thread is
            assert small_is_done.wait(timeout=60)
        return FakePredictor().predict(listings)

    async def scenario() -> None:
        scorer = Scorer(slots=SLOTS)
        answers: list[Sequence[object]] = []

        async def ask(names: Sequence[str]) -> None:
            listings = [make_listing(id=name, photos=()) for name in names]
            answers.append(await scorer(listings, predict, costs={}))

        async with anyio.create_task_group() as all_:
            for batch in range(SLOTS):
                all_.start_soon(ask, [f"large-{batch}-{index}" for index in range(64)])
            await anyio.wait_all_tasks_blocked()
            all_.start_soon(ask, ["small"])
            await anyio.wait_all_tasks_blocked()
            small_waits.set()
        assert sorted(map(len, answers)) == [1, *[64] * SLOTS]
        assert all(isinstance(answer, Verdict) for each in answers for answer in each)

    anyio.run(scenario)


def test_listings_of_huge_photos_leave_a_slot_to_others(served_by: ServedBy) -> None:
    held = Held()
    out = BytesIO()
    Image.new("1", (5_000, 5_000)).save(out, "PNG")
    huge = base64.b64encode(out.getvalue()).decode()

    async def scenario() -> None:
        answered: list[int] = []
        async with held.client(served_by) as client, anyio.create_task_group() as tasks:

            async def ask_for_much(index: int) -> None:
                listing = {"listing_id": str(index), "title": "slow", "photos": [huge] * 3}
                answered.append((await client.post("/v1/verdicts", json=listing)).status_code)

            for index in range(SLOTS + 1):
                tasks.start_soon(ask_for_much, index)
            while not held.batches:
                await anyio.sleep(0.01)
            assert (await client.post("/v1/verdicts", json={"listing_id": "small"})).status_code == 200
            assert answered == []
            held.go_on.set()
        assert answered == [200] * (SLOTS + 1)

    anyio.run(scenario)


def test_bodies_that_trickle_in_take_nobodys_place(served_by: ServedBy) -> None:
    async def trickle() -> AsyncIterator[bytes]:
        yield b"{"
        await anyio.sleep_forever()

    async def scenario() -> None:
        async with Held().client(served_by) as client, anyio.create_task_group() as tasks:
            for _ in range(MAX_WAITING + 8):
                tasks.start_soon(partial(client.post, "/v1/verdicts", content=trickle()))
            await anyio.wait_all_tasks_blocked()
            assert (await client.post("/v1/verdicts", json={"listing_id": "a"})).status_code == 200
            tasks.cancel_scope.cancel()

    anyio.run(scenario)


def test_one_request_too_many_is_told_to_come_back(served_by: ServedBy) -> None:
    held = Held()

    async def scenario() -> None:
        answers: list[int] = []
        async with held.client(served_by) as client, anyio.create_task_group() as tasks:

            async def ask(index: int) -> None:
                body = {"listing_id": str(index), "title": "slow"}
                answers.append((await client.post("/v1/verdicts", json=body)).status_code)

            for index in range(MAX_WAITING):
                tasks.start_soon(ask, index)
            await anyio.wait_all_tasks_blocked()
            refused = await client.post("/v1/verdicts", json={"listing_id": "one too many"})
            held.go_on.set()
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert answers == [200] * MAX_WAITING

    anyio.run(scenario)
