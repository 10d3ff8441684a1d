"""What is asked of the service, one function for each question; everything that is compared takes turns."""

import json
import time
from collections.abc import Mapping, Sequence
from functools import partial
from heapq import heappop, heappush
from http.client import HTTPConnection
from itertools import cycle
from statistics import mean, median
from typing import Any, Final, NamedTuple

import numpy as np

from benchmarks.serving_load import Load, arrivals
from benchmarks.serving_peers import listing_of
from benchmarks.serving_systems import Bare, Running, timed
from trueshelf.listings import Listing
from trueshelf.models.bundle import Bundle

CONCURRENCY: Final = 32
SHARE: Final = 0.6
"""Of capacity, at which an open loop asks for a 99th percentile."""

TIMES: Final = 10
"""Capacity, in an overload."""

DEADLINE: Final = 5.0
"""Seconds that each request of an overload waits."""


def rate_of(load: Load) -> float:
    """Answers with status 200 a second, until the last one."""
    done = [
        due + taken for due, taken, status in zip(load.due, load.seconds, load.status, strict=True) if status == 200
    ]
    return len(done) / max(done) if done else 0.0


def percentile(seconds: Sequence[float], share: float) -> float:
    """A percentile of some times; of none, no number."""
    return float(np.percentile(seconds, share)) if len(seconds) else float("nan")


def throughput(
    loops: Mapping[str, Bare], servers: Sequence[Running], *, rounds: int, seconds: float
) -> dict[str, dict[str, float]]:
    """Of everything: listings a second, what share that is of the first bare loop's in the same round, and processor
    milliseconds a listing; medians over the rounds."""
    taken: dict[str, list[_Turn]] = {name: [] for name in (*loops, *(server.system.name for server in servers))}
    for turn in range(rounds):
        for name, loop in loops.items():
            before, rate = loop.processor_seconds(), loop.rate(seconds)
            taken[name].append(_Turn(rate, (loop.processor_seconds() - before) / (rate * seconds)))
        for server in [*servers[turn % len(servers) :], *servers[: turn % len(servers)]]:
            before = server.processor_seconds()
            load = server.load(concurrency=CONCURRENCY, seconds=seconds)
            spent = (server.processor_seconds() - before) / max(1, load.status.count(200))
            taken[server.system.name].append(_Turn(rate_of(load), spent, load.processor_seconds / seconds))
    first = taken[next(iter(loops))]
    return {
        name: {
            "rate": median(turn.rate for turn in turns),
            "share": median(turn.rate / whole.rate for turn, whole in zip(turns, first, strict=True)),
            "processor_ms": median(turn.processor_seconds for turn in turns) * 1000,
            "client_processors": median(turn.client for turn in turns),
        }
        for name, turns in taken.items()
    }


class _Turn(NamedTuple):
    """One turn of one system: listings a second, processor seconds a listing, processors that the client took."""

    rate: float
    processor_seconds: float
    client: float = 0.0


def alone(server: Running, bundle: Bundle, documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One request at a time beside the bare call on the same listing, in turns; milliseconds."""
    connection = HTTPConnection("127.0.0.1", server.port)
    bare: list[float] = []
    served: list[float] = []

    def call(listing: Listing) -> None:
        started = time.perf_counter()
        bundle.predict([listing])
        bare.append(time.perf_counter() - started)

    def ask(body: bytes) -> None:
        status, taken = timed(connection, server.system.path, body)
        if status != 200:
            raise RuntimeError(f"a request alone was answered {status}")
        served.append(taken)

    for place, document in enumerate(documents):
        turns = [partial(call, listing_of(document)), partial(ask, json.dumps(document).encode())]
        for turn in turns if place % 2 else reversed(turns):
            turn()
    connection.close()
    apart = [(one - other) * 1000 for one, other in zip(served, bare, strict=True)]
    return {
        "requests": len(served),
        "bare_ms": median(bare) * 1000,
        "served_ms": median(served) * 1000,
        "more_ms": median(apart),
        "served_seconds": served,
    }


def queued(taken: Sequence[float], *, lanes: int, rate: float, seconds: float, seed: int) -> list[float]:
    """Seconds that Poisson arrivals would spend in a faultless queue before some lanes, where nothing costs anything
    but the work itself, each piece of which takes as long as one of `taken`."""
    free, turns, spent = [0.0] * lanes, cycle(taken), []
    for at in arrivals(rate, seconds, seed=seed):
        done = max(at, heappop(free)) + next(turns)
        heappush(free, done)
        spent.append(done - at)
    return spent


def in_the_open(
    server: Running, *, capacity: float, singles: Sequence[float], lanes: int, seconds: float
) -> dict[str, float]:
    """Poisson arrivals at a share of capacity: how long they take beside one request alone, and how long they would in
    a faultless queue.

    Args:
        singles: seconds of requests alone.
    """
    single_ms = median(singles) * 1000
    ideal = queued(singles, lanes=lanes, rate=SHARE * lanes / mean(singles), seconds=100_000 * mean(singles), seed=0)
    load = server.load(rate=SHARE * capacity, seconds=seconds)
    good = [taken for taken, status in zip(load.seconds, load.status, strict=True) if status == 200]
    p99 = percentile(good, 99) * 1000
    return {
        "requests": len(load.status),
        "failed": len(load.status) - len(good),
        "rate": SHARE * capacity,
        "p50_ms": percentile(good, 50) * 1000,
        "p99_ms": p99,
        "p99_in_singles": p99 / single_ms,
        "faultless_p99_in_singles": percentile(ideal, 99) * 1000 / single_ms,
        "late_p99_ms": percentile(load.late, 99) * 1000,
    }


def overload(server: Running, body: bytes, *, single_ms: float, seconds: float) -> dict[str, Any]:
    """Far more than can be judged: what is still answered in time, what memory it takes, how soon it is over.

    Capacity is measured just before and just after.
    """
    spent = [server.processor_seconds()]
    usual = [server.load(concurrency=CONCURRENCY, seconds=seconds / 2)]
    spent.append(server.processor_seconds())
    before = server.megabytes()
    load = server.load(rate=TIMES * rate_of(usual[0]), seconds=seconds, timeout=DEADLINE, seed=1)
    after, ended = server.megabytes(), time.perf_counter()
    spent.append(server.processor_seconds())
    while server.ask(body)[1] * 1000 > 2 * single_ms and time.perf_counter() < ended + 2 * DEADLINE:
        pass
    recovered = time.perf_counter() - ended
    usual.append(server.load(concurrency=CONCURRENCY, seconds=seconds / 2))
    pairs = list(zip(load.seconds, load.status, strict=True))
    in_time = [taken for taken, status in pairs if status == 200 and taken <= DEADLINE]
    whole = max(due + taken for due, taken in zip(load.due, load.seconds, strict=True))
    goodput = len(in_time) / whole
    return {
        "requests": len(pairs),
        "goodput": goodput,
        "goodput_share": goodput / mean(map(rate_of, usual)),
        "usual_processor_ms": (spent[1] - spent[0]) / max(1, usual[0].status.count(200)) * 1000,
        "processor_ms": (spent[2] - spent[1]) / max(1, len(in_time)) * 1000,
        "p99_ms": percentile(in_time, 99) * 1000,
        "statuses": {str(status): load.status.count(status) for status in sorted(set(load.status))},
        "refused_p50_ms": percentile([taken for taken, status in pairs if status == 429], 50) * 1000,
        "memory_more_mb": after - before,
        "recovered_s": recovered,
        "client_processors": load.processor_seconds / seconds,
    }
