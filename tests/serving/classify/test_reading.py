"""Bodies are read within bounds of size, number and slowness."""

from collections.abc import AsyncIterator
from functools import partial

import anyio
import pytest
from httpx2 import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serving.classify.problems import Problem, problem_response
from serving.classify.reading import MOST_LARGE, MOST_READ, SMALL, Patience, Reader

LIMIT = 2 * SMALL


def client_of(reader: Reader) -> AsyncClient:
    """An app that answers how many bytes it has read."""

    async def answer(request: Request) -> Response:
        try:
            return Response(str(len(await reader(request))))
        except Problem as problem:
            return problem_response(problem, request_id=None)

    return AsyncClient(
        transport=ASGITransport(Starlette(routes=[Route("/", answer, methods=["POST"])])), base_url="http://t"
    )


async def stalled(*chunks: bytes) -> AsyncIterator[bytes]:
    """A body that is never finished."""
    for chunk in chunks:
        yield chunk
    await anyio.sleep_forever()


@pytest.mark.parametrize("patience", [Patience(grace=0.01), Patience(most=0.01), Patience(grace=0.01, rate=10**9)])
def test_who_is_too_slow_is_told_so(patience: Patience) -> None:
    async def scenario() -> None:
        async with client_of(Reader(limit=LIMIT, patience=patience)) as client:
            answer = await client.post("/", content=stalled(b"ab", b"c"))
            assert (answer.status_code, answer.headers["connection"]) == (408, "close")
            assert answer.json()["detail"].startswith("the body came too slowly, 3 bytes in 0 seconds; expected are")

    anyio.run(scenario)


def test_what_has_come_buys_time_until_there_is_no_more() -> None:
    patience = Patience(grace=5, rate=1_000, most=60)

    assert [patience.seconds(size) for size in (0, 1_000, 40_000, 10**6)] == [5, 6, 45, 60]


def test_what_is_too_large_is_refused() -> None:
    async def scenario() -> None:
        async with client_of(Reader(limit=LIMIT)) as client:
            assert (await client.post("/", content=bytes(LIMIT))).text == str(LIMIT)
            assert (await client.post("/", content=bytes(LIMIT + 1))).status_code == 413
            assert (await client.post("/", content=stalled(bytes(LIMIT), b"x"))).status_code == 413

    anyio.run(scenario)


def test_large_bodies_that_are_not_whole_keep_out_large_ones_only_and_only_meanwhile() -> None:
    async def scenario() -> None:
        async with client_of(Reader(limit=LIMIT)) as client:
            async with anyio.create_task_group() as tasks:
                for _ in range(MOST_LARGE * LIMIT // (LIMIT - SMALL)):
                    tasks.start_soon(partial(client.post, "/", content=stalled(bytes(LIMIT))))
                await anyio.wait_all_tasks_blocked()
                refused = await client.post("/", content=bytes(LIMIT))
                assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
                assert (await client.post("/", content=bytes(SMALL))).status_code == 200
                tasks.cancel_scope.cancel()
            assert (await client.post("/", content=bytes(LIMIT))).status_code == 200

    anyio.run(scenario)


def test_one_body_too_many_is_told_to_come_back() -> None:
    async def scenario() -> None:
        async with client_of(Reader(limit=LIMIT)) as client, anyio.create_task_group() as tasks:
            for _ in range(MOST_READ):
                tasks.start_soon(partial(client.post, "/", content=stalled()))
            await anyio.wait_all_tasks_blocked()
            refused = await client.post("/", content=b"{}")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            tasks.cancel_scope.cancel()

    anyio.run(scenario)
