"""Who is slow holds up nobody else."""

import base64
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path

import anyio
from httpx2 import ASGITransport, AsyncClient
from PIL import Image

from serving.classify.api import MAX_IN_HAND, create_app
from serving.classify.batcher import ROOM
from serving.classify.model import ModelSlot, Predict, ServedModel
from serving.settings import Settings
from trueshelf.listings import Listing
from trueshelf.models import ItemError, Verdict
from trueshelf.testing import FakePredictor

ServedBy = Callable[[Predict], ServedModel]


LANES = Settings(data=Path()).lanes


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
        return AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1")


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


def test_a_large_request_is_judged_in_pieces_between_which_others_get_their_turn(served_by: ServedBy) -> None:
    held = Held()
    held.go_on.set()

    async def scenario() -> None:
        async with held.client(served_by) as client:
            batch = [{"listing_id": str(index)} for index in range(64)]
            assert len((await client.post("/v1/verdicts", json={"listings": batch})).json()["results"]) == 64

    anyio.run(scenario)

    assert held.batches == [1] * 64


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

            for index in range(LANES + 1):
                tasks.start_soon(ask_for_much, index)
            while not held.batches:
                await anyio.sleep(0.01)
            assert (await client.post("/v1/verdicts", json={"listing_id": "small"})).status_code == 200
            assert answered == []
            held.go_on.set()
        assert answered == [200] * (LANES + 1)

    anyio.run(scenario)


def test_bodies_that_trickle_in_take_nobodys_place(served_by: ServedBy) -> None:
    async def trickle() -> AsyncIterator[bytes]:
        yield b"{"
        await anyio.sleep_forever()

    async def scenario() -> None:
        async with Held().client(served_by) as client, anyio.create_task_group() as tasks:
            for _ in range(MAX_IN_HAND - 8):
                tasks.start_soon(partial(client.post, "/v1/verdicts", content=trickle()))
            await anyio.wait_all_tasks_blocked()
            assert (await client.post("/v1/verdicts", json={"listing_id": "a"})).status_code == 200
            tasks.cancel_scope.cancel()

    anyio.run(scenario)


def test_what_cannot_be_judged_in_time_is_told_to_come_back_at_once(served_by: ServedBy) -> None:
    held = Held()

    async def scenario() -> None:
        answers: list[int] = []
        async with held.client(served_by) as client, anyio.create_task_group() as tasks:

            async def ask(index: int) -> None:
                listings = [{"listing_id": f"{index}-{each}", "title": "slow"} for each in range(64)]
                answers.append((await client.post("/v1/verdicts", json={"listings": listings})).status_code)

            for index in range(ROOM.listings // 64):
                tasks.start_soon(ask, index)
            while len(held.batches) < LANES or answers:
                await anyio.sleep(0.01)
            await anyio.sleep(0.5)  # until all are in the queue: no more are taken apart
            refused = await client.post("/v1/verdicts", json={"listing_id": "one too many"})
            held.go_on.set()
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
        assert answers == [200] * (ROOM.listings // 64)

    anyio.run(scenario)
