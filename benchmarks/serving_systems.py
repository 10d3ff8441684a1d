"""What is measured: the service, its peers, and the model without a server, each in processes of its own."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks.serving_load import Load
from benchmarks.serving_peers import BUNDLE, LANES

_READY_SECONDS: Final = 180
_STOP_SECONDS: Final = 20


@dataclass(frozen=True, slots=True)
class System:
    """A server that judges.

    Attributes:
        command: what starts it; `PORT` stands for the port.
        form: the body of a request; `%s` stands for the listing.
    """

    name: str
    command: tuple[str, ...]
    path: str
    form: str = "%s"


OURS: Final = System("Trueshelf", ("-m", "serving", "serve"), "/v1/verdicts")
PEERS: Final = (
    System(
        "BentoML batchable",
        ("-m", "bentoml", "serve", "benchmarks.serving_bento:Batchable", "--host", "127.0.0.1", "--port", "PORT"),
        "/judge",
        form='{"listings": [%s]}',
    ),
    System("FastAPI", ("-m", "benchmarks.serving_peers", "PORT"), "/predict"),
    System("LitServe", ("-m", "benchmarks.serving_litserve", "PORT"), "/predict"),
)


@dataclass(frozen=True, slots=True)
class Running:
    """A server that has answered.

    Attributes:
        bodies: the file of the requests that it is asked, one a line.
    """

    system: System
    port: int
    process: psutil.Process
    bodies: Path

    def load(self, **asked: float) -> Load:
        """What a load generator in another process measures; `asked` are its options."""
        options = [part for name, value in asked.items() for part in (f"--{name}", str(value))]
        command = ["-m", "benchmarks.serving_load", str(self.port), self.system.path, str(self.bodies), *options]
        ran = subprocess.run([sys.executable, *command], check=True, stdout=subprocess.PIPE)
        return Load(**json.loads(ran.stdout))

    def ask(self, body: bytes) -> tuple[int, float]:
        """The status of one request on a connection of its own, and its seconds."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_READY_SECONDS)
        try:
            connection.connect()
            return timed(connection, self.system.path, body)
        finally:
            connection.close()

    def megabytes(self) -> float:
        """What its processes hold in memory."""
        return float(sum(each.memory_info().rss for each in self._family())) / 2**20

    def processor_seconds(self) -> float:
        """What its processes have taken so far."""
        return taken_by(self._family())

    def _family(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


def taken_by(processes: Sequence[psutil.Process]) -> float:
    """Processor seconds that some processes have taken so far."""
    times = [each.cpu_times() for each in processes]
    return float(sum(each.user + each.system for each in times))


def timed(connection: HTTPConnection, path: str, body: bytes) -> tuple[int, float]:
    """The status of one request, and its seconds."""
    started = time.perf_counter()
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    response.read()
    return response.status, time.perf_counter() - started


@contextmanager
def running(
    system: System, documents: Sequence[Mapping[str, Any]], *, bundle: Path, lanes: int, scratch: Path
) -> Iterator[Running]:
    """A server that judges with the bundle, started and warmed up; it is ended afterwards.

    Raises:
        RuntimeError: it does not come to answer.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = scratch / f"{system.name.replace(' ', '-')}-{port}"
    home.mkdir()
    lines = [system.form % json.dumps(document) for document in documents]
    (home / "bodies.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    environment = {
        BUNDLE: str(bundle),
        LANES: str(lanes),
        "TRUESHELF_MODEL": str(bundle),
        "TRUESHELF_PORT": str(port),
        "TRUESHELF_LANES": str(lanes),
        "TRUESHELF_DATA": str(home),
        "TRUESHELF_CACHE_MB": "0",  # the same listings come round again, and are to cost what they did
        "BENTOML_HOME": str(home / "bentoml"),
    }
    command = [sys.executable, *(str(port) if part == "PORT" else part for part in system.command)]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            env=os.environ | environment,
            stdout=log,
            stderr=log,
        )
    found = Running(system, port, psutil.Process(process.pid), home / "bodies.jsonl")
    try:
        _wait(found, process, lines[0].encode(), home / "log")
        for line in lines[: 2 * lanes]:
            found.ask(line.encode())
        yield found
    finally:
        _end(found.process)
        process.wait()


def _wait(found: Running, process: "subprocess.Popen[bytes]", body: bytes, log: Path) -> None:
    end = time.monotonic() + _READY_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            if found.ask(body)[0] == 200:
                return
        except (OSError, HTTPException):
            pass
        time.sleep(0.2)
    said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise RuntimeError(f"{found.system.name} does not answer; its log ends with: {said}")


def _end(process: psutil.Process) -> None:
    """End a process and all that descend from it."""
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for each in family:
        each.terminate()
    _, alive = psutil.wait_procs(family, timeout=_STOP_SECONDS)
    for each in alive:
        each.kill()


class Bare:
    """The model without a server, in one process with many threads or in many with one."""

    def __init__(self, workers: Sequence["subprocess.Popen[str]"]) -> None:
        self._workers = workers

    def rate(self, seconds: float) -> float:
        """Listings a second, over so many seconds."""
        for worker in self._workers:
            assert worker.stdin is not None
            worker.stdin.write(f"{seconds}\n")
            worker.stdin.flush()
        return sum(float(_line(worker)) for worker in self._workers)

    def processor_seconds(self) -> float:
        """What its processes have taken so far."""
        return taken_by([psutil.Process(worker.pid) for worker in self._workers])


@contextmanager
def bare(bundle: Path, bodies: Path, *, processes: int, threads: int) -> Iterator[Bare]:
    """The model without a server, ready and ended afterwards."""
    listings = len(bodies.read_bytes().splitlines())
    with ExitStack() as stack:
        workers = []
        for place in range(processes):
            options = ["--begin", str(place * listings // processes), "--threads", str(threads)]
            command = [sys.executable, "-m", "benchmarks.serving_bare", str(bundle), str(bodies), *options]
            worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            stack.enter_context(worker)  # its input is closed at the end, and so it ends
            workers.append(worker)
        for worker in workers:
            _line(worker)
        yield Bare(workers)


def _line(worker: "subprocess.Popen[str]") -> str:
    assert worker.stdout is not None
    line = worker.stdout.readline()
    if not line:
        raise RuntimeError("the bare loop ended; see what it said above")
    return line
