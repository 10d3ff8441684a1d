"""The scoring API: its routes, and the one shape of everything that goes wrong.

POST /v1/verdicts   one listing or up to 64
GET  /v1/model      the model that answers, its thresholds, guarantees and card
GET  /livez /readyz /metrics /docs /openapi.json
"""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from fastapi import Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp

from serving.access.caller import needs
from serving.access.gate import Gate, Gatekeeper
from serving.access.scopes import Scope
from serving.classify import documentation as docs
from serving.classify import responses as out
from serving.classify.batcher import Batcher, Overloaded
from serving.classify.body import Submission, submission_from
from serving.classify.callers import Deadline, caller_of, unless_gone
from serving.classify.comparisons import Comparisons
from serving.classify.details import details_of
from serving.classify.edge import Edge
from serving.classify.judging import Answer, in_order
from serving.classify.load import Load
from serving.classify.metrics import Metrics
from serving.classify.model import ModelSlot, ServedModel, Serving
from serving.classify.pixels import MAX_PIXELS
from serving.classify.problems import Problem, problem_response
from serving.classify.reading import Reader
from serving.classify.schemas import MAX_LISTINGS, MAX_PHOTOS
from serving.classify.shadow import Shadow
from serving.classify.wire import encodable, model_of, result_of
from serving.fetching.fetcher import Fetcher
from serving.settings import Settings
from trueshelf.listings.images import ImageLimits
from trueshelf.models import Verdict

_Result = TypeVar("_Result")

PARSERS = 2
"""Bodies that are taken apart at a time."""

MAX_IN_HAND = 512
"""Requests at a time, from the last byte of the body to the answer. One more is told to come back."""

_LONGEST_ECHO = 200  # characters of a path that are said back


class Api:
    """The handlers behind the routes, with what they need."""

    def __init__(
        self, slot: ModelSlot, settings: Settings, metrics: Metrics, *, fetch: Fetcher, shadow: Shadow
    ) -> None:
        self._slot = slot
        self._settings = settings
        self._metrics = metrics
        self._shadow = shadow
        self._batcher = Batcher(lanes=settings.lanes, judged=shadow.saw)
        self._parsing = anyio.CapacityLimiter(PARSERS)
        self._read = Reader(limit=settings.max_body_bytes)
        self._fetch = fetch
        self._in_hand = 0
        shadow.busy = lambda: self._in_hand > 0

    async def verdicts(self, request: Request) -> Response:
        """Judge one listing or up to 64.

        One listing on its own that is no valid one is refused with 422. Of several, sent as `{"listings": […]}`, each
        gets its own result in the order of the request: a verdict, or the error of that listing.
        """
        model, deadline = self._serving().model, Deadline.of(request, most=self._settings.patience)
        body = await self._read(request)
        # Before the body is taken apart: refusing must cost next to nothing, or it is what an overload is spent on.
        if self._in_hand >= MAX_IN_HAND:
            raise _overloaded(1)
        self._in_hand += 1
        try:
            self._batcher.admit(Load(listings=1), seconds=deadline.left())
            return await unless_gone(request, self._verdicts(request, body, model, deadline))
        except Overloaded as error:
            raise _overloaded(error.seconds) from error
        finally:
            self._in_hand -= 1

    async def _verdicts(self, request: Request, body: bytes, model: ServedModel, deadline: Deadline) -> Response:
        submission = await self._submission(request, body, deadline)
        found = await self._batcher(
            submission.listings, submission.loads, model, caller=caller_of(request), seconds=deadline.left()
        )
        answers = in_order(submission.items, found)
        self._metrics.answered(answers)
        errors = sum(not isinstance(answer, Verdict) for answer in answers)
        request.state.log = {"listings": len(answers), "errors": errors}
        content = await self._beside(lambda: _content(submission, answers, model))
        return Response(content, media_type="application/json")

    async def _submission(self, request: Request, body: bytes, deadline: Deadline) -> Submission:
        """The listings with their photos, which are fetched within half of the time: a slow host must leave some."""
        content_type, fetching = request.headers.get("content-type", ""), bool(self._settings.photo_hosts)
        found = await self._beside(lambda: submission_from(body, content_type=content_type, fetching=fetching))
        if isinstance(found, Submission):
            return found
        draft, fetched = found, await self._fetch(found.urls, seconds=deadline.left() / 2)
        return await self._beside(lambda: draft.submission(fetched))

    async def model(self) -> Response:
        """The model that answers, with its thresholds, its guarantees and its card."""
        serving = self._serving()
        limits = out.LimitsOut(
            listings=MAX_LISTINGS,
            photos_per_listing=MAX_PHOTOS,
            photo_bytes=ImageLimits().max_bytes,
            photo_pixels=ImageLimits().max_pixels,
            photo_whole_pixels=ImageLimits().max_whole_pixels,
            request_pixels=MAX_PIXELS,
            body_bytes=self._settings.max_body_bytes,
        )
        return _json(details_of(serving, self._slot, self._shadow, limits=limits))

    async def readyz(self) -> Response:
        """Whether listings can be judged; 503 while the model is being loaded or when it cannot be."""
        serving, away = self._serving(), self._slot.away
        registry_away = None if away is None else encodable(away)
        return _json(out.ReadyOut(version=serving.model.version, source=serving.source, registry_away=registry_away))

    def metrics(self) -> Response:
        """Counts and times for Prometheus."""
        return Response(self._metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")

    def _serving(self) -> Serving:
        """What answers now; a request asks once, so that one model answers all of it."""
        serving = self._slot.serving
        if serving is None:
            raise Problem(503, encodable(self._slot.why_not), headers={} if self._slot.failed else {"Retry-After": "1"})
        return serving

    async def _beside(self, work: Callable[[], _Result]) -> _Result:
        """Do in a thread what would hold up the event loop."""
        return await anyio.to_thread.run_sync(work, limiter=self._parsing)


async def livez() -> Response:
    """That the process answers at all."""
    return _json(out.StatusOut(status="alive"))


def create_app(
    slot: ModelSlot,
    settings: Settings,
    *,
    metrics: Metrics | None = None,
    fetch: Fetcher | None = None,
    shadow: Shadow | None = None,
    keeper: Gatekeeper | None = None,
) -> ASGIApp:
    """The whole API as an ASGI app.

    Args:
        metrics: where others count too; by default its own.
        fetch: how photos are fetched; by default from the internet, from the hosts that the settings name.
        shadow: what sees verdicts once they were given; by default one without a challenger.
        keeper: who tells who asks; by default as the settings have it.

    Raises:
        ValueError: others could call, and nothing says who may.
    """
    app = FastAPI(
        title="Trueshelf",
        version="1",
        description=docs.DESCRIPTION,
        openapi_url=None,
        redirect_slashes=False,
    )
    metrics = metrics or Metrics(routes=docs.PATHS, folder=settings.metrics_folder)
    fetch = fetch or Fetcher(settings.photo_hosts, most_bytes=settings.max_body_bytes)
    shadow = shadow or Shadow(Comparisons.of(settings), metrics, share=settings.shadow)
    api = Api(slot, settings, metrics, fetch=fetch, shadow=shadow)
    may_score = [Depends(needs(Scope.SCORE))]
    app.add_api_route("/v1/verdicts", api.verdicts, methods=["POST"], dependencies=may_score, **docs.VERDICTS)
    _add_read(app, "/v1/model", api.model, Scope.READ, **docs.MODEL)
    _add_read(app, "/livez", livez, None, **docs.LIVEZ)
    _add_read(app, "/readyz", api.readyz, None, **docs.READYZ)
    _add_read(app, "/metrics", api.metrics, Scope.METRICS, **docs.METRICS)
    document = functools.cache(lambda: docs.document(app, settings.issuer))
    _add_read(app, "/openapi.json", document, Scope.DOCS, include_in_schema=False)
    _add_read(app, "/docs", docs.page, Scope.DOCS, include_in_schema=False)
    _add_read(app, "/", lambda: RedirectResponse("/docs"), Scope.DOCS, include_in_schema=False)
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)
    app.add_exception_handler(Exception, _on_fault)
    return Edge(Gate(app, keeper or Gatekeeper.of(settings)), metrics=metrics)


def _add_read(app: FastAPI, path: str, handler: Callable[..., Any], scope: Scope | None, **described: Any) -> None:
    """A route for GET, and for HEAD, whose answer the server sends without its body; `scope` is what it needs."""
    checks = [] if scope is None else [Depends(needs(scope))]
    app.add_api_route(path, handler, methods=["GET"], dependencies=checks, **described)
    app.add_api_route(path, handler, methods=["HEAD"], dependencies=checks, include_in_schema=False)


def _content(submission: Submission, answers: list[Answer], model: ServedModel) -> bytes:
    """The answer's JSON.

    Raises:
        Problem: the one listing that was sent has no verdict.
    """
    results = [result_of(answer) for answer in answers]
    if submission.single and isinstance(results[0], out.FailedOut):
        error = results[0].error
        raise Problem.about(error.status, error.field, error.message)
    return out.VerdictsOut(model=model_of(model), results=results).model_dump_json().encode()


def _overloaded(seconds: int) -> Problem:
    return Problem(429, "more is asked for than can be judged in time", headers={"Retry-After": str(seconds)})


def _json(content: BaseModel) -> Response:
    return Response(content.model_dump_json(), media_type="application/json")


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return problem_response(error, request_id=request.state.request_id)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's own refusals: no such path, no such method."""
    assert isinstance(error, HTTPException)
    path = request.url.path[:_LONGEST_ECHO]
    detail = {404: f"there is no {path}", 405: f"{path} does not answer {request.method[:_LONGEST_ECHO]}"}
    problem = Problem(
        error.status_code, encodable(detail.get(error.status_code, error.detail)), headers=error.headers or {}
    )
    return problem_response(problem, request_id=request.state.request_id)


async def _on_fault(request: Request, _error: Exception) -> Response:
    """Anything else: told as little as possible; the edge logs where it happened."""
    problem = Problem(500, "a fault of ours; the log tells more under the request's id")
    return problem_response(problem, request_id=request.state.request_id)


async def _on_disconnect(_request: Request, _error: Exception) -> Response:
    """Nobody is there to read it."""
    return Response(status_code=400)
