"""Where the time of one request goes: the service's own code in this process, with a watch around its parts.

Time counts for the innermost part that is running; what no part accounts for is the way between them: HTTP, threads,
waiting.
"""

import functools
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from typing import Any, Final
from unittest.mock import patch

import uvicorn

from benchmarks.serving_systems import timed
from serving.classify import api, batcher
from serving.classify.model import ModelSlot, ServedModel
from serving.settings import Settings
from trueshelf.models import perception
from trueshelf.models.encoders import ImageEncoder, TextEncoder
from trueshelf.models.fusion import Fusion
from trueshelf.models.gallery import Gallery
from trueshelf.models.inscriptions import InscriptionReader
from trueshelf.models.preprocessing import Preprocessing

MODEL: Final = ("decode", "views, facts, imprint", "image encoder", "text encoder", "reading", "signals", "fusion")
_PARTS: Final[tuple[tuple[object, str, str], ...]] = (
    (api, "submission_from", "parse"),
    (api, "_content", "response"),
    (batcher, "judge", "judging around the parts"),
    (perception, "develop", "decode"),
    (perception, "read_header", "decode"),
    (perception.Perceiver, "_look_at", "views, facts, imprint"),
    (ImageEncoder, "encode", "image encoder"),
    (TextEncoder, "encode", "text encoder"),
    (InscriptionReader, "__call__", "reading"),
    (Gallery, "find", "signals"),
    (Preprocessing, "__call__", "signals"),
    (Fusion, "judged", "fusion"),
)


class Watch:
    """Adds up the seconds of named parts, over all threads."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._running = threading.local()

    def around(self, part: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, timed; what another part takes within is left to that."""

        @functools.wraps(work)
        def watched(*arguments: Any, **named: Any) -> Any:
            outer = getattr(self._running, "inner", None)
            self._running.inner = 0.0
            started = time.perf_counter()
            try:
                return work(*arguments, **named)
            finally:
                taken = time.perf_counter() - started
                self.seconds[part] += taken - self._running.inner
                self._running.inner = None if outer is None else outer + taken

        return watched


def spans(model: ServedModel, bodies: Sequence[bytes], settings: Settings) -> dict[str, float]:
    """Milliseconds of one request by part, on average; `between` is what no part accounts for."""
    watch = Watch()
    with ExitStack() as stack:
        for owner, name, part in _PARTS:
            stack.enter_context(patch.object(owner, name, watch.around(part, getattr(owner, name))))
        connection = HTTPConnection("127.0.0.1", stack.enter_context(_served(model, settings)))
        timed(connection, "/v1/verdicts", bodies[0])
        watch.seconds.clear()
        whole = sum(timed(connection, "/v1/verdicts", body)[1] for body in bodies)
        connection.close()
    parts = dict(watch.seconds) | {"between": whole - sum(watch.seconds.values())}
    return {part: seconds / len(bodies) * 1000 for part, seconds in parts.items()}


def model_share(found: Mapping[str, float]) -> float:
    """The share of the model's own parts."""
    return sum(found.get(part, 0.0) for part in MODEL) / sum(found.values())


@contextmanager
def _served(model: ServedModel, settings: Settings) -> Iterator[int]:
    """The API on a free port of this process."""
    app = api.create_app(ModelSlot(model), settings)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()
