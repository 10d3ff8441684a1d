"""The BentoML service: `bentoml serve serving.classify.service:Classify --host 127.0.0.1`.

BentoML runs the process; everything that is asked is answered by the API of `serving.classify.api`. BentoML's own
routes (`/livez`, `/readyz`, `/metrics`, its page at `/`) would come before those of a mounted app and answer in another
shape, with metrics labelled by whatever path was asked for. So the API stands before them as a middleware; it leaves
to BentoML only the files of the documentation page.
"""

import functools

import bentoml
from starlette.types import ASGIApp, Receive, Scope, Send
from threadpoolctl import threadpool_limits

from serving.bento import ModelImage
from serving.classify.api import create_app
from serving.classify.challenger import follow_challenger
from serving.classify.champion import follow_champion
from serving.classify.comparisons import Comparisons
from serving.classify.documentation import PATHS, STATIC
from serving.classify.logs import configure_logs
from serving.classify.metrics import Metrics
from serving.classify.model import ModelSlot
from serving.classify.remembering import Memory, open_memory
from serving.classify.shadow import Shadow
from serving.settings import Settings, silence


@functools.cache
def model_slot() -> ModelSlot:
    """The one place of this process that holds its model."""
    return ModelSlot()


@functools.cache
def metrics() -> Metrics:
    """Where this process counts."""
    return Metrics(routes=PATHS, folder=Settings.read().metrics_folder)


@functools.cache
def memory() -> Memory | None:
    """What this process remembers, whatever model it serves: a store may be opened once in a process."""
    return open_memory(Settings.read(), looked_up=metrics().looked_up)


@functools.cache
def shadow() -> Shadow:
    """The challenger beside this process's model."""
    settings = Settings.read()
    return Shadow(Comparisons.of(settings), metrics(), share=settings.shadow)


class ApiFirst:
    """ASGI middleware: the API answers, not what it is put in front of."""

    def __init__(self, app: ASGIApp) -> None:
        self._bentoml = app
        self._api = create_app(model_slot(), Settings.read(), metrics=metrics(), shadow=shadow())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and not scope["path"].startswith(f"{STATIC}/")
        await (self._api if ours else self._bentoml)(scope, receive, send)


@bentoml.service(
    name="trueshelf_classify",
    description="Tells counterfeit and low-quality listings from genuine ones.",
    image=ModelImage(lock_python_packages=False),
    workers=1,
    traffic={"timeout": 300},
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
)
class Classify:
    """Loads the model when the process starts, and follows its address; until then it is alive, but not ready."""

    def __init__(self) -> None:
        silence()
        configure_logs()
        threadpool_limits(1, user_api="blas")  # threads that share small products wait more than they work
        settings = Settings.read()
        follow_champion(model_slot(), settings, metrics(), memory()).start()
        if (watch := follow_challenger(shadow(), settings)) is not None:
            shadow().start()
            watch.start()


Classify.add_asgi_middleware(ApiFirst)  # type: ignore[attr-defined]  # the decorator made it a Service
