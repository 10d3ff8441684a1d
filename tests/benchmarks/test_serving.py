"""The pieces of the serving benchmark: a load that is what it says, and times that are counted once."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from benchmarks.serving_load import Connections, Load, arrivals, closed, opened
from benchmarks.serving_peers import judged, listing_of
from benchmarks.serving_spans import MODEL, Watch, model_share
from benchmarks.serving_stages import queued, rate_of
from trueshelf.client.offers import document_of
from trueshelf.testing import FakePredictor, make_listing


def test_arrivals_come_at_the_rate_asked_for_and_the_same_for_a_seed() -> None:
    found = list(arrivals(50, 40, seed=3))
    assert found == sorted(found)
    assert 0 < found[0] < found[-1] < 40
    assert 1800 < len(found) < 2200
    assert found == list(arrivals(50, 40, seed=3))
    assert found != list(arrivals(50, 40, seed=4))


def served(scenario: Callable[[int], Awaitable[None]]) -> list[bytes]:
    """Run a scenario beside a server that refuses every fourth request, breaks off on every fifth, and keeps the bodies
    that it was sent."""
    bodies: list[bytes] = []
    answering: list[asyncio.Task[None]] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readline():
            assert head == b"POST /judge HTTP/1.1\r\n"
            lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
            (length,) = (int(line.split(": ")[1]) for line in lines if line.startswith("content-length"))
            bodies.append(await reader.readexactly(length))
            if len(bodies) % 5 == 0:
                writer.write(b"HTTP/1.1 2")
                break
            status = "429 Too Many Requests" if len(bodies) % 4 == 0 else "200 OK"
            content = (
                "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
                if len(bodies) % 2
                else "Content-Length: 2\r\n\r\n{}"
            )
            writer.write(f"HTTP/1.1 {status}\r\n{content}".encode())
        writer.close()
        await writer.wait_closed()

    def kept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answering.append(asyncio.create_task(answer(reader, writer)))

    async def run() -> None:
        async with await asyncio.start_server(kept, "127.0.0.1", 0) as server:
            await scenario(server.sockets[0].getsockname()[1])
            await asyncio.gather(*answering)

    asyncio.run(run())
    return bodies


def test_every_request_is_accounted_for_whatever_becomes_of_it() -> None:
    loads: list[Load] = []

    async def scenario(port: int) -> None:
        connections = Connections(port, "/judge", timeout=5)
        loads.append(await closed(connections, [b"a", b"bb"], concurrency=3, seconds=0.2))
        loads.append(await opened(connections, [b"ccc"], rate=100, seconds=0.2, seed=1))
        await connections.close()

    bodies = served(scenario)
    assert {b"a", b"bb", b"ccc"} == set(bodies)
    assert bodies.count(b"ccc") == len(loads[1].status) == len(list(arrivals(100, 0.2, seed=1)))
    assert sum(len(load.status) for load in loads) == len(bodies)
    for status, every in ((0, 5), (429, 4)):
        expected = sum(place % every == 0 and (status == 0 or place % 5 != 0) for place in range(1, len(bodies) + 1))
        assert sum(load.status.count(status) for load in loads) == expected


def test_only_good_answers_count_until_the_last_of_them() -> None:
    load = Load(due=[0, 1, 2, 3], seconds=[1, 1, 2, 9], status=[200, 429, 200, 0], late=[0] * 4)
    assert rate_of(load) == pytest.approx(2 / 4)
    assert rate_of(Load()) == 0


def test_in_a_queue_nobody_is_quicker_than_the_work_and_more_lanes_shorten_the_wait() -> None:
    alone = queued([2.0], lanes=1, rate=0.001, seconds=10_000, seed=0)
    assert alone == pytest.approx([2.0] * len(alone))
    one, two = (queued([1.0, 3.0], lanes=lanes, rate=0.4, seconds=10_000, seed=0) for lanes in (1, 2))
    assert min(one) == min(two) == pytest.approx(1.0)
    assert sum(one) / len(one) > 1.5 * sum(two) / len(two)


def test_time_within_a_part_counts_for_the_innermost_only() -> None:
    watch = Watch()
    inner = watch.around("inner", lambda: time.sleep(0.02))
    outer = watch.around("outer", lambda: [inner() for _ in range(2)])
    started = time.perf_counter()
    outer()
    inner()
    assert watch.seconds["inner"] >= 3 * 0.02
    assert sum(watch.seconds.values()) <= time.perf_counter() - started


def test_the_models_share_is_of_its_own_parts() -> None:
    assert model_share({MODEL[0]: 3.0, "parse": 0.5, "between": 0.5}) == pytest.approx(0.75)


def test_peers_judge_as_the_model_does() -> None:
    listing = make_listing(id="L")
    (answer,) = judged(FakePredictor().predict, [document_of(listing, listing.photos)])
    (verdict,) = FakePredictor().predict([listing_of(document_of(listing, listing.photos))])
    assert answer["listing_id"] == verdict.listing_id == "L"
    assert answer["verdict"]["heads"].keys() == {"counterfeit", "low_quality"}
    with pytest.raises(ValueError, match="listing_id"):
        listing_of({"title": "no id"})
