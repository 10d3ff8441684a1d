"""A load generator in a process of its own, cheap enough not to be what is measured: HTTP/1.1 over bare streams.

    python -m benchmarks.serving_load PORT PATH BODIES --seconds 10 --concurrency 32        # a closed loop
    python -m benchmarks.serving_load PORT PATH BODIES --seconds 10 --rate 12               # Poisson arrivals

`BODIES` holds one JSON body a line, sent in turn. One JSON object comes out: see `Load`.
"""

import argparse
import asyncio
import itertools
import json
import random
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

_MOST_OPEN = 400
"""Connections at a time; who waits for one is late, and lateness counts as waiting for the answer."""


@dataclass(slots=True)
class Load:
    """What was sent and what came back, a place in each list for a request.

    Attributes:
        due: when it was to be sent, in seconds from the start.
        seconds: from then until its answer was there.
        status: of HTTP; 0 where the connection broke.
        late: seconds from `due` until it was really sent.
        processor_seconds: that the generator itself took.
    """

    due: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    status: list[int] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    processor_seconds: float = 0.0


class _Stale(Exception):  # noqa: N818 - what the connection is
    """The connection was closed before anything came back."""


class Connections:
    """Sends requests over connections that are kept open."""

    def __init__(self, port: int, path: str, *, timeout: float | None) -> None:
        self._port = port
        asked = "" if timeout is None else f"X-Request-Timeout: {timeout:g}\r\n"
        self._head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{asked}"
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._open = asyncio.Semaphore(_MOST_OPEN)

    async def ask(self, body: bytes, sent: list[float]) -> int:
        """The status of the answer, 0 where the connection broke; `sent` gets the moment of sending."""
        async with self._open:
            sent.append(time.perf_counter())
            message = f"{self._head}Content-Length: {len(body)}\r\n\r\n".encode() + body
            while self._free:
                with suppress(_Stale):  # the server has closed it meanwhile, as it may
                    return await self._exchange(*self._free.pop(), message)
            try:
                return await self._exchange(*await asyncio.open_connection(None, self._port), message)
            except (OSError, _Stale):
                return 0

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, message: bytes) -> int:
        """The status of one answer, 0 where it breaks off.

        Raises:
            _Stale: there is none at all.
        """
        status, stays = 0, False
        try:
            writer.write(message)
            status, stays = await _answer(reader)
        except asyncio.IncompleteReadError as error:
            if not error.partial:
                raise _Stale from error
        except OSError as error:
            raise _Stale from error
        finally:
            if stays:
                self._free.append((reader, writer))
            else:
                await _close(writer)
        return status

    async def close(self) -> None:
        for _, writer in self._free:
            await _close(writer)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """The status of an answer, read to its end, and whether the connection stays open."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    first, *lines = head.split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines if ": " in line)
    if headers.get("transfer-encoding") == "chunked":
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
        await reader.readuntil(b"\r\n")
    else:
        await reader.readexactly(int(headers.get("content-length", "0")))
    return int(first.split()[1]), headers.get("connection") != "close"


async def closed(connections: Connections, bodies: Sequence[bytes], *, concurrency: int, seconds: float) -> Load:
    """So many callers, each asking again as soon as it is answered, until the time is over."""
    load, turns, started = Load(), itertools.cycle(bodies), time.perf_counter()

    async def caller() -> None:
        while (due := time.perf_counter()) < started + seconds:
            await _one(connections, next(turns), due, started, load)

    await asyncio.gather(*(caller() for _ in range(concurrency)))
    return load


async def opened(connections: Connections, bodies: Sequence[bytes], *, rate: float, seconds: float, seed: int) -> Load:
    """Requests that come when they come, however many are unanswered: Poisson arrivals at a rate a second."""
    load, turns, started, tasks = Load(), itertools.cycle(bodies), time.perf_counter(), []
    for due in arrivals(rate, seconds, seed=seed):
        await asyncio.sleep(max(0.0, started + due - time.perf_counter()))
        tasks.append(asyncio.create_task(_one(connections, next(turns), started + due, started, load)))
    await asyncio.gather(*tasks)
    return load


def arrivals(rate: float, seconds: float, *, seed: int) -> Iterator[float]:
    """Moments of a Poisson process of so many events a second, in seconds from its start."""
    draw, at = random.Random(seed), 0.0  # noqa: S311 - a load, no secret
    while (at := at + draw.expovariate(rate)) < seconds:
        yield at


async def _one(connections: Connections, body: bytes, due: float, started: float, load: Load) -> None:
    sent: list[float] = []
    status = await connections.ask(body, sent)
    load.due.append(due - started)
    load.seconds.append(time.perf_counter() - due)
    load.late.append(sent[0] - due)
    load.status.append(status)


async def run(arguments: argparse.Namespace) -> Load:
    """The load that the command line asks for."""
    bodies = arguments.bodies.read_bytes().splitlines()
    connections = Connections(arguments.port, arguments.path, timeout=arguments.timeout)
    try:
        if arguments.rate is None:
            load = await closed(connections, bodies, concurrency=arguments.concurrency, seconds=arguments.seconds)
        else:
            rate, seconds = arguments.rate, arguments.seconds
            load = await opened(connections, bodies, rate=rate, seconds=seconds, seed=arguments.seed)
    finally:
        await connections.close()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    load.processor_seconds = usage.ru_utime + usage.ru_stime
    return load


def main() -> None:
    """Send the load, and print what became of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("path")
    parser.add_argument("bodies", type=Path, help="a file of one body a line")
    parser.add_argument("--seconds", type=float, required=True, help="for which requests are sent")
    parser.add_argument("--concurrency", type=int, default=32, help="callers of the closed loop")
    parser.add_argument("--rate", type=float, help="requests a second of an open loop")
    parser.add_argument("--timeout", type=float, help="what each says in X-Request-Timeout, in seconds")
    parser.add_argument("--seed", type=int, default=0, help="of the arrivals")
    arguments = parser.parse_args()
    with suppress(ImportError):
        import uvloop

        uvloop.install()
    sys.stdout.write(json.dumps(asdict(asyncio.run(run(arguments)))) + "\n")


if __name__ == "__main__":
    main()
